"""Faults in validator, selector language and engine that only an object or text nobody thought of shows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from generator.calico import nets
from generator.calico.rewrite import NAMESPACE_LABEL
from generator.calico.validator import icmp, judges, names, policies, rules, selectors_check, shape
from generator.reach import kubernetes_rules, lower, lower_rules, selector_text
from generator.selectors import evaluate, lexer, parser, printer
from generator.selectors.nodes import Contains, Equal, Node

Fault = Callable[[pytest.MonkeyPatch], None]


def zeros_make_a_port_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the zeros before a port as digits of it."""
    shape.read_port.cache_clear()
    monkeypatch.setattr(shape, "_port_number", lambda digits: int(digits) if len(digits) < 6 else 65536)


def negated_global_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take global() for alone whatever stands before it."""
    monkeypatch.setattr(selectors_check, "_ALONE", re.compile(r"[ !(]*global\([ \t]*\)[ )]*"))


def a_code_needs_no_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlook the numbers of icmp and notICMP."""
    monkeypatch.setattr(icmp, "_check_fields", lambda *arguments: None)


def nobody_looks_at_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take doNotTrack and preDNAT together."""
    monkeypatch.setattr(policies, "_check_flags", lambda *arguments: None)


def any_path_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take http as it is written."""
    monkeypatch.setattr(rules, "check_http", lambda *arguments: None)


def label_values_end_in_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every label value."""
    monkeypatch.setattr(names, "is_label_value", lambda value: True)


def tiers_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take any order and action of a tier."""
    monkeypatch.setattr(judges, "check_tier", lambda *arguments: None)


def values_are_not_held_against_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a list that must be a set with repeats."""
    monkeypatch.setattr(shape.Many, "_check_repeats", lambda self, value, found: found)


def what_go_cannot_decode_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe that CEL stops where Calico's decoder does."""
    monkeypatch.setattr(policies, "only_crd", lambda found: [])


FAULTS_OF_OBJECTS: tuple[Fault, ...] = (
    zeros_make_a_port_too_long,
    negated_global_is_alone,
    a_code_needs_no_type,
    nobody_looks_at_flags,
    any_path_is_one,
    label_values_end_in_anything,
    tiers_are_free,
    values_are_not_held_against_each_other,
    what_go_cannot_decode_is_not_looked_at,
)


def hints_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe that a hint cannot make a policy vanish."""
    monkeypatch.setattr(lower, "_check_hints", lambda hints: None)


def numbers_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe that ICMP types and IP versions have been checked by somebody."""
    monkeypatch.setattr(lower_rules, "_check_numbers", lambda rule: None)


def accounts_select_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlook the serviceAccountSelector of a global policy."""
    right = selector_text.global_policy_selector
    monkeypatch.setattr(
        lower, "global_policy_selector", lambda selector, namespaces, accounts: right(selector, namespaces, "")
    )


def an_empty_side_is_the_own_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the own namespace to a side that asks for nothing but addresses."""
    right: Callable[..., tuple[Node | None, Node | None]] = selector_text.rule_side_selector

    def wrong(*asked: str) -> tuple[Node | None, Node | None]:
        own = asked[-1]
        return right(*asked) if any(asked[:-1]) or not own else (Equal(NAMESPACE_LABEL, own), None)

    monkeypatch.setattr(lower_rules, "rule_side_selector", wrong)


def lengths_begin_with_no_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlook nets with a zero before their length."""
    right = nets.canonical_net
    zeros = re.compile(r"/0[0-9]")
    monkeypatch.setattr(lower_rules, "canonical_net", lambda text: None if zeros.search(text) else right(text))


def a_block_is_an_address_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a bare address in an ipBlock for one address."""
    monkeypatch.setattr(kubernetes_rules, "_block", nets.canonical_net)


def no_test_is_every_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a namespaceSelector of which Calico leaves out every test for all()."""
    right = kubernetes_rules.namespace_selector_text
    monkeypatch.setattr(
        kubernetes_rules,
        "namespace_selector_text",
        lambda selector: right(selector) or ("" if selector is None else "all()"),
    )


FAULTS_OF_CONVERSION: tuple[Fault, ...] = (a_block_is_an_address_too, no_test_is_every_namespace)
FAULTS_OF_POLICIES: tuple[Fault, ...] = (
    lengths_begin_with_no_zeros,
    hints_are_not_read,
    numbers_are_right,
    accounts_select_nothing,
    an_empty_side_is_the_own_namespace,
)


def letters_of_any_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take non-ASCII labels."""
    monkeypatch.setattr(lexer, "_LABEL", re.compile(r"[\w./-]+"))


def any_blank_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip newlines and other white space between tokens."""
    monkeypatch.setattr(lexer, "_BLANKS", re.compile(r"\s*"))


def labels_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the limit of a label."""
    monkeypatch.setattr(lexer, "MAX_LABEL_LENGTH", 10_000)


def double_quotes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print every value in double quotes."""
    monkeypatch.setattr(printer, "quote_value", lambda value: f'"{value}"')


def everything_contains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `contains ''` be true of a label that is not there."""
    right = evaluate._evaluate_leaf

    def wrong(node: Node, labels: object) -> bool:
        return (isinstance(node, Contains) and node.value == "") or right(node, labels)  # type: ignore[arg-type]

    monkeypatch.setattr(evaluate, "_evaluate_leaf", wrong)


FAULTS_OF_SELECTORS: tuple[Fault, ...] = (
    letters_of_any_script,
    any_blank_is_one,
    labels_without_end,
    double_quotes_only,
    everything_contains_nothing,
)


def forget_selectors() -> None:
    """Forget what was parsed before a fault was planted, or with it."""
    parser.parse_selector.cache_clear()
    selectors_check.read_selector.cache_clear()
    selectors_check.is_plain.cache_clear()
    lower_rules._view_of_side.cache_clear()
    lower_rules._nets.cache_clear()
    shape.read_port.cache_clear()
