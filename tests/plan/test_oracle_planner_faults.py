"""With the product's own proof switched off, the checker finds what a faulty planner does to flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from generator.foundation.errors import RefusedError
from generator.intent.model import Layout
from generator.plan import planner
from generator.plan.plan_file import write_plan
from generator.plan.proving import Judged, judge_steps
from generator.plan.simulate import SimulationError, carry_out
from tests.faults import plan as faults
from tests.faults.calico import Fault
from tests.plan.oracle_worlds import FIXED, Drawn
from tests.plan.test_oracle_examples import violations
from tests.plan.test_plan_examples import Example
from tests.plan.worlds import Shape, manifests_of, plan_of, pod, snapshot_of, space

# Clusters for which the first order that the planner tries is safe, so that it is the fault which does the harm.
SEEDS = (0, 1, 2, 6, 7, 15, 16, 17, 18, 22, 23, 24, 25, 26, 29)
# A set that is filled while nothing denies it yet harms no flow; its order is a law of another test.
HARMFUL: Sequence[Fault] = tuple(one for one in faults.FAULTS_OF_PLANS if one is not faults.sets_fill_before_the_denies)
BASELINE = {
    "apiVersion": "policy.networking.k8s.io/v1alpha2",
    "kind": "ClusterNetworkPolicy",
    "metadata": {"name": "baseline"},
    "spec": {
        "tier": "Baseline",
        "priority": 1,
        "subject": {"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}},
        "ingress": [
            {
                "action": "Deny",
                "from": [{"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}],
            }
        ],
    },
}


def proof_is_off(patch: pytest.MonkeyPatch) -> None:
    def off(*asked: Any, **more: Any) -> Judged:
        return Judged(judge_steps(*asked, **more).record, ())

    patch.setattr(planner, "judge_steps", off)


def found(folder: Path) -> Iterator[str]:
    """Give what the checker finds: on an example, beside a policy of a later tier, on journeys drawn at random."""
    for layout in Layout:
        example = Example.load("examples/two-tier/intent.yaml", layout, folder)
        yield from violations(write_plan(example.planned().plan), example.snapshot)
        shape = Shape(layout=layout, services=(("shop", "cart"),))
        world = [space("shop"), space("other"), pod("shop", "cart"), pod("other", "web"), BASELINE]
        yield from violations(write_plan(plan_of(world, shape).plan), snapshot_of(world))
    for seed in SEEDS:
        yield from journey(seed)


def journey(seed: int) -> Iterator[str]:
    drawn = Drawn(seed)
    live = drawn.cluster()
    for out in (False, False, True):
        try:
            planned = plan_of(live, None if out else drawn.target(), to_none=out)
            yield from violations(write_plan(planned.plan), snapshot_of(live))
            after = carry_out(planned.start, planned.plan.steps)
        except (RefusedError, SimulationError):
            return
        live = [item for item in live if item["kind"] in FIXED] + manifests_of(after)


@pytest.mark.parametrize("fault", HARMFUL, ids=lambda fault: fault.__name__)
def test_a_fault_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    proof_is_off(monkeypatch)
    fault(monkeypatch)
    assert next(found(tmp_path), "") != ""


def test_without_a_fault_nothing_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    proof_is_off(monkeypatch)
    assert list(found(tmp_path)) == []
