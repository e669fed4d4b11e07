"""Plans of all examples in both layouts, as the command line saves them: in, half-way and out, and each way back.

The checker is given the way back that the product would go, not one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from generator.intent.model import Layout
from generator.plan.model import Step as PlannedStep
from generator.plan.model import WaitStep, WriteStep
from generator.plan.plan_file import read_plan, write_plan
from generator.plan.rollback import rollback_steps
from generator.snapshot.model import Snapshot
from tests.cli.calling import ROOT, call
from tests.plan.test_plan_examples import DAY, INTENTS, Example
from tests.plan_oracle import Step, Wait, Write, check_plan_file


def violations(text: str, snapshot: Snapshot) -> list[str]:
    """Return what the checker finds in a saved plan, with the way back that the product goes."""
    plan = read_plan(text, "plan.json")
    seen = [0, *(number for number, step in enumerate(plan.steps, start=1) if as_nodes_see(step))]

    def back(_: Sequence[Step], done: int) -> list[Step]:
        return [step for item in rollback_steps(plan.steps, seen[done]) for step in as_nodes_see(item)]

    return [str(item) for item in check_plan_file(text, snapshot, back=back)]


def as_nodes_see(step: PlannedStep) -> list[Step]:
    """Return a step of a way back in the checker's words; no node sees a check."""
    match step:
        case WriteStep():
            return [Write(step.id, step.write.before, step.write.after)]
        case WaitStep():
            return [Wait(step.id, frozenset(step.kinds))]
        case _:
            return []


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("name", INTENTS)
def test_a_saved_plan_harms_nobody(name: str, layout: Layout, tmp_path: Path) -> None:
    overlay, saved = tmp_path / "layout.yaml", tmp_path / "plan.json"
    overlay.write_text(f"layout: {layout.value}\n")
    live = str(Path(name).parent / "live")
    options = ["-f", str(overlay), "--live", live, "--complete", "--as-of", DAY.isoformat(), "-o", str(saved)]
    done = call("plan", name, *options, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    example = Example.load(name, layout, tmp_path)
    assert violations(saved.read_text(encoding="utf-8"), example.snapshot) == []


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("name", INTENTS)
def test_half_way_and_out_again_harm_nobody(name: str, layout: Layout, tmp_path: Path) -> None:
    example = Example.load(name, layout, tmp_path)
    planned = example.planned()
    for done in (len(planned.plan.steps) * 2 // 3, len(planned.plan.steps)):
        reached = example.after(planned, done)
        for rest in (reached.planned(), reached.planned(to_none=True)):
            assert violations(write_plan(rest.plan), reached.snapshot) == []
