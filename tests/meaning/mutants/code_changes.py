"""Mutants of the code that feeds the templates: one change each of a function's syntax tree, or of a constant.

A mutant is put in place by giving a function of the module other instructions, so that everybody who imported it runs
the changed one; a constant is exchanged in every module that has it. Nothing is put back: this happens in a process of
its own. Conditions of `while` are left alone, for most of those mutants never end.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.meaning.mutants.tree_changes import Changed, Ran, changes, name_changes, value_changes


@dataclass(frozen=True)
class CodeMutant:
    """One change of a module: of the tree of a function, by its name there, or of the values of some constants."""

    name: str
    module: ModuleType
    trees: Mapping[str, ast.FunctionDef]
    constants: Mapping[str, Any]

    def put_in_place(self) -> None:
        functions = dict(_functions(self.module))
        for name, tree in self.trees.items():
            functions[name].__code__ = _compiled(tree)
        for name, value in self.constants.items():
            old = vars(self.module)[name]
            for module in list(sys.modules.values()):
                if module.__name__.startswith("generator.layers") and vars(module).get(name) is old:
                    setattr(module, name, value)


def code_mutants(module: ModuleType, lines: Collection[int]) -> tuple[list[CodeMutant], list[CodeMutant]]:
    """Return the mutants that the operators make of the functions and the constants of a module, and exchanged names.

    `lines` are those that were run: a change of any other shows nowhere.
    """
    tree = ast.parse(inspect.getsource(module))
    functions = dict(_functions(module))
    bodies = [
        (name, body)
        for body in ast.walk(tree)
        if isinstance(body, ast.FunctionDef)
        and (name := next((key for key in functions if key.rpartition(".")[2] == body.name), ""))
    ]

    def ran(first: int, last: int) -> bool:
        return any(line in lines for line in range(first, last + 1))

    def of_functions(change: Callable[[ast.FunctionDef, Ran], Iterator[Changed]]) -> Iterator[CodeMutant]:
        for name, body in bodies:
            for said, changed in change(body, ran):
                yield CodeMutant(f"{body.name}: {said}", module, {name: changed}, {})

    return [*of_functions(changes), *_of_constants(module, tree)], list(of_functions(name_changes))


def _of_constants(module: ModuleType, tree: ast.Module) -> Iterator[CodeMutant]:
    constants = [item for item in tree.body if isinstance(item, ast.Assign | ast.AnnAssign) and item.value is not None]
    for number, statement in enumerate(constants):
        yield from _of_constant(module, statement, constants[number + 1 :])


def _compiled(body: ast.FunctionDef) -> CodeType:
    body.decorator_list = []
    future = ast.parse("from __future__ import annotations").body
    whole = ast.fix_missing_locations(ast.Module([*future, body], []))
    constants = compile(whole, "a mutant", "exec").co_consts
    return next(item for item in constants if isinstance(item, CodeType) and item.co_name == body.name)


def _of_constant(module: ModuleType, statement: ast.stmt, later: Sequence[ast.stmt]) -> Iterator[CodeMutant]:
    """Give the mutants of a constant, each with what other constants of the module become by it."""
    for said, changed in value_changes(statement):
        whole = ast.fix_missing_locations(ast.Module([changed, *later], []))
        values = dict(vars(module))
        try:
            exec(compile(whole, module.__name__, "exec"), values)
        except (ValueError, TypeError, NameError, LookupError):  # no value at all, so no mutant
            continue
        constants = {name: value for name, value in values.items() if vars(module).get(name, value) != value}
        if constants:
            yield CodeMutant(f"{next(iter(constants))}: {said}", module, {}, constants)


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield name, value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for inner, found in vars(value).items():
                function = found.fget if isinstance(found, property) else found
                if isinstance(function, FunctionType) and not inner.startswith("__"):
                    yield f"{name}.{inner}", function
