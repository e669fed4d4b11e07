"""Operators on syntax trees: each gives a tree with one change, and says which."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import islice
from typing import Any, Final, TypeVar

Tree = TypeVar("Tree", bound=ast.AST)
Changed = tuple[str, ast.FunctionDef]
Span = tuple[int, int]
Ran = Callable[[int, int], bool]  # tells whether any of these lines was run
_VARIANTS: Final = 7  # as many as an operator makes of one node at most
_CHANGEABLE: Final = (
    ast.Compare, ast.BoolOp, ast.If, ast.IfExp, ast.comprehension, ast.For, ast.UnaryOp, ast.Call, ast.Expr, ast.Return,
    ast.Attribute, ast.Name, ast.Tuple, ast.List, ast.Constant, ast.Assign,
)  # fmt: skip
_OTHER: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.LtE: ast.Lt, ast.Lt: ast.LtE, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
_WORDS: Final = {
    "TCP": "UDP", "UDP": "TCP", "SCTP": "UDP", "ICMP": "TCP", "ICMPv6": "TCP", "": "TCP",
    "Ingress": "Egress", "Egress": "Ingress",
}  # fmt: skip


def changes(body: ast.FunctionDef, ran: Ran) -> Iterator[Changed]:
    """Give a function with each change that an operator makes of what was run, in the order of its text."""
    return _changes(body, ran, _change)


def name_changes(body: ast.FunctionDef, ran: Ran) -> Iterator[Changed]:
    """Give a function with each of its names exchanged for two others; most of these do not run."""
    return _changes(body, ran, _change_name)


def _changes(body: ast.FunctionDef, ran: Ran, change: Callable[[ast.AST, ast.AST, int], str]) -> Iterator[Changed]:
    kept = pickle.dumps(body)
    endless = set(_conditions_of_loops(body))
    spans: dict[int, Span] = {}
    _find_spans(body, (body.lineno, body.body[0].lineno), spans)
    for number, original in enumerate(ast.walk(body)):
        if not isinstance(original, _CHANGEABLE) or id(original) in endless or not ran(*spans[id(original)]):
            continue
        for variant in range(_VARIANTS):
            copy: ast.FunctionDef = pickle.loads(kept)  # far faster than a deep copy
            node = _numbered(copy, number)
            said = change(copy, node, variant)
            if not said:
                break
            yield f"line {getattr(node, 'lineno', 0)}: {said}", copy


def _conditions_of_loops(body: ast.AST) -> Iterator[int]:
    """Give the nodes by which a `while` ends: most mutants of them never do."""
    for loop in ast.walk(body):
        if isinstance(loop, ast.While):
            yield from map(id, ast.walk(loop.test))
            for inner in ast.walk(loop):
                if isinstance(inner, ast.If) and any(isinstance(item, ast.Return | ast.Break) for item in inner.body):
                    yield id(inner)
                    yield from map(id, ast.walk(inner.test))


def _find_spans(node: ast.AST, span: Span, found: dict[int, Span]) -> None:
    """Note for each node the first and last line of its statement; of a compound one, of its head."""
    found[id(node)] = span
    for child in ast.iter_child_nodes(node):
        inner = span
        if isinstance(child, ast.stmt):
            first_inside = getattr(child, "body", [])[:1]
            last = first_inside[0].lineno - 1 if first_inside else child.end_lineno or child.lineno
            inner = (child.lineno, max(child.lineno, last))
        _find_spans(child, inner, found)


def value_changes(value: Tree) -> Iterator[tuple[str, Tree]]:
    """Give the statement of a constant with each change of a number, a text or a list in it."""
    for number in range(sum(1 for _ in ast.walk(value))):
        for variant in range(_VARIANTS):
            copy = deepcopy(value)
            node = _numbered(copy, number)
            said = _change_value(copy, node, variant)
            if not said:
                break
            yield f"line {getattr(node, 'lineno', 0)}: {said}", copy


def _numbered(tree: ast.AST, number: int) -> ast.AST:
    return next(islice(ast.walk(tree), number, None))


def _change_value(tree: ast.AST, node: ast.AST, variant: int) -> str:
    """Change a value in place and say how; "" where there is no such variant."""
    match node, variant:
        case ((ast.Tuple(elts=items, ctx=ast.Load()) | ast.List(elts=items, ctx=ast.Load())), _) if (
            1 < len(items) > variant
        ):
            gone = items.pop(variant)
            return f"without element {ast.unparse(gone)[:60]}"
        case ast.Constant(value=bool() as value), 0:
            node.value = not value
            return f"{value} is {not value}"
        case ast.Constant(value=int() as value), _ if not isinstance(value, bool) and variant < len(_numbers(value)):
            node.value = _numbers(value)[variant]
            return f"{value} is {node.value}"
        case ast.Constant(value=str() as value), 0 if value in _WORDS:
            node.value = _WORDS[value]
            return f"'{value}' is '{node.value}'"
        case ast.Constant(value=str() as value), 0 | 1 if (other := _other_text(value, variant)) and other != value:
            node.value = other
            return f"'{value[:60]}' is '{other[:60]}'"
        case _:
            return ""


def _numbers(value: int) -> tuple[int, ...]:
    """Return other numbers; for one that can be a layer's order also such as lie between those of other layers."""
    near = (value + 1, value - 1, 10 * value + 5)
    return (*near, 1, 165, 450, 9999) if 10 <= value <= 1000 else near


