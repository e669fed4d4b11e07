"""Each planted fault of exports is seen in the files of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from generator.foundation.errors import RefusedError
from generator.intent.model import Layout
from generator.plan.exports import Tool, export_plan
from generator.plan.model import Plan
from generator.snapshot.model import Snapshot
from tests.faults.calico import Fault
from tests.faults.plan_exports import FAULTS_OF_EXPORTS, a_single_sync_is_always_safe
from tests.plan.exports.judging import faults_of
from tests.plan.exports.small import SMALL_LIVE, small
from tests.plan.random_migrations import Drawing
from tests.plan.random_migrations_run import journey_of
from tests.plan.test_plan_examples import Example

IN_ORDER = 14  # a random world whose plan removes policies in an order that counts


@lru_cache(maxsize=1)
def plans() -> tuple[tuple[Plan, Snapshot], ...]:
    """Return plans into a set, out of one, and one whose order counts within a stretch."""
    with TemporaryDirectory() as folder:
        example = Example.load("examples/two-tier/intent.yaml", Layout.SINGLE_TIER, Path(folder))
        there = example.planned()
        done = example.after(there, len(there.plan.steps))
        out = done.planned(to_none=True)
    journey = journey_of(Drawing(IN_ORDER).world())
    assert journey.plan is not None
    pairs = ((small(Layout.SINGLE_TIER).plan, SMALL_LIVE), (out.plan, done.snapshot))
    return (*pairs, (journey.plan, journey.snapshot))


def found(tools: tuple[Tool, ...] = (Tool.ARGO, Tool.FLUX, Tool.KUSTOMIZE)) -> Iterator[str]:
    for plan, snapshot in plans():
        for tool in tools:
            yield from faults_of(export_plan(plan, tool, snapshot).files, tool.value, plan, snapshot)


def test_without_a_fault_nothing_is_found() -> None:
    assert list(found()) == []


@pytest.mark.parametrize("fault", FAULTS_OF_EXPORTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert next(found(), None) is not None


def test_what_counts_in_order_is_cut() -> None:
    plan, snapshot = plans()[-1]
    commits = export_plan(plan, Tool.ARGO, snapshot).course.commits
    assert any("must not come before" in commit.reason for commit in commits)
    assert all(commit.any_order for commit in commits)


def test_a_single_sync_that_is_not_proven_does_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    for plan, snapshot in plans():
        with pytest.raises(RefusedError):
            export_plan(plan, Tool.ARGO, snapshot, single=True)
    a_single_sync_is_always_safe(monkeypatch)
    for plan, snapshot in plans():
        files = export_plan(plan, Tool.ARGO, snapshot, single=True).files
        assert [item for item in faults_of(files, "argo", plan, snapshot) if item.startswith(("cut", "opened"))]
