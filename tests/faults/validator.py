"""Faults in the validator."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.calico.validator import dataplanes, order_proof, selectors_check, services
from generator.calico.validator import nets as nets_check

Fault = Callable[[pytest.MonkeyPatch], None]


def broken_selectors_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every selector for plain (landmine: an unparsable deny is open)."""
    monkeypatch.setattr(selectors_check, "is_plain", lambda text: True)


def families_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let IPv4 and IPv6 stand in one rule."""
    monkeypatch.setattr(nets_check, "_check_families", lambda *arguments: None)


def blocks_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlook rules that iptables renders broader than written."""
    monkeypatch.setattr(dataplanes, "match_blocks", lambda rule: 0)


def services_may_lack_a_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe the docs, which say that the own namespace is meant."""
    monkeypatch.setattr(services, "check_services", lambda *arguments: None)
    from generator.calico.validator import rules

    monkeypatch.setattr(rules, "check_services", lambda *arguments: None)


def mixed_actions_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take policies of equal order for harmless whatever their actions."""
    monkeypatch.setattr(order_proof, "_same_action", lambda first, second: True)


def passing_is_like_allowing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold Allow and Pass for one action in the proof of equal orders."""

    def wrong(first: frozenset[str], second: frozenset[str]) -> bool:
        return not first or not second or first | second <= {"Allow", "Pass"} or len(first | second) == 1

    monkeypatch.setattr(order_proof, "_same_action", wrong)


def one_namespace_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe that any two policies select different endpoints."""
    monkeypatch.setattr(order_proof, "_disjoint", lambda first, second: True)


FAULTS_OF_CHECKS: tuple[Fault, ...] = (
    broken_selectors_pass,
    families_are_not_compared,
    blocks_are_not_counted,
    services_may_lack_a_namespace,
    mixed_actions_agree,
)
FAULTS_OF_ORDER_PROOF: tuple[Fault, ...] = (mixed_actions_agree, passing_is_like_allowing, one_namespace_is_another)
