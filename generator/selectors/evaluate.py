"""The truth of a selector for one set of labels (calico.md 3.2)."""

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


def evaluate_selector(node: Node, labels: Mapping[str, str]) -> bool:
    """Tell whether something with these labels is selected.

    On an absent label `!=` and `not in` are true, every other test is false. `global()` counts as true, which is what
    Calico's bare parser makes of it.
    """
    match node:
        case And(operands):
            for operand in operands:  # noqa: SIM110 - a loop takes one frame for each level of nesting, all() two
                if not evaluate_selector(operand, labels):
                    return False
            return True
        case Or(operands):
            for operand in operands:  # noqa: SIM110
                if evaluate_selector(operand, labels):
                    return True
            return False
        case Not(operand):
            return not evaluate_selector(operand, labels)
        case Equal(label, value):
            return labels.get(label) == value
        case NotEqual(label, value):
            return labels.get(label) != value
        case _:
            return _evaluate_leaf(node, labels)


def _evaluate_leaf(node: Node, labels: Mapping[str, str]) -> bool:
    match node:
        case All() | Global():
            return True
        case Has(label):
            return label in labels
        case In(label, values):
            return labels.get(label) in values
        case NotIn(label, values):
            return labels.get(label) not in values
        case Contains(label, value):
            return label in labels and value in labels[label]
        case StartsWith(label, value):
            return label in labels and labels[label].startswith(value)
        case EndsWith(label, value):
            return label in labels and labels[label].endswith(value)
        case _:
            raise TypeError(f"no selector node: {type(node).__name__}")
