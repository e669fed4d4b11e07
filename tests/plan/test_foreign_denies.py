"""Denies of others that come after an allow of ours are named; those that come before, or never meet it, are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.foundation.errors import InputError
from generator.intent.model import Layout
from generator.plan.model import RiskClass
from generator.plan.plan_file import read_plan, write_plan
from generator.report.plan import plan_text
from tests.faults.calico import Fault
from tests.faults.plan import FAULTS_OF_FOREIGN_DENIES
from tests.plan.worlds import Planned, Shape, plan_of, pod, space

WORLD = [space("shop", team="a"), space("pay", team="b"), pod("shop", "web"), pod("shop", "cart"), pod("pay", "api")]
OWN = Shape()  # allows TCP into shop/web, and UDP 53 out of shop
SINGLE = replace(OWN, layout=Layout.SINGLE_TIER)


def deny(direction: str = "Ingress", protocol: str = "TCP", tier: str = "default", **spec: Any) -> dict[str, Any]:
    name = "theirs" if tier == "default" else f"{tier}.theirs"
    body = {
        "tier": tier,
        "order": 900,
        "selector": "app == 'web'",
        "types": [direction],
        direction.lower(): [{"action": "Deny", "protocol": protocol}],
    }
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": name},
        "spec": body | spec,
    }


def tier(name: str, order: int) -> dict[str, Any]:
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "Tier",
        "metadata": {"name": name},
        "spec": {"order": order, "defaultAction": "Pass"},
    }


def cluster_policy(subject: dict[str, Any], tier: str = "Admin") -> dict[str, Any]:
    rule = {"action": "Deny", "from": [{"namespaces": {}}]}
    spec = {"tier": tier, "priority": 5, "subject": subject, "ingress": [rule]}
    return {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "theirs"},
        "spec": spec,
    }


HARMLESS: list[list[dict[str, Any]]] = [
    [tier("first", 100), deny(tier="first")],  # its tier comes before ours
    [deny(protocol="UDP")],  # our allow is for TCP
    [deny(selector="app == 'cart'")],  # another pod
    [deny(namespaceSelector="team == 'b'")],
    [deny("Egress")],  # what we allow out is UDP
    [deny(ingress=[{"action": "Allow"}])],
    [deny(ingress=[{"action": "Deny", "protocol": 6, "destination": {"ports": [80, "9000:9999"]}}])],  # ours is 8080
    [deny(ingress=[{"action": "Deny", "protocol": "TCP", "destination": {"notPorts": ["8000:8080"]}}])],
    [deny("Egress", "UDP", egress=[{"action": "Deny", "destination": {"nets": ["169.254.169.254/32"]}}])],
    [deny("Egress", "UDP", egress=[{"action": "Deny", "destination": {"notNets": ["10.0.0.0/8"]}}])],
    [cluster_policy({"namespaces": {"matchLabels": {"team": "b"}}})],
]


def named(planned: Planned) -> list[str]:
    """Return the summaries; the same pairs must stand as risks at the writes of our policies, and no plan goes on."""
    found = [item.summary for item in planned.plan.unresolved if item.code == "RF8018"]
    assert planned.plan.errored == bool(found)
    assert not (found and planned.plan.applyable)
    risks = [item.risk for step in planned.plan.writes for item in step.risks]
    assert bool(found) == (RiskClass.FOREIGN_DENY in risks)
    return found


@pytest.mark.parametrize("shape", [OWN, SINGLE])
def test_a_deny_after_an_allow(shape: Shape) -> None:
    name = "ringfence.web" if shape is OWN else "ringfence-web"
    summary = f"GlobalNetworkPolicy/theirs denies ingress after it is allowed by NetworkPolicy/shop/{name}"
    assert named(plan_of([*WORLD, deny()], shape)) == [summary]


@pytest.mark.parametrize("objects", HARMLESS)
def test_what_no_allow_comes_before(objects: list[dict[str, Any]]) -> None:
    assert named(plan_of([*WORLD, *objects], OWN)) == []


@pytest.mark.parametrize(
    "objects",
    [
        [tier("second", 950), deny(tier="second")],
        [deny("Egress", "UDP")],
        [deny(protocol="tcp")],
        [deny(protocol="6")],
        [deny(ingress=[{"action": "Deny", "notProtocol": "UDP"}])],
        [deny(ingress=[{"action": "Deny", "protocol": "TCP", "destination": {"ports": ["8000:8100"]}}])],
        [deny(ingress=[{"action": "Deny", "protocol": "TCP", "destination": {"ports": [80, "metrics"]}}])],
        [deny(ingress=[{"action": "Deny", "protocol": "TCP", "destination": {"notPorts": ["metrics"]}}])],
        [deny(ingress=[{"action": "Deny", "source": {"nets": ["10.244.0.0/16"]}}])],
        [deny("Egress", "UDP", egress=[{"action": "Deny", "destination": {"nets": ["10.96.0.0/12"]}}])],
        [cluster_policy({"namespaces": {"matchLabels": {"team": "a"}}})],
        [cluster_policy({"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}})],
        [cluster_policy({"namespaces": {}}, "Baseline")],
    ],
)
def test_what_an_allow_comes_before(objects: list[dict[str, Any]]) -> None:
    assert len(named(plan_of([*WORLD, *objects], OWN))) == 1


def test_in_tier_default_a_deny_with_a_lower_order_comes_first() -> None:
    assert named(plan_of([*WORLD, deny(order=10)], SINGLE)) == []
    assert len(named(plan_of([*WORLD, deny(order=10)], OWN))) == 1  # our tier is looked at before tier default


def test_what_is_handed_over_is_no_deny_of_others() -> None:
    assert named(plan_of([*WORLD, deny()], OWN, replaces=["GlobalNetworkPolicy/theirs"])) == []


def test_what_is_accepted_by_name_stands_in_nobodys_way() -> None:
    plan = plan_of([*WORLD, deny()], OWN, accept=["globalnetworkpolicy/theirs"]).plan
    assert (plan.errored, plan.applyable, plan.accepted) == (False, True, ("GlobalNetworkPolicy/theirs",))
    assert "RF8019" in {item.code for item in plan.warnings}
    assert "RF8018" not in {item.code for item in plan.warnings}
    assert read_plan(write_plan(plan), "plan.json") == plan
    assert "accepted: the Deny of GlobalNetworkPolicy/theirs" in plan_text(plan)


def test_one_name_accepts_one_policy() -> None:
    other = deny()
    other["metadata"]["name"] = "others"
    plan = plan_of([*WORLD, deny(), other], OWN, accept=["GlobalNetworkPolicy/others"]).plan
    assert [item.summary.split()[0] for item in plan.unresolved] == ["GlobalNetworkPolicy/theirs"]
    assert (plan.errored, plan.accepted) == (True, ("GlobalNetworkPolicy/others",))


def test_a_name_that_accepts_nothing_is_said() -> None:
    plan = plan_of([*WORLD, deny()], OWN, accept=["GlobalNetworkPolicy/their"]).plan
    (found,) = [item for item in plan.warnings if item.code == "RF8020"]
    assert "did you mean 'GlobalNetworkPolicy/theirs'?" in found.hint
    assert (plan.errored, plan.accepted) == (True, ())


@pytest.mark.parametrize("text", ["theirs", "app == 'x'", "Deployment/shop/web", "NetworkPolicy/theirs", ""])
def test_what_is_no_name_is_an_error(text: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_of([*WORLD, deny()], OWN, accept=[text])
    assert {item.code for item in caught.value.diagnostics} == {"RF8021"}


@pytest.mark.parametrize("fault", FAULTS_OF_FOREIGN_DENIES, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert any(named(plan_of([*WORLD, *objects], OWN)) for objects in HARMLESS)
