"""The plan file: round trip, schema, and strict reading with errors that name the way to the wrong value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from generator.foundation.errors import InputError
from generator.intent.model import Layout
from generator.plan.plan_file import read_plan, write_plan
from generator.plan.schema import plan_schema
from tests.plan.worlds import Planned, Shape, kubernetes_policy, plan_of, pod, space
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"
LIVE = [
    space("pay"),
    space("shop"),
    pod("pay", "api"),
    pod("shop", "web"),
    kubernetes_policy("shop", "old", {"matchLabels": {"app": "web"}}, "Ingress"),
]


def planned(layout: Layout = Layout.TIERS) -> Planned:
    shape = Shape(("pay", "shop"), (("pay", "api"), ("shop", "web")), layout=layout)
    return plan_of(LIVE, shape, complete=False, replaces=["KubernetesNetworkPolicy/shop/old"])


@pytest.mark.parametrize("layout", list(Layout))
def test_the_plan_is_what_it_was(layout: Layout) -> None:
    text = write_plan(planned(layout).plan)
    check_golden(GOLDEN / f"plan-{layout.value}.json", text)
    assert read_plan(text, "plan.json") == planned(layout).plan


@pytest.mark.parametrize("layout", list(Layout))
def test_the_steps_in_short(layout: Layout) -> None:
    plan = planned(layout).plan
    lines = [f"{plan.proof.headline}\ncomplete {plan.complete}, applyable {plan.applyable}, errored {plan.errored}"]
    for step in plan.steps:
        write = getattr(step, "write", None)
        what = f"{write.verb} {write.identity}" if write is not None else type(step).__name__
        lines.append(f"{step.id} {step.stage}: {what}\n    {step.purpose}")
        lines += [f"    risk: {item.risk}: {item.detail}" for item in getattr(step, "risks", ())]
    lines += [f"{item.code} {item.summary}" for item in (*plan.warnings, *plan.unresolved)]
    check_golden(GOLDEN / f"plan-{layout.value}.txt", "\n".join(lines) + "\n")


def test_the_schema_fits_what_is_written() -> None:
    schema = plan_schema()
    Draft202012Validator.check_schema(schema)
    for layout in Layout:
        value = json.loads(write_plan(planned(layout).plan))
        Draft202012Validator(schema).validate(value)
        value["plan"]["steps"][1]["surprise"] = 1
        assert not Draft202012Validator(schema).is_valid(value)


def _write(plan: dict[str, Any]) -> dict[str, Any]:
    step: dict[str, Any] = next(item for item in plan["plan"]["steps"] if item["step"] == "write")
    return step


WRONG: dict[str, tuple[Callable[[dict[str, Any]], Any], str, str]] = {
    "another format": (lambda plan: plan.update(format="x"), "format", "does not say"),
    "another version": (lambda plan: plan.update(version=1), "version", "format version 1"),
    "true is no version": (lambda plan: plan.update(version="2"), "version", "format version '2'"),
    "unknown field": (lambda plan: plan["plan"].update(complet=True), "plan.complet", "no field"),
    "missing field": (lambda plan: plan["plan"].pop("proof"), "plan.proof", "missing"),
    "number for truth": (lambda plan: plan["plan"].update(complete=1), "plan.complete", "not true or false"),
    "unknown stage": (lambda plan: _write(plan).update(stage="allow"), "plan.steps[1].stage", "'allow'"),
    "unknown step": (lambda plan: _write(plan).update(step="pause"), "plan.steps[1].step", "'pause'"),
    "another way back": (lambda plan: _write(plan).update(rollback="create"), "plan.steps[1].rollback", "'delete'"),
    "another verb": (lambda plan: _write(plan)["write"].update(verb="delete"), "plan.steps[1].write.verb", "'create'"),
    "no content": (lambda plan: _write(plan)["write"].update(after=None), "plan.steps[1].write", "neither"),
    "content is text": (lambda plan: _write(plan)["write"].update(after="x"), "plan.steps[1].write.after", "no object"),
    "steps are no list": (lambda plan: plan["plan"].update(steps={}), "plan.steps", "no list"),
    "unknown kind": (
        lambda plan: _write(plan)["write"]["identity"].update(kind="Teir"),
        "plan.steps[1].write.identity.kind",
        "'Teir'",
    ),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_a_wrong_file_is_refused_with_the_way_to_it(name: str) -> None:
    change, path, part = WRONG[name]
    value = json.loads(write_plan(planned().plan))
    change(value)
    with pytest.raises(InputError) as caught:
        read_plan(json.dumps(value), "plan.json")
    (found,) = caught.value.diagnostics
    assert found.code == "RF8016"
    assert found.path == path
    assert part in found.summary
    assert found.place.file == "plan.json"


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"a": 1, "a": 2}', "[" * 100000, "null"])
def test_what_is_no_plan_at_all(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_plan(text, "plan.json")
    assert [item.code for item in caught.value.diagnostics] == ["RF8016"]
