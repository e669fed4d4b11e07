"""Syntax tree to Calico's canonical text, which Felix makes IP-set ids of (calico.md 3.3)."""

from __future__ import annotations

from collections.abc import Mapping

from generator.selectors.nodes import (
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


def print_selector(node: Node) -> str:
    """Write the canonical text: double quotes, `&&` and `||` always in parentheses, set members sorted.

    Equal text means equal selectors; unequal text does not mean unequal ones. ValueError for a value that holds both
    kinds of quotes, which no selector can express.
    """
    parts: list[str] = []
    _write(node, parts)
    return "".join(parts)


def quote_value(value: str) -> str:
    """Write a value in double quotes, in single ones when it holds a double one."""
    if '"' not in value:
        return f'"{value}"'
    if "'" not in value:
        return f"'{value}'"
    raise ValueError(f"no selector can hold a value with both kinds of quotes: {value}")


def labels_selector(labels: Mapping[str, str]) -> str:
    """Write the selector of things that carry all these labels: `a == 'b' && c == 'd'`, by label; `all()` for none."""
    terms = []
    for label, value in sorted(labels.items()):
        quoted = quote_value(value) if "'" in value else f"'{value}'"
        terms.append(f"{label} == {quoted}")
    return " && ".join(terms) or "all()"


def _write(node: Node, parts: list[str]) -> None:
    match node:
        case And(operands):
            _write_joined(operands, " && ", parts)
        case Or(operands):
            _write_joined(operands, " || ", parts)
        case Not(operand):
            parts.append("!")
            _write(operand, parts)
        case _:
            parts.append(_write_leaf(node))


def _write_joined(operands: tuple[Node, ...], operator: str, parts: list[str]) -> None:
    parts.append("(")
    for position, operand in enumerate(operands):
        if position:
            parts.append(operator)
        _write(operand, parts)
    parts.append(")")


def _write_leaf(node: Node) -> str:
    match node:
        case All():
            return "all()"
        case Global():
            return "global()"
        case Has(label):
            return f"has({label})"
        case Equal(label, value):
            return f"{label} == {quote_value(value)}"
        case NotEqual(label, value):
            return f"{label} != {quote_value(value)}"
        case In(label, values):
            return f"{label} in {_write_set(values)}"
        case NotIn(label, values):
            return f"{label} not in {_write_set(values)}"
        case Contains(label, value):
            return f"{label} contains {quote_value(value)}"
        case StartsWith(label, value):
            return f"{label} starts with {quote_value(value)}"
        case EndsWith(label, value):
            return f"{label} ends with {quote_value(value)}"
        case _:
            raise TypeError(f"no selector node: {type(node).__name__}")


def _write_set(values: tuple[str, ...]) -> str:
    return "{" + ", ".join(quote_value(value) for value in sorted(set(values))) + "}"
