"""What no plan is made for: objects that freeze Felix, tiers in use, names that are taken, objects of others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from generator.compare import compute_diff
from generator.foundation.errors import InputError, RefusedError
from generator.intent.model import Layout
from generator.plan import make_plan
from generator.plan.freeze import freezing_objects
from generator.plan.simulate import carry_out
from generator.plan.stages import Stage
from tests.plan.worlds import Shape, intent_of, manifests_of, plan_of, pod, rendered, snapshot_of, space
from tests.support.objects import api_object

WORLD = [space("shop"), pod("shop", "web")]
OWN = Shape()
SINGLE = replace(OWN, layout=Layout.SINGLE_TIER)


def policy(rule: dict[str, Any], kind: str = "NetworkPolicy", **spec: Any) -> dict[str, Any]:
    metadata = {"name": "theirs"} | ({"namespace": "other"} if kind == "NetworkPolicy" else {})
    body = {"selector": "app == 'x'", "types": ["Ingress"], "ingress": [{"action": "Allow", **rule}], **spec}
    return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": body}


@pytest.mark.parametrize("kind", ["NetworkPolicy", "GlobalNetworkPolicy"])
@pytest.mark.parametrize(
    "rule",
    [
        {"protocol": 300},
        {"protocol": "TCP", "destination": {"ports": [70000]}},
        {"protocol": "TCP", "destination": {"ports": ["90:80"]}},
        {"protocol": "TCP", "notProtocol": "UDP"},
        {"icmp": {"type": 8}},
        {"notICMP": {"type": 8}},
        {"protocol": 1, "icmp": {"type": 8}},
    ],
)
def test_objects_that_freeze_felix(rule: dict[str, Any], kind: str) -> None:
    with pytest.raises(RefusedError) as caught:
        plan_of([*WORLD, policy(rule, kind)], OWN)
    (found,) = caught.value.diagnostics
    assert found.code == "RF8001"
    assert "theirs" in found.summary
    assert found.place.line > 0


@pytest.mark.parametrize(
    "rule",
    [
        {"protocol": "TCP", "destination": {"ports": [65535, "80:90", "http"]}},
        {"protocol": "ICMP", "icmp": {"type": 8}},
        {"protocol": 1, "ipVersion": 4, "icmp": {"type": 8}},
        {"notProtocol": "UDP"},
    ],
)
def test_objects_that_do_not(rule: dict[str, Any]) -> None:
    assert freezing_objects([api_object(policy(rule))]) == []


def test_a_value_that_cannot_be_decoded_is_found_in_the_stored_form_too() -> None:
    stored = policy({"protocol": 300}) | {"apiVersion": "crd.projectcalico.org/v1"}
    assert [item.code for item in freezing_objects([api_object(stored)])] == ["RF8001"]


def _after(shape: Shape) -> list[Any]:
    first = plan_of(WORLD, shape)
    return [*WORLD, *manifests_of(carry_out(first.start, first.plan.steps))]


def test_a_tier_with_policies_of_others_is_not_removed() -> None:
    theirs = policy({}, "GlobalNetworkPolicy", tier="ringfence") | {}
    theirs["metadata"]["name"] = "ringfence.theirs"
    with pytest.raises(RefusedError) as caught:
        plan_of([*_after(OWN), theirs], None, to_none=True)
    assert [item.code for item in caught.value.diagnostics] == ["RF8002"]
    assert "ringfence.theirs" in caught.value.diagnostics[0].summary


def test_a_tier_that_nobody_renders() -> None:
    snapshot = snapshot_of(WORLD)
    whole = rendered(OWN)
    without = replace(whole, objects=tuple(item for item in whole.objects if item.layer != "tier"))
    diff = compute_diff([item.object for item in without.objects], snapshot.policies, "shop")
    plan = make_plan(without, snapshot, intent_of(), diff)
    assert "RF8003" in [item.code for item in plan.unresolved]
    assert not plan.steps, "without its tier a policy denies, so no step of this can be proven"
    assert (plan.errored, plan.applyable) == (True, False)


def test_the_name_of_the_bridge_is_taken() -> None:
    theirs = policy({}, "GlobalNetworkPolicy")
    theirs["metadata"]["name"] = "ringfence-shop-bridge-egress"
    with pytest.raises(RefusedError) as caught:
        plan_of([*WORLD, theirs], SINGLE)
    assert [item.code for item in caught.value.diagnostics] == ["RF8004"]


def test_a_difference_that_writes_what_is_not_ours() -> None:
    snapshot = snapshot_of(_after(replace(OWN, intent="other")))
    diff = compute_diff([], snapshot.policies, "other")
    with pytest.raises(RefusedError) as caught:
        make_plan(rendered(OWN), snapshot, intent_of("shop"), diff)
    assert {item.code for item in caught.value.diagnostics} == {"RF8005"}


def test_two_intents_leave_each_other_alone() -> None:
    other = replace(OWN, intent="other", namespaces=("pay",), services=(), tier="second")
    live = _after(other)
    planned = plan_of(live, OWN)
    assert planned.plan.summary.foreign == len(rendered(other).objects)
    assert not [step.id for step in planned.plan.writes if "other" in step.write.identity.name]
    off = plan_of(live, None, to_none=True)
    assert off.plan.is_empty


def test_a_policy_that_may_be_absent_leaves_the_bridge_undecided() -> None:
    broken = policy({"destination": {"ports": [80]}}, "GlobalNetworkPolicy")  # ports without a protocol
    plan = plan_of([*WORLD, broken], SINGLE).plan
    assert [item.code for item in plan.unresolved] == ["RF8010"]
    assert plan.errored
    assert not plan_of([*WORLD, broken], OWN).plan.errored


def test_replaces_that_finds_nothing_or_what_is_not_to_be_had() -> None:
    theirs = policy({}, "GlobalNetworkPolicy")
    plan = plan_of([*WORLD, theirs], OWN, replaces=["GlobalNetworkPolicy/their"]).plan
    (found,) = [item for item in plan.warnings if item.code == "RF8006"]
    assert "GlobalNetworkPolicy/theirs" in found.hint
    with pytest.raises(InputError) as caught:
        plan_of([*WORLD, theirs], OWN, replace=["Polic/x"])
    assert caught.value.diagnostics[0].code == "RF8007"
    live = _after(replace(OWN, intent="other", namespaces=("pay",), tier="second"))
    with pytest.raises(InputError) as caught:
        plan_of(live, OWN, replaces=["GlobalNetworkPolicy/second.other-dns"])
    assert caught.value.diagnostics[0].code == "RF8008"


def test_a_replaced_policy_that_reaches_beyond_the_scope() -> None:
    theirs = policy({}, "GlobalNetworkPolicy", selector="all()")
    plan = plan_of([*WORLD, space("beyond"), theirs], OWN, replaces=["GlobalNetworkPolicy/theirs"]).plan
    assert [item.summary for item in plan.warnings if item.code == "RF8015"] == [
        "GlobalNetworkPolicy/theirs also selects pods of namespaces beyond"
    ]


def _leaving_while_the_feed_grows() -> list[Any]:
    shape = replace(OWN, namespaces=("pay", "shop"), services=(), nets=("198.51.100.0/24",))
    first = plan_of(WORLD, shape)
    steps = first.plan.steps
    cutover = next(number for number, step in enumerate(steps) if step.stage is Stage.CUTOVER)
    return [*WORLD, *manifests_of(carry_out(first.start, steps[:cutover]))]


def test_a_plan_that_is_not_safe_in_between_is_refused_with_a_flow() -> None:
    """Namespace shop leaves the scope before its cut-over, while the feed that it still has grows."""
    target = replace(OWN, namespaces=("pay",), services=(), nets=("198.51.100.0/24", "203.0.113.0/24"))
    live = _leaving_while_the_feed_grows()
    plan = plan_of(live, target).plan
    assert (plan.errored, plan.applyable, plan.steps) == (True, False, ())
    assert plan.proof.method == "refused"
    found = plan.unresolved[0]
    assert found.code == "RF8023"
    assert "shop/web" in found.summary
    assert "203.0.113" in found.summary
    names = {item.hint.rpartition(" ")[2] for item in plan.unresolved}
    accepted = plan_of(live, target, accept=sorted({*names, "cut:outside:shop/web", "cut:shop/web:outside"})).plan
    assert not accepted.errored, accepted.unresolved
    assert accepted.proof.method == "every-state"
    assert accepted.accepted == ("cut:outside:shop/web", "cut:shop/web:outside")


def test_what_is_accepted_for_nothing_is_not_recorded() -> None:
    plan = plan_of(WORLD, OWN, accept=["opened:shop/web:shop/web"]).plan
    assert not plan.errored
    assert plan.accepted == ()
    assert [item.summary for item in plan.warnings if item.code == "RF8020"] == [
        "the plan does no harm that is named opened:shop/web:shop/web, so nothing is accepted"
    ]


def test_a_proof_that_contradicts_itself_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.plan.proof.witness._replay", lambda *_: None)
    target = replace(OWN, namespaces=("pay",), services=(), nets=("198.51.100.0/24", "203.0.113.0/24"))
    plan = plan_of(_leaving_while_the_feed_grows(), target).plan
    assert plan.steps == ()
    assert [item.code for item in plan.unresolved] == ["RF8026"]
