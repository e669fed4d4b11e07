"""What a run tells, as people read it: a run that ends, one that somebody else's change stops, the way back."""

from __future__ import annotations

import json
from pathlib import Path

from generator.apply.events import NodeState, RefusedField, Retried, Stopped, Waited, Waiting
from generator.apply.ports import Point
from generator.report.run import event_json, event_text
from tests.apply.memory_runs import Trial, folder
from tests.apply.run_laws import At, edit, writes
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"


def told(trial: Trial) -> str:
    text = "".join(event_text(event) for event in trial.told.events)
    trial.told.events.clear()
    return text


def test_there_and_back() -> None:
    trial = Trial(folder())
    assert trial.run("apply", until=writes()[2].id) == 0
    text = told(trial)
    step = next(step for step in writes() if step.write.before is not None)
    hook = At(Point.BEFORE_REQUEST, step.id, lambda: changed.append(edit(trial.api, step.write.identity)))
    changed: list[object] = []
    assert trial.run("continue", faults=hook) == 3
    text += "\n" + told(trial)
    key = trial.api.key_of(step.write.identity)
    assert step.write.before is not None
    trial.api.put(key, step.write.before, "MODIFIED")
    assert trial.run("rollback") == 0
    check_golden(GOLDEN / "run.txt", f"{text}\n{told(trial)}")


def test_what_a_server_refuses_stands_beside_its_template() -> None:
    after = writes()[1].write.after
    assert after is not None
    fields = (
        RefusedField("spec.egress[0].action", 'Unsupported value: "Perhaps"'),
        RefusedField("", "it is not allowed"),
    )
    events = [
        Retried("step-04", "the API server is busy (429)", 2.0),
        Waiting("step-05", "node-2: a policy behind", 2, 3),
        Waited("step-05", "guessed", (NodeState("node-1", "confirmed", ""), NodeState("node-2", "guessed", "a pause"))),
        Stopped("RF8314", "the server refuses it", "step-06", 5, 17, "", (), fields, after),
    ]
    check_golden(GOLDEN / "refused.txt", "".join(map(event_text, events)))


def test_every_event_is_one_line_of_json() -> None:
    trial = Trial(folder())
    assert trial.run("apply") == 0
    lines = [event_json(event) for event in trial.told.events]
    assert all(line.count("\n") == 1 and json.loads(line)["event"] for line in lines)
    assert {json.loads(line)["event"] for line in lines} == {
        "begun",
        "step",
        "written",
        "waited",
        "checked",
        "finished",
    }
