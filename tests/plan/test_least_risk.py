"""The order of cut-over: little at stake first; a plan that goes on keeps the order."""

from __future__ import annotations

from typing import Any

import pytest

from generator.intent.model import Layout
from generator.plan.isolation import Cluster
from generator.plan.simulate import carry_out
from generator.plan.stages import Stage
from tests.plan import laws
from tests.plan.worlds import Planned, Shape, manifests_of, plan_of, pod, snapshot_of, space

# By name it would be the other way round: the API server calls a, b calls the API server, c has more pods than d.
NAMES = ("a", "b", "c", "d")
ORDER = ["d", "c", "b", "a"]
WEBHOOK = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "check"},
    "webhooks": [{"name": "check.example.com", "clientConfig": {"service": {"namespace": "a", "name": "check"}}}],
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "check", "namespace": "a"},
    "spec": {"selector": {"app": "check"}, "ports": [{"port": 443, "targetPort": 8443}]},
}
BINDING = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "reads", "namespace": "b"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
    "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "b"}],
}
# The set of these tests has no layer for the API server's calls.
ACCEPTED = ("management:outside:a/check",)
WORLD: list[dict[str, Any]] = [
    *[space(name) for name in NAMES],
    pod("a", "check"),
    pod("b", "controller"),
    pod("c", "one"),
    pod("c", "two"),
    pod("d", "one"),
    WEBHOOK,
    SERVICE,
    BINDING,
]


def turns(planned: Planned, stage: Stage) -> list[str]:
    """Return the namespaces of a stage in their order; each must have egress before ingress."""
    steps = [(step.namespace, step.direction) for step in planned.plan.writes if step.stage is stage]
    names = list(dict.fromkeys(name for name, _ in steps))
    assert steps == [(name, way) for name in names for way in ("Egress", "Ingress")]
    return names


@pytest.mark.parametrize("layout", list(Layout))
def test_little_at_stake_goes_first(layout: Layout) -> None:
    shape = Shape(NAMES, (("d", "one"),), layout=layout)
    planned = plan_of(WORLD, shape, accept=ACCEPTED)
    laws.check_plan(planned)
    assert turns(planned, Stage.CUTOVER) == ORDER
    cluster = Cluster.of(snapshot_of(WORLD))
    laws.pods_are_led_over_in_one_write(planned, cluster)
    laws.own_tier_takes_each_namespace_in_one_write(planned, cluster)
    whole = [*WORLD, *manifests_of(carry_out(planned.start, planned.plan.steps))]
    off = plan_of(whole, None, to_none=True)
    laws.check_plan(off)
    assert turns(off, Stage.RELEASE) == ORDER


@pytest.mark.parametrize("layout", list(Layout))
def test_the_calls_of_the_api_server_are_not_cut_unless_somebody_says_so(layout: Layout) -> None:
    shape = Shape(NAMES, (("d", "one"),), layout=layout)
    plan = plan_of(WORLD, shape).plan
    assert plan.errored
    assert plan.steps == ()
    assert {item.code for item in plan.unresolved} == {"RF8023"}
    assert any("a/check, TCP 8443: cut, and of the management plane" in item.summary for item in plan.unresolved)
    assert plan_of(WORLD, shape, accept=ACCEPTED).plan.accepted == ACCEPTED
    assert not plan_of(WORLD, Shape(NAMES[1:], (("d", "one"),), layout=layout)).plan.errored


@pytest.mark.parametrize("layout", list(Layout))
def test_a_plan_that_goes_on_keeps_the_order(layout: Layout) -> None:
    shape = Shape(NAMES, (("d", "one"),), layout=layout)
    first = plan_of(WORLD, shape, accept=ACCEPTED)
    half = next(
        number
        for number, step in enumerate(first.plan.steps)
        if getattr(step, "namespace", "") == "b" and step.stage is Stage.CUTOVER
    )
    live = [*WORLD, *manifests_of(carry_out(first.start, first.plan.steps[:half]))]
    assert turns(plan_of(live, shape, accept=ACCEPTED), Stage.CUTOVER) == ["b", "a"]
