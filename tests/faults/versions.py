"""Faults in what is told apart by version (calico.md 2.1, 5.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.calico import ordering
from generator.calico.versions import NEWEST, Version
from generator.reach import cluster_rules, lower, lower_rules


def ties_are_those_of_3_32(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ordering.named_sort_key
    monkeypatch.setattr(lower, "named_sort_key", lambda obj, space, name, version: real(obj, space, name, NEWEST))


def ties_are_those_of_3_31(monkeypatch: pytest.MonkeyPatch) -> None:
    real, old = ordering.named_sort_key, Version(3, 31)
    monkeypatch.setattr(lower, "named_sort_key", lambda obj, space, name, version: real(obj, space, name, old))


def every_kind_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower, "knows_kind", lambda version, kind: True)


def tiers_are_always_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower, "has_tiers", lambda version: True)


def fixed_tiers_are_those_of_3_32(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ordering.fixed_tier_orders
    for module in (lower, ordering):
        monkeypatch.setattr(module, "fixed_tier_orders", lambda version: real(NEWEST))


def a_broken_rule_is_always_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_rules, "_broken", lambda rule, index: iter(()))


def named_ports_of_v1alpha1_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def sure(rule: Any, index: int, ingress: bool) -> Any:
        return [
            cluster_rules.ConvertedRule(index, made) for made in cluster_rules._convert(rule, ingress, named_ports=True)
        ]

    monkeypatch.setattr(cluster_rules, "_perhaps", sure)


def named_ports_alone_are_always_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower_rules, "NAMED_PORTS_ALONE_SINCE", Version(3, 26))


ALL: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    ties_are_those_of_3_32,
    ties_are_those_of_3_31,
    every_kind_is_read,
    tiers_are_always_there,
    fixed_tiers_are_those_of_3_32,
    a_broken_rule_is_always_left_out,
    named_ports_of_v1alpha1_are_read,
    named_ports_alone_are_always_taken,
)
