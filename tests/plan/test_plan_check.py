"""A saved plan on a newer snapshot: fresh, stale or drifted, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.intent.model import Layout
from generator.plan import check as check_room
from generator.plan.check import PlanCheck, Standing, check_plan
from generator.plan.plan_file import read_plan, write_plan
from generator.plan.proving import Judged
from generator.plan.simulate import states
from generator.report.plan_check import plan_check_json, plan_check_markdown, plan_check_text
from tests.cli.calling import call
from tests.plan.worlds import Shape, kubernetes_policy, manifests_of, plan_of, pod, snapshot_of, space

WORLD = [space("pay"), space("shop"), pod("pay", "api"), pod("shop", "cart"), pod("shop", "web")]
SHAPES = [Shape(("pay", "shop"), (("pay", "api"), ("shop", "web")), layout=layout) for layout in Layout]


def checked(shape: Shape, live: Iterable[Mapping[str, Any]], *, complete: bool = True) -> PlanCheck:
    plan = read_plan(write_plan(plan_of(WORLD, shape).plan), "plan.json")
    return check_plan(plan, snapshot_of(live, complete=complete))


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.layout)
class TestStanding:
    def test_on_what_it_was_made_from_it_is_fresh(self, shape: Shape) -> None:
        found = checked(shape, WORLD)
        assert (found.standing, found.drifts, found.more, found.less) == (Standing.FRESH, (), (), ())
        assert found.judged is not None
        assert found.judged.record.method == "every-state"

    def test_a_policy_of_others_that_changes_what_is_cut_makes_it_stale(self, shape: Shape) -> None:
        theirs = kubernetes_policy("shop", "theirs", {}, "Ingress")
        plan = plan_of(WORLD, shape, complete=False).plan
        found = check_plan(plan, snapshot_of([*WORLD, theirs], complete=False))
        assert found.standing is Standing.STALE
        assert found.less, "what is closed already is not cut by the plan"

    def test_a_state_that_is_not_safe_any_more_makes_it_stale(self, shape: Shape) -> None:
        found = checked(shape, WORLD)
        assert found.judged is not None
        plan = plan_of(WORLD, shape).plan
        # Without its waits the plan is not proven, whatever is live.
        hasty = replace(plan, steps=plan.writes)
        again = check_plan(hasty, snapshot_of(WORLD))
        assert again.standing is Standing.STALE
        assert again.judged is not None
        assert [item.code for item in again.judged.problems][:1] == ["RF8023"]

    def test_an_object_that_somebody_wrote_is_drift(self, shape: Shape) -> None:
        plan = plan_of(WORLD, shape).plan
        write = plan.writes[-1].write
        theirs = dict(plan.writes[0].write.after or write.after or {})
        spec = {**theirs["spec"], "order": 7}
        found = checked(shape, [*WORLD, {**theirs, "spec": spec}])
        assert found.standing is Standing.DRIFTED
        assert [item.begun for item in found.drifts] == [False]
        assert found.judged is None

    def test_a_plan_that_was_begun_says_so(self, shape: Shape) -> None:
        planned = plan_of(WORLD, shape)
        objects = dict(planned.start)
        for number, (_, found) in enumerate(states(planned.start, planned.plan.steps)):
            if number <= 3:
                objects = dict(found)
        check = checked(shape, [*WORLD, *manifests_of(objects)])
        assert check.standing is Standing.DRIFTED
        assert {item.begun for item in check.drifts} == {True}

    def test_an_object_that_freezes_felix_makes_it_stale(self, shape: Shape) -> None:
        metadata = {"name": "theirs", "namespace": "elsewhere"}
        spec = {"selector": "app == 'x'", "ingress": [{"action": "Allow", "protocol": "TCP", "notProtocol": "UDP"}]}
        frozen = {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
        found = checked(shape, [*WORLD, frozen])
        assert found.standing is Standing.STALE
        assert [item.code for item in found.frozen] == ["RF8001"]

    def test_the_reports(self, shape: Shape) -> None:
        plan = plan_of(WORLD, shape).plan
        theirs = kubernetes_policy("shop", "theirs", {}, "Ingress")
        for live, word in ((WORLD, "fresh"), ([*WORLD, theirs], "stale")):
            found = check_plan(plan, snapshot_of(live))
            assert f"is {word}" in plan_check_text(plan, found)
            assert f"is {word}" in plan_check_markdown(plan, found)
            assert json.loads(plan_check_json(plan, found))["standing"] == word
            flows = plan_check_text(plan, replace(found, judged=None))
            assert max(map(len, flows.splitlines())) <= 80


def test_a_check_that_does_not_prove_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: whatever is live, the steps are said to be safe."""
    plan = plan_of(WORLD, SHAPES[0]).plan

    def broken(*_: object, **__: object) -> Judged:
        return Judged(plan.proof, ())

    monkeypatch.setattr(check_room, "judge_again", broken)
    with pytest.raises(AssertionError):
        TestStanding().test_a_state_that_is_not_safe_any_more_makes_it_stale(SHAPES[0])


def test_the_command(tmp_path: Path) -> None:
    folder = "examples/two-tier"
    saved, live = str(tmp_path / "plan.json"), f"{folder}/live"
    done = call("plan", f"{folder}/intent.yaml", "--live", live, "--as-of", "2026-11-01", "-o", saved)
    assert done.returncode == 0, done.stderr
    fresh = call("plan", "check", saved, "--live", live)
    assert (fresh.returncode, fresh.stderr) == (0, "")
    assert "is fresh" in fresh.stdout
    other = tmp_path / "other.yaml"
    other.write_text(json.dumps(kubernetes_policy("notes", "theirs", {}, "Ingress")))
    stale = call("plan", "check", saved, "--live", live, "--live", str(other))
    assert stale.returncode == 1
    assert "is stale" in stale.stdout
    assert call("plan", "check", saved).returncode == 2
