"""Calico's rewriting of API selectors to tests of an endpoint's labels (calico.md 3.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from generator.selectors import (
    All,
    And,
    Contains,
    EndsWith,
    Equal,
    Has,
    In,
    Node,
    Not,
    NotEqual,
    NotIn,
    Or,
    StartsWith,
)

NAMESPACE_LABEL: Final = "projectcalico.org/namespace"
ORCHESTRATOR_LABEL: Final = "projectcalico.org/orchestrator"
ACCOUNT_LABEL: Final = "projectcalico.org/serviceaccount"
NAME_LABEL: Final = "projectcalico.org/name"
NAMESPACE_PREFIX: Final = "pcns."
ACCOUNT_PREFIX: Final = "pcsa."
LABELLED: Final = (Has, Equal, NotEqual, In, NotIn, Contains, StartsWith, EndsWith)


def rewrite_selector(node: Node, *, prefix: str = "", all_becomes: str = "") -> Node:
    """Return the selector with `prefix` before each label, and `all()` as a test for the label `all_becomes`.

    Calico replaces `all()` in the text; here the node is replaced, so a value that holds the text `all()` stays.
    """

    def change(leaf: Node) -> Node:
        if isinstance(leaf, All):
            return Has(all_becomes) if all_becomes else leaf
        if prefix and isinstance(leaf, LABELLED):
            return replace(leaf, label=f"{prefix}{leaf.label}")
        return leaf

    return map_leaves(node, change)


def map_leaves(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the selector with each test replaced by what `change` makes of it."""
    match node:
        case Not(operand):
            return Not(map_leaves(operand, change))
        case And(operands):
            return And(tuple(map_leaves(operand, change) for operand in operands))
        case Or(operands):
            return Or(tuple(map_leaves(operand, change) for operand in operands))
        case _:
            return change(node)
