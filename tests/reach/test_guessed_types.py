"""A policy without `types` and with an empty list: which way it is taken is said (calico.md 1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from generator.calico.versions import Version
from generator.reach import guessed_types
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.ignored_kinds import find_taken_for_granted
from tests.reach.small_world import CLUSTER, Manifest, ask, calico, packet, snapshot_of

NEW, OLD = Version(3, 32), Version(3, 31)
RULES = [{"action": "Allow"}]


def policy(kind: str = "NetworkPolicy", **spec: Any) -> Manifest:
    return calico(kind, "p", "shop" if "Global" not in kind else "", selector="app == 'web'", **spec)


STORED = policy(ingress=RULES, egress=[]) | {"apiVersion": "crd.projectcalico.org/v1"}
# What is there, for which version, whether it is told, and what the verdict takes of what the pod sends.
ROWS: list[tuple[str, Manifest, Version, bool, str]] = [
    ("an empty egress", policy(ingress=RULES, egress=[]), NEW, True, "allow"),
    ("an empty ingress", policy(ingress=[], egress=[{"action": "Deny"}]), NEW, True, "deny"),
    ("of a cluster-wide one", policy("GlobalNetworkPolicy", ingress=RULES, egress=[]), NEW, True, "allow"),
    ("before CRDs could serve", policy(ingress=RULES, egress=[]), OLD, False, "allow"),
    ("types are written", policy(ingress=RULES, egress=[], types=["Ingress"]), NEW, False, "allow"),
    ("types are empty", policy(ingress=RULES, egress=[], types=[]), NEW, True, "allow"),
    ("no empty list", policy(ingress=RULES), NEW, False, "allow"),
    ("only empty lists", policy(ingress=[]), NEW, False, "allow"),
    ("a list that is null", policy(ingress=RULES, egress=None), NEW, False, "allow"),
    ("stored as it is", STORED, NEW, False, "deny"),
    ("staged", policy("StagedNetworkPolicy", ingress=RULES, egress=[]), NEW, False, "allow"),
]


def check_row(row: tuple[str, Manifest, Version, bool, str]) -> None:
    _, written, version, told, said = row
    snapshot = snapshot_of([*CLUSTER, written])
    engine = Engine(snapshot, Environment(version=version))
    found = find_taken_for_granted(engine, snapshot)
    assert [item.code for item in found] == (["RF5204"] if told else [])
    assert ask(engine, "shop/web", "shop/db", packet()).verdict == said


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: tuple[str, Manifest, Version, bool, str]) -> None:
    check_row(row)


@pytest.mark.parametrize("always", [["Ingress"], ["Egress", "Ingress"]])
def test_planted_fault_is_found(always: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessed_types, "default_types", lambda spec, *path: always if path else ["Ingress"])
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for row in ROWS:
        check_row(row)
