"""Harm that is accepted by name: the checker holds a plan to exactly these flows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from generator.plan.plan_file import write_plan
from generator.plan.simulate import carry_out
from generator.plan.stages import Stage
from generator.snapshot.model import Snapshot
from tests.plan.test_plan_refusals import WORLD
from tests.plan.worlds import Shape, manifests_of, plan_of, pod, snapshot_of
from tests.plan_oracle import check_plan_file

MOST = 500
TWO = [*WORLD, pod("shop", "api")]


def accepted_plan() -> tuple[dict[str, Any], Snapshot]:
    """Plan with accepted harm: a namespace leaves the scope before its cut-over, while the feed it still has grows."""
    shape = Shape(namespaces=("pay", "shop"), services=())
    first = plan_of(TWO, shape)
    steps = first.plan.steps
    cutover = next(number for number, step in enumerate(steps) if step.stage is Stage.CUTOVER)
    live = [*TWO, *manifests_of(carry_out(first.start, steps[:cutover]))]
    target = Shape(namespaces=("pay",), services=(), nets=("198.51.100.0/24", "203.0.113.0/24"))
    names = [f"cut:{one}:{two}" for app in ("web", "api") for one, two in both(f"shop/{app}")]
    plan = plan_of(live, target, accept=names).plan
    assert plan.accepted == tuple(sorted(names))
    return json.loads(write_plan(plan)), snapshot_of(live)


def both(name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (name, "outside"), ("outside", name)


def harmed(file: dict[str, Any], snapshot: Snapshot) -> set[str]:
    found = set()
    for item in check_plan_file(json.dumps(file), snapshot, most=MOST):
        ends = [end if not end.startswith("ip:") else "outside" for end in (item.flow["src"], item.flow["dst"])]
        found.add(":".join([str(item.harm), *ends]))
    return found


def test_what_is_accepted_is_what_is_done_and_no_more() -> None:
    file, snapshot = accepted_plan()
    assert harmed(file, snapshot) == set()
    names = file["plan"]["accepted"]
    assert harmed(file | {"plan": file["plan"] | {"accepted": []}}, snapshot) == set(names)


@pytest.mark.parametrize("number", range(4))
def test_each_name_is_for_its_own_flow_alone(number: int) -> None:
    file, snapshot = accepted_plan()
    names = list(file["plan"]["accepted"])
    gone = names.pop(number)
    assert harmed(file | {"plan": file["plan"] | {"accepted": names}}, snapshot) == {gone}


def test_a_harm_of_another_sort_is_not_accepted_with_it() -> None:
    file, snapshot = accepted_plan()
    names = [name.replace("cut:", "opened:") for name in file["plan"]["accepted"]]
    assert harmed(file | {"plan": file["plan"] | {"accepted": names}}, snapshot) == set(file["plan"]["accepted"])
