"""What a faulty planner makes is refused by the proof with a flow; with the proof switched off the checker finds it.

Clusters are some of the random migrations, and three that are made for one fault each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from generator.intent.model import Layout
from generator.plan import planner
from generator.plan.model import Plan
from generator.plan.plan_file import write_plan
from generator.plan.proving import Judged, judge_steps
from generator.snapshot.model import Snapshot
from tests.faults.calico import Fault
from tests.faults.plan import policies_before_their_tier, sets_fill_before_the_denies, wait_forgets_a_kind
from tests.faults.plan_proof import (
    a_wait_is_for_every_kind,
    sets_concern_nobody,
    the_way_back_is_not_looked_at,
    tiers_concern_nobody,
)
from tests.faults.plan_steps import FAULTS_THAT_HARM_FLOWS, rollback_in_the_order_of_creation
from tests.plan.random_migrations import CALICO, Drawing
from tests.plan.random_migrations_run import journey_of
from tests.plan.test_oracle_examples import violations
from tests.plan.worlds import Shape, kubernetes_policy, plan_of, pod, snapshot_of, space

Planned = tuple[Plan, Snapshot]
SEEDS = (0, 1, 2, 7, 9, 25)
WORLD = [
    space("shop"),
    pod("shop", "cart"),
    pod("shop", "web"),
    kubernetes_policy("shop", "old", {"matchLabels": {"app": "web"}}, "Ingress"),
    kubernetes_policy("shop", "older", {"matchLabels": {"app": "cart"}}, "Egress"),
]
# A feed that covers the range in which the set allows DNS.
COVERING = Shape(nets=("10.96.0.0/24",))
# An allow of others finds our feed's set by its labels.
LEAKING: dict[str, Any] = {
    "apiVersion": CALICO,
    "kind": "GlobalNetworkPolicy",
    "metadata": {"name": "theirs"},
    "spec": {
        "selector": "app == 'web'",
        "order": 500,
        "types": ["Ingress"],
        "ingress": [{"action": "Allow", "source": {"selector": "has(ringfence/set)"}}],
    },
}
# A tier that comes after `default` denies what a bridged pod meets there.
LATER: list[dict[str, Any]] = [
    {"apiVersion": CALICO, "kind": "Tier", "metadata": {"name": "later"}, "spec": {"order": 2000000}},
    {
        "apiVersion": CALICO,
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "later.denies"},
        "spec": {
            "tier": "later",
            "selector": "app == 'cart'",
            "types": ["Ingress"],
            "ingress": [{"action": "Deny", "source": {"nets": ["192.0.2.0/24"]}}, {"action": "Allow"}],
        },
    },
]


def made(live: list[dict[str, Any]], shape: Shape) -> Planned:
    return plan_of(live, shape, accept=["GlobalNetworkPolicy/later.denies"]).plan, snapshot_of(live)


def drawn(seed: int) -> Planned:
    journey = journey_of(Drawing(seed).world())
    assert journey.plan is not None
    return journey.plan, journey.snapshot


CLUSTERS: tuple[Callable[[], Planned], ...] = (
    partial(made, WORLD, COVERING),
    partial(made, [*WORLD, LEAKING], Shape()),
    partial(made, [*WORLD, *LATER], Shape(layout=Layout.SINGLE_TIER)),
    *(partial(drawn, seed) for seed in SEEDS),
)


def refused() -> Iterator[Callable[[], Planned]]:
    """Give the clusters whose plan the proof refuses with a flow."""
    for cluster in CLUSTERS:
        plan, _ = cluster()
        if plan.errored and "RF8023" in {item.code for item in plan.unresolved}:
            yield cluster


def test_without_a_fault_all_is_proven() -> None:
    for cluster in CLUSTERS:
        plan, snapshot = cluster()
        assert not plan.errored, plan.unresolved
        assert violations(write_plan(plan), snapshot) == []


@pytest.mark.parametrize("fault", FAULTS_THAT_HARM_FLOWS, ids=lambda fault: fault.__name__)
def test_a_fault_is_refused_and_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    cluster = next(refused(), None)
    assert cluster is not None

    def off(*asked: Any, **more: Any) -> Judged:
        return Judged(judge_steps(*asked, **more).record, ())

    monkeypatch.setattr(planner, "judge_steps", off)
    plan, snapshot = cluster()
    assert plan.steps
    assert not plan.errored
    assert violations(write_plan(plan), snapshot)


@pytest.mark.parametrize(
    ("of_planner", "of_proof"),
    [
        (rollback_in_the_order_of_creation, the_way_back_is_not_looked_at),
        (sets_fill_before_the_denies, sets_concern_nobody),
        (policies_before_their_tier, tiers_concern_nobody),
        (wait_forgets_a_kind, a_wait_is_for_every_kind),
    ],
    ids=lambda fault: fault.__name__,
)
def test_a_proof_with_a_fault_lets_it_pass(of_planner: Fault, of_proof: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proven by a proof that is wrong, and the checker finds the harm."""
    of_planner(monkeypatch)
    of_proof(monkeypatch)
    proven = (found for found in (cluster() for cluster in CLUSTERS) if found[0].steps and not found[0].errored)
    assert any(violations(write_plan(plan), snapshot) for plan, snapshot in proven)
