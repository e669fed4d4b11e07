"""What the files of an export say is what the plan proved: all examples, both layouts, in, half-way and out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.intent.model import Layout
from generator.plan.exports import Tool, export_plan
from tests.plan.exports.judging import faults_of
from tests.plan.exports.reading import read_states, wanted
from tests.plan.test_plan_examples import INTENTS, Example

OVERLAYS = (Tool.ARGO, Tool.FLUX, Tool.KUSTOMIZE)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("name", INTENTS)
def test_every_state_is_one_that_the_plan_proved(name: str, layout: Layout, tmp_path: Path) -> None:
    example = Example.load(name, layout, tmp_path)
    there = example.planned()
    half = example.after(there, len(there.plan.steps) // 2)
    done = example.after(there, len(there.plan.steps))
    for begin, to_none in ((example, False), (half, False), (half, True), (done, True)):
        plan = begin.planned(to_none=to_none).plan
        first: list[object] = []
        for tool in OVERLAYS:
            files = export_plan(plan, tool, begin.snapshot).files
            found = [(state.name, state.objects, state.waited_for) for state in read_states(files, tool.value)]
            # What goes through the same states goes through them in the same way.
            assert faults_of(files, tool.value, plan, begin.snapshot, orders=0 if first else 1) == []
            first = first or list(found)
            assert found == first


@pytest.mark.parametrize("tool", [Tool.ARGO, Tool.FLUX])
def test_it_begins_with_what_is_there(tool: Tool, tmp_path: Path) -> None:
    example = Example.load(INTENTS[0], Layout.TIERS, tmp_path)
    files = export_plan(example.planned().plan, tool, example.snapshot).files
    assert wanted(files) == read_states(files, tool.value)[0].name == "00-before"


@pytest.mark.parametrize("name", INTENTS)
def test_without_what_is_live_there_are_more_commits(name: str, tmp_path: Path) -> None:
    example = Example.load(name, Layout.SINGLE_TIER, tmp_path)
    plan = example.planned().plan
    if plan.summary.same:
        return
    proven, plain = (export_plan(plan, Tool.FLUX, snapshot) for snapshot in (example.snapshot, None))
    assert faults_of(plain.files, "flux", plan, example.snapshot) == []
    assert len(plain.course.commits) > len(proven.course.commits)
    for commit in plain.course.commits:
        assert len({step.write.identity.kind for step in commit.writes}) == len(commit.writes)


def test_waves_and_prune_order(tmp_path: Path) -> None:
    """Tiers come first and go last; what goes beside other writes goes behind them."""
    example = Example.load("examples/two-tier/intent.yaml", Layout.TIERS, tmp_path)
    plan = example.planned().plan
    state = read_states(export_plan(plan, Tool.ARGO, example.snapshot).files, "argo")[-1]
    by_kind = {key: wave for key, wave in state.waves.items() if key[0] == "Tier"}
    assert set(by_kind.values()) == {min(state.waves.values())} == {0}
    denies = {wave for key, wave in state.waves.items() if "default-deny" in key[2]}
    assert denies == {max(state.waves.values())}
    assert state.pruned_last == frozenset()
