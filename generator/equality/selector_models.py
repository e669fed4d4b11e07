"""Labels that a selector asks for, so that the world of the proof has somebody whom each rule means.

A rule may name what the intent does not; without a pod that has such labels nobody would see what it allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from math import prod
from typing import Final

from generator.selectors import (
    All,
    And,
    Contains,
    EndsWith,
    Equal,
    Global,
    Has,
    In,
    Node,
    Not,
    NotEqual,
    NotIn,
    Or,
    StartsWith,
)

Model = dict[str, str | None]  # what each label must be; None: absent
OTHER: Final = "something-else"
_MOST: Final = 1024
_MOST_CHOICES: Final = 256


def models_of(node: Node) -> list[Model]:
    """Return label sets that match: together they take every alternative of the selector at least once.

    A selector that nothing can match has none; of one with very many alternatives the first are taken.
    """
    return list(islice(_models(node, wanted=True), _MOST))


def choices_of(node: Node, name_of: Callable[[str], str]) -> list[Model]:
    """Return every choice of values for the labels that a selector looks at: each it names, another one, and none.

    So whatever the selector makes of its tests, somebody is there whom it takes and should not, or the other way round.
    `name_of` gives labels that always have the same value one name, and "" to those that are no choice. Of a selector
    with too many choices nothing is returned: `models_of` has each of its alternatives.
    """
    values: dict[str, dict[str | None, None]] = {}
    for label, value in tests_of(node):
        if name := name_of(label):
            values.setdefault(name, {None: None, OTHER: None})[value] = None
    if prod(map(len, values.values())) > _MOST_CHOICES:
        return []
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def tests_of(node: Node) -> Iterator[tuple[str, str]]:
    """Give the labels that a selector looks at, with the values that it names; OTHER where any would do."""
    match node:
        case Not(operand):
            yield from tests_of(operand)
        case And(operands) | Or(operands):
            for one in operands:
                yield from tests_of(one)
        case All() | Global():
            return
        case Has(label):
            yield label, OTHER
        case In(label, values) | NotIn(label, values):
            yield from ((label, value) for value in values)
        case Equal(label, value) | NotEqual(label, value):
            yield label, value
        case Contains(label, value) | StartsWith(label, value) | EndsWith(label, value):
            yield label, value
        case _:
            raise AssertionError(f"no such test: {node}")


def _models(node: Node, *, wanted: bool) -> Iterator[Model]:
    match node:
        case Not(operand):
            yield from _models(operand, wanted=not wanted)
        case And(operands) if wanted:
            yield from _together([list(islice(_models(one, wanted=True), _MOST)) for one in operands])
        case Or(operands) if not wanted:
            yield from _together([list(islice(_models(one, wanted=False), _MOST)) for one in operands])
        case And(operands) | Or(operands):
            for one in operands:
                yield from _models(one, wanted=wanted)
        case All() | Global():
            yield from [{}] if wanted else []
        case _:
            yield from _of_test(node, wanted=wanted)


def _of_test(node: Node, *, wanted: bool) -> Iterator[Model]:
    match node:
        case Equal(label, value) | Contains(label, value) | StartsWith(label, value) | EndsWith(label, value):
            yield from _present(label, [value]) if wanted else _unlike(label)
        case In(label, values):
            yield from _present(label, values) if wanted else _unlike(label)
        case Has(label):
            yield {label: OTHER if wanted else None}
        case NotEqual(label, value):
            yield from _unlike(label) if wanted else _present(label, [value])
        case NotIn(label, values):
            yield from _unlike(label) if wanted else _present(label, values)
        case _:
            raise AssertionError(f"no such test: {node}")


def _present(label: str, values: Sequence[str]) -> Iterator[Model]:
    return ({label: value} for value in values)


def _unlike(label: str) -> Iterator[Model]:
    yield {label: None}
    yield {label: OTHER}


def _together(alternatives: Sequence[Sequence[Model]]) -> Iterator[Model]:
    """Merge one alternative of each operand, so that each is taken once where it goes with others."""
    if not all(alternatives):
        return
    for number in range(max(map(len, alternatives))):
        found: Model = {}
        for models in alternatives:
            at = number % len(models)
            fitting = next((one for one in (*models[at:], *models[:at]) if _goes_with(found, one)), None)
            if fitting is None:
                break
            found = found | fitting
        else:
            yield found


def _goes_with(left: Model, right: Model) -> bool:
    return all(key not in left or left[key] == value for key, value in right.items())