def _other_text(value: str, variant: int) -> str:
    """Return a selector turned round, or a range with one bit less or more; "" for a text that is neither."""
    address, slash, bits = value.partition("/")
    if slash and bits.isdigit() and not address.strip("0123456789abcdef.:"):
        return f"{address}/{int(bits) + (1, 2)[variant]}"
    if variant or not ("==" in value or "&&" in value or "in" in value.split() or "'" in value):
        return ""
    turned = value.replace("==", "!=").replace("&&", "||").replace(" in ", " not in ").replace("!(", "(")
    return turned.replace("starts with", "ends with")


def _change(body: ast.AST, node: ast.AST, variant: int) -> str:
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
        case ((ast.If() | ast.IfExp()), 0 | 1):
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
        case ast.Call(keywords=[_, *_] as keywords), _ if variant < len(keywords):
            gone = keywords.pop(variant)
            return f"without the argument {gone.arg}"
        case ast.Call(args=[one, other, *_] as args), 0 if not isinstance(one, ast.Starred | ast.GeneratorExp):
            args[0], args[1] = other, one
            return "two arguments change places"
        case ast.Call(args=[_, _, *_] as args), 1 | 2 if len(args) > variant:
            gone = args.pop(variant)
            return f"without the argument {ast.unparse(gone)[:60]}"
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
        case ast.Attribute(attr="namespace", ctx=ast.Load()), 0 | 1:
            name = ("goods", "spare")[variant]
            return _replaced(body, node, ast.Constant(name)) and f"the namespace is '{name}'"
        case ast.Assign(value=ast.Call() as value), _ if variant < 3:
            node.value = _cut(value, variant)
            return f"{ast.unparse(value)[:60]} cut ({variant})"
        case _:
            return _change_value(body, node, variant)
    return ""


def _change_name(body: ast.AST, node: ast.AST, variant: int) -> str:
    """Exchange a name for another of the function; "" where there is no such variant."""
    match node, variant:
        case ast.Name(id=word, ctx=ast.Load()), 0 | 1 if len(names := _names(body)) > 2 and word in names:
            other = names[(names.index(word) + 1 + variant) % len(names)]
            node.id = other
            return f"{word} is {other}"
        case _:
            return ""


def _names(body: ast.AST) -> list[str]:
    """Return the names that a function is given or gives itself."""
    assert isinstance(body, ast.FunctionDef)
    given = [argument.arg for argument in body.args.args]
    own = [item.id for item in ast.walk(body) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)]
    return sorted({*given, *own})


def _cut(value: Any, variant: int) -> ast.expr:
    """Leave out the first of some values, or the last, or all but the first."""
    bounds = [(ast.Constant(1), None), (None, ast.Constant(-1)), (None, ast.Constant(1))][variant]
    whole = ast.Call(ast.Name("list", ast.Load()), [value], [])
    return ast.Subscript(whole, ast.Slice(*bounds), ast.Load())


def _replaced(body: ast.AST, node: ast.AST, other: ast.expr) -> bool:
    for parent in ast.walk(body):
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, other)
                return True
            if isinstance(value, list) and any(item is node for item in value):
                value[[item is node for item in value].index(True)] = other
                return True
    return False
