"""Old policies that have to go before anything of ours is let go, and what an order that lets go first would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from generator.intent.model import Layout
from generator.plan import planner, removals
from generator.plan.plan_file import write_plan
from generator.plan.record import Method, Order
from generator.plan.simulate import carry_out
from tests.plan.test_oracle_examples import violations
from tests.plan.worlds import Planned, Shape, kubernetes_policy, manifests_of, plan_of, pod, snapshot_of, space

Manifest = dict[str, Any]
OLD = Shape(services=(), nets=(), guardrails=False)
NEXT = Shape(namespaces=("edge",), services=(), nets=(), guardrails=False)


@dataclass(frozen=True)
class Case:
    """What is live, the set that it is led to, what is handed over, and the flow that another order harms."""

    live: list[Manifest]
    target: Shape
    replaces: tuple[str, ...]
    harmed: str

    def plan(self) -> Planned:
        """Plan it."""
        return plan_of(self.live, self.target, replaces=self.replaces)


def led_to(live: list[Manifest], shape: Shape) -> list[Manifest]:
    """Return what is live once a set has been put in place."""
    first = plan_of(live, shape)
    others = [item for item in live if item["kind"] in ("Pod", "Namespace")]
    return [*others, *manifests_of(carry_out(first.start, first.plan.steps))]  # type: ignore[list-item]


def our_allow_over_an_old_isolation() -> Case:
    """A namespace leaves; our tier lets through what an old policy behind it denies, and that one goes too."""
    old = kubernetes_policy("shop", "closed", {"matchLabels": {"app": "web"}}, "Egress")
    world = [space("shop"), space("edge"), pod("shop", "web"), pod("edge", "api"), old]
    return Case(led_to(world, OLD), NEXT, ("KubernetesNetworkPolicy/shop/closed",), "shop/web to 10.96.0.10, UDP 53")


def old_caller_of_a_namespace_that_leaves() -> Case:
    """The callee's namespace leaves and opens; its caller is closed only when its old policy goes."""
    layout = Layout.SINGLE_TIER
    old = kubernetes_policy("edge", "all-out", {}, "Egress")
    old["spec"]["egress"] = [{}]
    world = [space("shop"), space("edge"), pod("shop", "web"), pod("edge", "api"), old]
    live = led_to(world, Shape(services=(), nets=(), guardrails=False, layout=layout))
    target = Shape(namespaces=("edge",), services=(), nets=(), guardrails=False, layout=layout)
    return Case(live, target, ("KubernetesNetworkPolicy/edge/all-out",), "edge/api to shop/web")


def old_deny_before_an_old_allow() -> Case:
    """The caller is held by an old Deny, the callee opened by an old allow: the allow has to be gone first."""
    rules = [{"action": "Deny", "destination": {"selector": "app == 'web'", "namespaceSelector": "all()"}}]
    spec = {"order": 2000, "selector": "all()", "types": ["Egress"], "egress": [*rules, {"action": "Allow"}]}
    deny = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "not-to-web"},
        "spec": {**spec, "namespaceSelector": "kubernetes.io/metadata.name == 'far'"},
    }
    old = kubernetes_policy("shop", "all-in", {}, "Ingress")
    old["spec"]["ingress"] = [{}]
    live = [space("shop"), space("far"), pod("shop", "web"), pod("far", "api"), old, deny]
    target = Shape(services=(), nets=(), guardrails=False, layout=Layout.SINGLE_TIER)
    replaces = ("KubernetesNetworkPolicy/shop/all-in", "GlobalNetworkPolicy/not-to-web")
    return Case(live, target, replaces, "far/api to shop/web")


CASES = (our_allow_over_an_old_isolation, old_caller_of_a_namespace_that_leaves, old_deny_before_an_old_allow)
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)


@cases
def test_the_old_policies_go_first(case: Callable[[], Case]) -> None:
    found = case()
    plan = found.plan().plan
    assert plan.unresolved == ()
    assert plan.proof.method is Method.EVERY_STATE
    assert plan.proof.order.old_before
    assert violations(write_plan(plan), snapshot_of(found.live)) == []


@cases
def test_no_other_order_is_safe(case: Callable[[], Case], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "_orders", lambda _: [Order.OPEN_FIRST, Order.CLOSE_FIRST])
    found = case()
    plan = found.plan().plan
    assert plan.is_refused
    assert any(item.code == "RF8023" and found.harmed in item.summary for item in plan.unresolved), plan.unresolved


def test_nothing_is_handed_over_without_need() -> None:
    """Where nothing is replaced there are no old policies to go first, and no further order is tried."""
    plan = plan_of([space("shop"), pod("shop", "web")], OLD).plan
    assert plan.proof.order is Order.OPEN_FIRST
    assert "handover" not in {str(step.stage) for step in plan.steps}


def test_an_old_deny_that_goes_with_the_allows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: what an old policy denies is no reason to take it off last."""
    monkeypatch.setattr(removals, "_denies", lambda _: False)
    assert old_deny_before_an_old_allow().plan().plan.is_refused
