"""Staged policies (calico.md 6): without effect as they are, and what each would do once it is promoted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.calico.versions import Version
from generator.reach.engine import Engine
from generator.reach.environment import Environment, Staged
from generator.reach.model import Direction
from tests.faults import staged as faults
from tests.reach.small_world import CLUSTER, Manifest, calico, kubernetes, packet, snapshot_of, through_all_doors

DENY, ALLOW = [{"action": "Deny"}], [{"action": "Allow"}]
OTHERS = [{"action": "Allow", "protocol": "UDP"}]


def staged(kind: str, name: str, action: str = "Set", namespace: str = "shop", **spec: Any) -> Manifest:
    return calico(
        f"Staged{kind}", name, namespace if kind != "GlobalNetworkPolicy" else "", stagedAction=action, **spec
    )


def at_db(rules: list[Any], **more: Any) -> dict[str, Any]:
    return {"selector": "app == 'db'", "types": ["Ingress"], "ingress": rules, **more}


def np(name: str, rules: list[Any], **more: Any) -> Manifest:
    return calico("NetworkPolicy", name, "shop", **at_db(rules, **more))


def gnp(name: str, rules: list[Any], **more: Any) -> Manifest:
    return calico("GlobalNetworkPolicy", name, **at_db(rules, **more))


TIER = calico("Tier", "sec", order=10, defaultAction="Deny")
CLOSED = {"podSelector": {}, "policyTypes": ["Ingress"]}
# What it is about, objects, verdict as it is, verdict once promoted.
ROWS: list[tuple[str, list[Manifest], str, str]] = [
    ("nothing is staged", [np("a", DENY)], "deny", "deny"),
    ("a new policy", [staged("NetworkPolicy", "a", **at_db(DENY))], "allow", "deny"),
    ("of other pods", [staged("NetworkPolicy", "a", selector="app == 'x'", types=["Ingress"])], "allow", "allow"),
    ("a narrower copy replaces the one of its name",
     [np("a", ALLOW), staged("NetworkPolicy", "a", **at_db(OTHERS))], "allow", "deny"),
    ("one of another name does not", [np("a", ALLOW), staged("NetworkPolicy", "b", **at_db(OTHERS))], "allow", "allow"),
    ("a wider copy", [np("a", OTHERS), staged("NetworkPolicy", "a", **at_db(ALLOW))], "deny", "allow"),
    ("a deletion opens", [np("a", DENY), staged("NetworkPolicy", "a", "Delete")], "deny", "allow"),
    ("a deletion of another one", [np("a", DENY), staged("NetworkPolicy", "b", "Delete")], "deny", "deny"),
    ("a cluster-wide one", [staged("GlobalNetworkPolicy", "a", **at_db(DENY))], "allow", "deny"),
    ("a cluster-wide deletion", [gnp("a", DENY), staged("GlobalNetworkPolicy", "a", "Delete")], "deny", "allow"),
    ("kinds are told apart", [gnp("a", DENY), staged("NetworkPolicy", "a", "Delete")], "deny", "deny"),
    ("Kubernetes' kind isolates", [staged("KubernetesNetworkPolicy", "a", **CLOSED)], "allow", "deny"),
    ("at its order of 1000, before one of no order",
     [staged("KubernetesNetworkPolicy", "a", **CLOSED | {"ingress": [{}]}), np("z", DENY)], "deny", "allow"),
    ("Kubernetes' kind deleted", [kubernetes("a", "shop", policyTypes=["Ingress"]),
                                  staged("KubernetesNetworkPolicy", "a", "Delete")], "deny", "allow"),
    ("it does not take Calico's kind",
     [np("a", DENY), staged("KubernetesNetworkPolicy", "a", "Delete")], "deny", "deny"),
    ("a tier with staged policies alone passes", [TIER, staged("NetworkPolicy", "sec.a", **at_db(OTHERS, tier="sec"))],
     "allow", "deny"),
    ("with an enforced one it denies already",
     [TIER, np("sec.b", OTHERS, tier="sec"), staged("NetworkPolicy", "sec.a", **at_db(ALLOW, tier="sec"))],
     "deny", "allow"),
    ("order counts: before the enforced one",
     [np("a", ALLOW, order=10), staged("NetworkPolicy", "b", **at_db(DENY, order=5))], "allow", "deny"),
    ("and after it",
     [np("a", ALLOW, order=10), staged("NetworkPolicy", "b", **at_db(DENY, order=15))], "allow", "allow"),
    ("Learn and Ignore are as Set", [staged("NetworkPolicy", "a", "Learn", **at_db(DENY))], "allow", "deny"),
]  # fmt: skip


def verdicts(objects: list[Manifest], version: Version) -> tuple[str, str]:
    snapshot = snapshot_of((*CLUSTER, *objects))
    engines = (Engine(snapshot, Environment(version=version, staged=how, interface="eth0")) for how in Staged)
    found = [through_all_doors(engine, snapshot, "shop/web", "shop/db", packet()) for engine in engines]
    return found[0], found[1]


def check_row(objects: list[Manifest], now: str, then: str) -> None:
    for version in (Version(3, 30), Version(3, 31), Version(3, 32, 1)):
        assert verdicts(objects, version) == (now, then)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: tuple[str, list[Manifest], str, str]) -> None:
    check_row(*row[1:])


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_before_3_30_there_are_none(row: tuple[str, list[Manifest], str, str]) -> None:
    now, then = verdicts(row[1], Version(3, 29, 4))
    assert now == then == row[2]


def test_one_name_with_and_without_the_prefix_of_tier_default() -> None:
    """Up to 3.31 `a` and `default.a` are one policy, so that the staged one takes its place; from 3.32 they are two."""
    objects = [np("a", ALLOW, order=1), staged("NetworkPolicy", "default.a", **at_db(DENY, order=2))]
    assert verdicts(objects, Version(3, 31)) == ("allow", "deny")
    assert verdicts(objects, Version(3, 32)) == ("allow", "allow")


def test_a_promoted_rule_keeps_its_place() -> None:
    snapshot = snapshot_of((*CLUSTER, staged("NetworkPolicy", "a", **at_db(DENY))))
    engine = Engine(snapshot, Environment(staged=Staged.ENFORCED))
    policy = engine.pod_program(engine.inventory.pods["shop/db"], Direction.INGRESS).ops[0]
    (origin,) = [obj for obj in snapshot.policies if obj.name == "a"]
    assert policy.policy.origin.source is origin.source  # type: ignore[union-attr]


@pytest.mark.parametrize("fault", faults.ALL, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for row in ROWS:
        check_row(*row[1:])
