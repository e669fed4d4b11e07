"""The syntax tree of a selector: one frozen class for each form, with the range of text it was read from.

Ranges are counted in characters and take no part in equality, so that two texts of one meaning can give equal trees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_LABEL_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of a selector; `start` and `end` are the characters it was read from, 0 and 0 when made by a program."""

    start: int = field(default=0, kw_only=True, compare=False)
    end: int = field(default=0, kw_only=True, compare=False)


@dataclass(frozen=True, slots=True)
class All(Node):
    """`all()`, also the empty selector: everything in scope."""


@dataclass(frozen=True, slots=True)
class Global(Node):
    """`global()`: true by itself; Calico gives it a meaning only as a whole namespaceSelector of a rule (3.5)."""


@dataclass(frozen=True, slots=True)
class Has(Node):
    """`has(label)`: the label is present, whatever its value."""

    label: str


@dataclass(frozen=True, slots=True)
class Equal(Node):
    """`label == 'value'`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class NotEqual(Node):
    """`label != 'value'`: true also when the label is absent."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class In(Node):
    """`label in {'a', 'b'}`; the values are kept sorted and without repeats, an empty set is never true."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotIn(Node):
    """`label not in {'a', 'b'}`: true also when the label is absent."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contains(Node):
    """`label contains 'part'`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class StartsWith(Node):
    """`label starts with 'part'`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class EndsWith(Node):
    """`label ends with 'part'`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`!operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class And(Node):
    """Two or more operands joined by `&&`."""

    operands: tuple[Node, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((And, self.operands)))

    def __hash__(self) -> int:  # once for each tree: selectors are looked up by the hundred thousand
        return self._hash


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Two or more operands joined by `||`."""

    operands: tuple[Node, ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((Or, self.operands)))

    def __hash__(self) -> int:  # once for each tree: selectors are looked up by the hundred thousand
        return self._hash


def walk_selector(node: Node) -> Iterator[Node]:
    """Yield the node and everything below it, parents first, from left to right."""
    pending = [node]
    while pending:
        found = pending.pop()
        yield found
        match found:
            case Not(operand):
                pending.append(operand)
            case And(operands) | Or(operands):
                pending.extend(reversed(operands))
            case _:
                pass
