"""Mutants of the code that feeds the templates: operators on its syntax tree, one change each, in order.

A mutant is put in place by giving a function of the module other instructions, so that everybody who imported it runs
the changed one.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

_OTHER: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.LtE: ast.Lt, ast.Lt: ast.LtE, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
_WORDS: Final = {"TCP": "UDP", "UDP": "TCP", "SCTP": "UDP", "ICMP": "TCP", "ICMPv6": "TCP", "": "TCP"}


@dataclass(frozen=True)
class CodeMutant:
    """One change of a module: where, and the instructions of its functions with it."""

    name: str
    module: ModuleType
    codes: dict[str, CodeType]

    @contextmanager
    def in_place(self) -> Iterator[None]:
        functions = dict(_functions(self.module))
        before = {name: function.__code__ for name, function in functions.items()}
        try:
            for name, code in self.codes.items():
                functions[name].__code__ = code
            yield
        finally:
            for name, function in functions.items():
                function.__code__ = before[name]


def code_mutants(module: ModuleType) -> Iterator[CodeMutant]:
    """Give all mutants of the functions of a module that the operators make."""
    tree = ast.parse(inspect.getsource(module))
    functions = dict(_functions(module))
    bodies = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for body in bodies:
        name = next((key for key in functions if key.rpartition(".")[2] == body.name), "")
        if not name:
            continue
        for said, changed in _changes(body):
            ast.fix_missing_locations(changed)
            changed.decorator_list = []
            future = ast.parse("from __future__ import annotations").body
            whole = compile(ast.Module([*future, changed], []), f"mutant of {module.__name__}", "exec")
            code = next(item for item in whole.co_consts if isinstance(item, CodeType) and item.co_name == body.name)
            if code.co_freevars == functions[name].__code__.co_freevars:
                yield CodeMutant(f"{body.name}: {said}", module, {name: code})


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield name, value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for inner, found in vars(value).items():
                function = found.fget if isinstance(found, property) else found
                if isinstance(function, FunctionType) and not inner.startswith("__"):
                    yield f"{name}.{inner}", function


def _changes(body: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    count = sum(1 for _ in ast.walk(body))
    for number in range(count):
        for variant in range(4):
            copy = deepcopy(body)
            node = next(item for place, item in enumerate(ast.walk(copy)) if place == number)
            said = _change(copy, node, variant)
            if not said:
                break
            yield f"line {getattr(node, 'lineno', 0)}: {said}", copy


def _change(body: ast.FunctionDef, node: ast.AST, variant: int) -> str:
    """Change a node in place and say how; "" where there is no such variant."""
    match node, variant:
        case ast.Compare(ops=[op]), 0 if type(op) in _OTHER:
            node.ops = [_OTHER[type(op)]()]
            return f"{type(op).__name__} turned round"
        case ast.BoolOp(op=op), 0:
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            return f"{type(op).__name__} is the other"
        case ast.BoolOp(values=values), 1 | 2 if len(values) >= variant:
            left = values.pop(variant - 1)
            values.extend(values if len(values) == 1 else [])
            return f"without {ast.unparse(left)}"
        case ((ast.If() | ast.IfExp() | ast.While()), 0 | 1):
            node.test = ast.Constant(bool(variant))
            return f"the condition is always {bool(variant)}"
        case ast.comprehension(ifs=[condition, *_]), 0:
            node.ifs = []
            return f"without if {ast.unparse(condition)}"
        case ast.comprehension(iter=source), _ if variant < 3:
            node.iter = _cut(source, variant)
            return f"{ast.unparse(source)[:60]} cut ({variant})"
        case ast.For(iter=source), _ if variant < 3:
            node.iter = _cut(source, variant)
            return f"{ast.unparse(source)[:60]} cut ({variant})"
        case ast.UnaryOp(op=ast.Not()), 0:
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
            return "not is gone"
        case ((ast.Tuple(elts=items, ctx=ast.Load()) | ast.List(elts=items, ctx=ast.Load())), _) if (
            1 < len(items) > variant
        ):
            gone = items.pop(variant)
            return f"without element {ast.unparse(gone)[:60]}"
        case ast.Constant(value=bool() as value), 0:
            node.value = not value
            return f"{value} is {not value}"
        case ast.Constant(value=int() as value), 0 | 1 if not isinstance(value, bool):
            node.value = value + (1, -1)[variant]
            return f"{value} is {node.value}"
        case ast.Constant(value=str() as value), 0 if value in _WORDS:
            node.value = _WORDS[value]
            return f"'{value}' is '{node.value}'"
        case ast.Constant(value=str() as value), 0 if "==" in value or "&&" in value or "in" in value.split():
            node.value = value.replace("==", "!=").replace("&&", "||").replace(" in ", " not in ")
            return f"'{value[:40]}' turned round"
        case ast.Call(keywords=[_, *_] as keywords), _ if variant < len(keywords):
            gone = keywords.pop(variant)
            return f"without the argument {gone.arg}"
        case ast.Call(args=[one, other, *_] as args), 0 if not isinstance(one, ast.Starred | ast.GeneratorExp):
            args[0], args[1] = other, one
            return "two arguments change places"
        case ast.Expr(value=ast.Call() as call), 0:
            node.value = ast.Constant(None)
            return f"without {ast.unparse(call)[:60]}"
        case ast.Return(value=ast.expr() as value), 0 | 1 if not isinstance(value, ast.Constant):
            node.value = (ast.Call(ast.Call(ast.Name("type", ast.Load()), [value], []), [], []), _cut(value, 0))[
                variant
            ]
            return ("an empty value is returned", "less is returned")[variant]
        case ast.Attribute(attr=("ports" | "nets" | "cidrs" | "needs" | "exposed" | "peers") as word), 0 | 1:
            if isinstance(node.ctx, ast.Load):
                inner = ast.Attribute(node.value, word, ast.Load())
                return _replaced(body, node, _cut(inner, variant)) and f".{word} cut ({variant})"
        case ast.Name(id=word, ctx=ast.Load()), 0 | 1 if len(names := _names(body)) > 2 and word in names:
            other = names[(names.index(word) + 1 + variant) % len(names)]
            node.id = other
            return f"{word} is {other}"
        case ast.Attribute(attr="namespace", ctx=ast.Load()), 0 | 1:
            name = ("goods", "spare")[variant]
            return _replaced(body, node, ast.Constant(name)) and f"the namespace is '{name}'"
        case _:
            pass
    return ""


def _names(body: ast.FunctionDef) -> list[str]:
    """Return the names that a function is given or gives itself."""
    given = [argument.arg for argument in body.args.args]
    own = [item.id for item in ast.walk(body) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)]
    return sorted({*given, *own})


def _cut(value: Any, variant: int) -> ast.expr:
    """Leave out the first of some values, or the last, or all but the first."""
    bounds = [(ast.Constant(1), None), (None, ast.Constant(-1)), (None, ast.Constant(1))][variant]
    whole = ast.Call(ast.Name("list", ast.Load()), [value], [])
    return ast.Subscript(whole, ast.Slice(*bounds), ast.Load())


def _replaced(body: ast.FunctionDef, node: ast.AST, other: ast.expr) -> bool:
    for parent in ast.walk(body):
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, other)
                return True
            if isinstance(value, list) and any(item is node for item in value):
                value[[item is node for item in value].index(True)] = other
                return True
    return False
