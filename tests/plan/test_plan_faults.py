"""Each planted fault of the planner breaks a law; without a fault the same journeys keep them all."""

from __future__ import annotations

import pytest

from generator.intent.model import Layout
from generator.plan.isolation import Cluster
from generator.plan.simulate import SimulationError, carry_out
from tests.faults.calico import Fault
from tests.faults.plan import FAULTS_OF_PLANS
from tests.plan import laws
from tests.plan.worlds import Shape, kubernetes_policy, manifests_of, plan_of, pod, snapshot_of, space

WORLD = [
    space("pay"),
    space("shop"),
    pod("pay", "api"),
    pod("shop", "cart"),
    pod("shop", "web"),
    kubernetes_policy("shop", "old", {"matchLabels": {"app": "web"}}, "Ingress"),
    kubernetes_policy("shop", "older", {"matchLabels": {"app": "cart"}}, "Egress"),
]
CLUSTER = Cluster.of(snapshot_of(WORLD))
SERVICES = (("pay", "api"), ("shop", "cart"), ("shop", "web"))


def journeys() -> None:
    """Go in, smaller, and out again, in both layouts; every plan is held against every law."""
    for layout in Layout:
        whole = Shape(namespaces=("pay", "shop"), services=SERVICES, layout=layout)
        less = Shape(namespaces=("shop",), services=SERVICES, layout=layout, nets=("203.0.113.0/24",), port=9090)
        live = WORLD
        for shape in (whole, less, None):
            planned = plan_of(live, shape, to_none=shape is None)
            laws.check_plan(planned)
            laws.pods_are_led_over_in_one_write(planned, CLUSTER)
            laws.own_tier_takes_each_namespace_in_one_write(planned, CLUSTER)
            live = [*WORLD[:5], *manifests_of(carry_out(planned.start, planned.plan.steps))]


def test_the_journeys_keep_the_laws() -> None:
    journeys()


@pytest.mark.parametrize("fault", FAULTS_OF_PLANS, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, SimulationError)):
        journeys()
