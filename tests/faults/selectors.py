"""Faults in the selector language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from generator.selectors import NotEqual, evaluate, printer
from generator.selectors.nodes import In, Node, NotIn

Fault = Callable[[pytest.MonkeyPatch], None]


def absent_label_differs_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `!=` and `not in` be false for a label that is not there, as SQL would (landmine L2's cousin)."""
    right = evaluate.evaluate_selector

    def wrong(node: Node, labels: Mapping[str, str]) -> bool:
        if isinstance(node, NotEqual | NotIn) and node.label not in labels:
            return False
        return right(node, labels)

    patch_everywhere(monkeypatch, "evaluate_selector", evaluate, wrong)


def empty_set_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `in {}` match."""
    right = evaluate._evaluate_leaf

    def wrong(node: Node, labels: Mapping[str, str]) -> bool:
        return True if isinstance(node, In) and not node.values else right(node, labels)

    monkeypatch.setattr(evaluate, "_evaluate_leaf", wrong)


def no_parentheses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print operands without parentheses, so that `&&` captures what belongs to `||`."""

    def wrong(operands: tuple[Node, ...], operator: str, parts: list[str]) -> None:
        for position, operand in enumerate(operands):
            if position:
                parts.append(operator)
            printer._write(operand, parts)

    monkeypatch.setattr(printer, "_write_joined", wrong)


def one_kind_of_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quote every value with double quotes."""
    monkeypatch.setattr(printer, "quote_value", lambda value: f'"{value}"')


def patch_everywhere(monkeypatch: pytest.MonkeyPatch, name: str, module: Any, function: Any) -> None:
    """Replace a function in its module and in the tests that imported it by name."""
    from tests.selectors import test_selector_laws

    monkeypatch.setattr(module, name, function)
    monkeypatch.setattr(test_selector_laws, name, function)


FAULTS_OF_EVALUATION: tuple[Fault, ...] = (absent_label_differs_from_nothing, empty_set_is_true)
FAULTS_OF_PRINTING: tuple[Fault, ...] = (no_parentheses, one_kind_of_quotes)
