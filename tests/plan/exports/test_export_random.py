"""Random migrations as exports: every order of every commit is harmless, and so is each single sync that is offered."""

from __future__ import annotations

import sys
from collections import Counter

from generator.foundation.errors import RefusedError
from generator.plan.exports import Tool, export_plan
from tests.plan.exports.judging import faults_of
from tests.plan.random_migrations import Drawing
from tests.plan.random_migrations_run import journey_of

WORLDS = range(2000, 2060)


def test_random_plans_are_exported_as_they_were_proven() -> None:
    counts: Counter[str] = Counter()
    for seed in WORLDS:
        journey = journey_of(Drawing(seed).world())
        plan = journey.plan
        if plan is None or not plan.applyable or not plan.steps:
            continue
        counts["plans"] += 1
        exported = export_plan(plan, Tool.ARGO, journey.snapshot)
        assert faults_of(exported.files, "argo", plan, journey.snapshot, orders=1) == [], seed
        counts["commits"] += len(exported.course.commits)
        counts["cut further"] += any("must not come before" in item.reason for item in exported.course.commits)
        counts["mixed"] += any(0 < len(item.removed) < len(item.writes) for item in exported.course.commits)
        try:
            alone = export_plan(plan, Tool.ARGO, journey.snapshot, single=True)
        except RefusedError:
            continue
        counts["single"] += 1
        assert faults_of(alone.files, "argo", plan, journey.snapshot) == [], seed
    sys.stdout.write(f"\n{dict(counts)}\n")
    assert counts["plans"] >= 40
    assert counts["cut further"] >= 5
    assert counts["mixed"] >= 5
    assert counts["single"] >= 1
