"""A pod that is there may come again with another address, which rules with nets judge otherwise.

The callee is open to 10.244.0.0/24 alone, where the caller is now; the set opens it to all of 10.244.0.0/16 and closes
the caller. So the callee may be opened only once the caller is closed, for the caller may come again in 10.244.1.0/24.
"""

from __future__ import annotations

from typing import Any

import pytest

from generator.plan.model import Plan
from generator.plan.plan_file import write_plan
from generator.plan.record import Order
from generator.snapshot.model import Snapshot
from tests.faults.plan_proof import no_pod_comes_again_elsewhere
from tests.plan.random_migrations import Traits, World
from tests.plan.random_migrations_run import journey_of
from tests.plan.worlds import kubernetes_policy, pod, space
from tests.plan_oracle import check_plan_file

LAYOUTS = ("tiers", "single-tier")


def placed(namespace: str, app: str, address: str, node: str) -> dict[str, Any]:
    found = pod(namespace, app)
    found["spec"]["nodeName"] = node
    return {**found, "status": {"phase": "Running", "podIPs": [{"ip": address}]}}


def cluster() -> list[dict[str, Any]]:
    found = []
    for number in (1, 2):
        status = {"addresses": [{"type": "InternalIP", "address": f"10.0.0.{number}"}]}
        found.append({"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{number}"}, "status": status})
    for name in ("shop", "pay"):
        account = {"namespace": name, "name": "default"}
        found += [space(name), {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}]
    return [
        *found,
        placed("shop", "cart", "10.244.0.1", "n1"),
        placed("shop", "web", "10.244.1.2", "n2"),
        placed("pay", "api", "10.244.0.2", "n2"),
    ]


def planned(layout: str) -> tuple[Plan, Snapshot]:
    old = kubernetes_policy("pay", "old", {"matchLabels": {"app": "api"}}, "Ingress")
    old["spec"]["ingress"] = [{"from": [{"ipBlock": {"cidr": "10.244.0.0/24"}}]}]
    head = {"version": 1, "name": "ours", "platform": "generic", "calico": "3.32", "layout": layout}
    exposed = {"by": "cidrs", "cidrs": ["10.244.0.0/16"]}
    services = {
        "web": {"namespace": "shop", "select": {"app": "web"}, "ports": [8080], "needs": ["api"]},
        "cart": {"namespace": "shop", "select": {"app": "cart"}, "ports": [8080]},
        "api": {"namespace": "pay", "select": {"app": "api"}, "ports": [8080], "exposed": exposed},
    }
    intent = {**head, "services": services, "replaces": ["KubernetesNetworkPolicy/pay/old"]}
    journey = journey_of(World(0, Traits(), True, tuple(cluster()), (old,), None, intent, 1.0))
    assert journey.plan is not None
    return journey.plan, journey.snapshot


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_caller_may_come_again_elsewhere(layout: str) -> None:
    plan, snapshot = planned(layout)
    assert not plan.errored
    assert plan.proof.order is Order.CLOSE_FIRST
    assert check_plan_file(write_plan(plan), snapshot, elsewhere=True) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_proof_that_forgets_it_is_found_out(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    no_pod_comes_again_elsewhere(monkeypatch)
    plan, snapshot = planned(layout)
    assert not plan.errored
    assert plan.proof.order is Order.OPEN_FIRST
    assert check_plan_file(write_plan(plan), snapshot) == []
    assert check_plan_file(write_plan(plan), snapshot, elsewhere=True)
