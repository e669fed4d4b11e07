"""Plans of clusters drawn at random, into a set, to another, and out: none harms a flow, nor does any way back."""

from __future__ import annotations

import sys
from collections import Counter

from generator.foundation.errors import RefusedError
from generator.plan.plan_file import write_plan
from generator.plan.simulate import carry_out
from tests.plan.oracle_worlds import FIXED, Drawn
from tests.plan.test_oracle_examples import violations
from tests.plan.worlds import manifests_of, plan_of, snapshot_of

PLANS = 500
JOURNEY = 3
MOST_REFUSED = 0.05


def test_random_plans_harm_nobody() -> None:
    counts: Counter[str] = Counter()
    seed = 0
    while counts["plans"] < PLANS:
        _journey(seed, counts)
        seed += 1
    sys.stdout.write(f"\n{dict(counts)}\n")
    assert counts["refused"] <= MOST_REFUSED * counts["plans"], counts


def _journey(seed: int, counts: Counter[str]) -> None:
    drawn = Drawn(seed)
    live = drawn.cluster()
    for leg in range(JOURNEY):
        target = drawn.target()
        out = leg == JOURNEY - 1 and drawn.often(0.6)
        try:
            planned = plan_of(live, None if out else target, to_none=out)
        except RefusedError:
            counts["refused"] += 1
            return
        if planned.plan.errored:
            counts["refused"] += 1
            return
        counts["plans"] += 1
        counts[planned.plan.target.layout.value] += 1
        found = violations(write_plan(planned.plan), snapshot_of(live))
        assert found == [], (seed, leg, found[:2])
        after = carry_out(planned.start, planned.plan.steps)
        live = [item for item in live if item["kind"] in FIXED] + manifests_of(after)
