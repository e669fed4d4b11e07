"""A plan that only observes: nothing fares otherwise in any state, and the log shows exactly what cut-over cuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from generator.intent.model import Layout
from generator.plan.plan_file import write_plan
from generator.plan.stages import ORDER, Stage
from tests.plan import laws
from tests.plan.observing_laws import check_log, check_observing_plan
from tests.plan.observing_worlds import after, go_on, observing_plan_of, seen
from tests.plan.test_oracle_examples import violations
from tests.plan.worlds import Shape, kubernetes_policy, pod, space

SERVICES = (("pay", "api"), ("shop", "cart"), ("shop", "web"))
SHAPES = [Shape(("pay", "shop"), SERVICES, layout=layout) for layout in Layout]
ADDRESSES = {"api": "192.168.0.1", "cart": "192.168.0.2", "web": "192.168.1.1", "old": "192.168.1.2"}


def placed(namespace: str, app: str) -> Mapping[str, Any]:
    found = pod(namespace, app)
    status = {"phase": "Running", "podIP": ADDRESSES[app], "podIPs": [{"ip": ADDRESSES[app]}]}
    return {**found, "spec": {**found["spec"], "nodeName": f"n{ADDRESSES[app][8]}"}, "status": status}


def node(name: str, address: str) -> Mapping[str, Any]:
    status = {"addresses": [{"type": "InternalIP", "address": address}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}


OPEN = [
    *(node("n0", "10.0.0.1"), node("n1", "10.0.0.2")),
    *(space("legacy"), space("pay"), space("shop")),
    *(placed("pay", "api"), placed("shop", "cart"), placed("shop", "web"), placed("legacy", "old")),
]
OLD = kubernetes_policy("shop", "old", {"matchLabels": {"app": "web"}}, "Ingress")
OLDER = kubernetes_policy("shop", "older", {"matchLabels": {"app": "cart"}}, "Egress")
OPENING = kubernetes_policy("pay", "opening", {}, "Ingress", "Egress")
OPENING["spec"] |= {"ingress": [{}], "egress": [{}]}
WORLDS = {"open": OPEN, "isolated in part": [*OPEN, OLD, OLDER], "opened by others": [*OPEN, OLD, OPENING]}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
def test_nothing_fares_otherwise_and_the_log_is_what_is_cut(shape: Shape, world: list[Mapping[str, Any]]) -> None:
    planned = observing_plan_of(world, shape)
    check_observing_plan(planned, seen(world))
    assert all(ORDER[step.stage] <= ORDER[Stage.OBSERVE] for step in planned.plan.writes)
    rest = go_on(world, planned, shape)
    laws.check_plan(rest)
    assert violations(write_plan(rest.plan), seen(after(world, planned))) == []
    assert check_log(world, seen(world), planned, rest) > 40
