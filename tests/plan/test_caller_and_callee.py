"""A caller that is open and a callee that is closed today, and the other way round tomorrow.

Neither today nor tomorrow does the caller reach the callee. Where the callee is opened before the caller is closed, it
does for a while, and no single object looks wrong in that state.
"""

from __future__ import annotations

from typing import Any

import pytest

from generator.intent.model import Layout
from generator.plan import planner
from generator.plan.model import Plan
from generator.plan.plan_file import write_plan
from generator.plan.proof.prove import Proof, Refuted
from generator.plan.record import Method, Order
from tests.plan.proof_calls import prove_steps
from tests.plan.test_oracle_examples import violations
from tests.plan.worlds import Shape, kubernetes_policy, plan_of, pod, snapshot_of, space
from tests.plan_oracle import Harm, Step, Wait, Write, check_steps, scene_of_snapshot

CALLER, CALLEE = "web", "api"
layouts = pytest.mark.parametrize("layout", list(Layout))


def cluster(layout: Layout) -> list[dict[str, Any]]:
    """Return a caller that nothing isolates and a callee that an old policy isolates from everybody."""
    old = kubernetes_policy("shop", "api-closed", {"matchLabels": {"app": CALLEE}}, "Ingress")
    found = [space("shop"), pod("shop", CALLER), pod("shop", CALLEE), old]
    if layout is Layout.TIERS:
        found.append(
            {
                "apiVersion": "projectcalico.org/v3",
                "kind": "Tier",
                "metadata": {"name": "ringfence"},
                "spec": {"order": 900, "defaultAction": "Pass"},
            }
        )
    return found


def policy(layout: Layout, app: str, spec: dict[str, Any]) -> dict[str, Any]:
    tier, name = ("ringfence", f"ringfence.{app}") if layout is Layout.TIERS else ("default", f"ringfence-{app}")
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"tier": tier, "order": 200, "selector": f"app == '{app}'", **spec},
    }


def hand_made(layout: Layout) -> tuple[Write, Write]:
    """Return the write that opens the callee to the caller and the write that closes the caller."""
    rule = {
        "action": "Allow",
        "protocol": "TCP",
        "source": {"selector": f"app == '{CALLER}'"},
        "destination": {"ports": [8080]},
    }
    opened = policy(layout, CALLEE, {"types": ["Ingress"], "ingress": [rule]})
    closed = policy(layout, CALLER, {"types": ["Egress"], "egress": [{"action": "Deny"}]})
    return Write("open-callee", None, opened), Write("close-caller", None, closed)


@layouts
@pytest.mark.parametrize("waits", [(), (Wait("wait"),)], ids=["no-wait", "wait"])
def test_callee_opened_first_is_refused_with_a_witness(layout: Layout, waits: tuple[Step, ...]) -> None:
    opened, closed = hand_made(layout)
    steps = [opened, *waits, closed]
    found = prove_steps(cluster(layout), steps)
    assert isinstance(found, Refuted)
    flows = {(str(item.harm), item.flow.source.name, item.flow.destination.name) for item in found.witnesses}
    assert ("opened", f"shop/{CALLER}", f"shop/{CALLEE}") in flows
    seen = check_steps(scene_of_snapshot(snapshot_of(cluster(layout))), steps)
    assert Harm.OPENED in {item.harm for item in seen}


@layouts
def test_caller_closed_first_is_accepted_after_a_wait_alone(layout: Layout) -> None:
    opened, closed = hand_made(layout)
    scene = scene_of_snapshot(snapshot_of(cluster(layout)))
    waited: list[Step] = [closed, Wait("wait"), opened]
    at_once: list[Step] = [closed, opened]
    assert isinstance(prove_steps(cluster(layout), waited), Proof)
    assert check_steps(scene, waited) == []
    # Two nodes are in two states: that of the callee may have both writes before that of the caller has one.
    assert isinstance(prove_steps(cluster(layout), at_once), Refuted)
    assert Harm.OPENED in {item.harm for item in check_steps(scene, at_once)}


def planned(layout: Layout) -> Plan:
    """Plan a set that lets the callee be called by a caller which may call nobody."""
    shape = Shape(services=(("shop", CALLEE),), peers=(CALLER,), layout=layout, nets=())
    live = [item for item in cluster(layout) if item["kind"] != "Tier"]
    return plan_of(live, shape, replaces=["KubernetesNetworkPolicy/shop/api-closed"]).plan


@layouts
def test_the_planner_closes_first(layout: Layout) -> None:
    plan = planned(layout)
    assert plan.proof.method is Method.EVERY_STATE
    assert plan.proof.order is Order.CLOSE_FIRST
    assert plan.applyable, plan.unresolved
    live = [item for item in cluster(layout) if item["kind"] != "Tier"]
    assert violations(write_plan(plan), snapshot_of(live)) == []


@layouts
def test_a_planner_that_opens_first_is_refused_with_the_flow(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "_orders", lambda _: [Order.OPEN_FIRST])
    plan = planned(layout)
    assert plan.is_refused
    assert plan.steps == ()
    told = [item.summary for item in plan.unresolved if item.code == "RF8023"]
    assert any(f"shop/{CALLER}" in text and f"shop/{CALLEE}" in text for text in told), plan.unresolved
