"""Every JSON that a command prints fits the schema that `ringfence schema` prints for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from generator.apply.events import Event, NodeState, NotConfirmed, Retried, Stopped, Versions, Waited, Written
from generator.cli.commands.schema import NAMES
from generator.cli.main import run_command
from generator.report.run import event_json
from generator.report.schema import Report
from tests.cli.calling import ROOT

DAY = ("--as-of", "2026-11-01")
BOUTIQUE = ROOT / "examples/online-boutique"
INTENT, LIVE = str(BOUTIQUE / "intent.yaml"), ("--live", str(BOUTIQUE / "live"))
FLOW = ("explain", "boutique/adservice", "boutique/redis-cart:6379", *LIVE)
CALLS = {
    "validate": [
        ("validate", INTENT, *DAY),
        ("validate", INTENT, *DAY, *LIVE),
        ("validate", str(ROOT / "examples/two-tier/live/notes.yaml")),
        ("validate", "--live", str(BOUTIQUE / "live"), "--expect", "{tmp}/expect.yaml"),
        ("validate", INTENT, *DAY, *LIVE, "--expect", "{tmp}/expect.yaml"),
    ],
    "render": [("render", INTENT, *DAY, "-o", "{tmp}/set")],
    "diff": [("diff", INTENT, *DAY, *LIVE), ("diff", INTENT, *DAY, "--live", "{tmp}/empty")],
    "explain": [FLOW, (*FLOW, "--intent", INTENT, *DAY), ("explain", "8.8.8.8", "boutique/frontend:icmp:8/0", *LIVE)],
    "reach": [("reach", *LIVE), ("reach", "--new-pod", "boutique", *LIVE, "--intent", INTENT, *DAY)],
    "status": [("status", *LIVE)],
    "plan": [("plan", INTENT, *DAY, *LIVE), ("plan", "show", "{tmp}/plan.json")],
    "plan-check": [
        ("plan", "check", "{tmp}/plan.json", *LIVE),
        ("plan", "check", "{tmp}/plan.json", "--live", "{tmp}/other"),
    ],
}
EXPECT = (
    "expect:\n  must:\n  - {from: {namespace: boutique, select: {app: frontend}}, to: internet}\n"
    "  mustNot:\n  - {from: internet, to: {namespace: boutique, select: {app: redis-cart}}}\n"
)


def schema_of(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run_command(["schema", name]) == 0
    schema: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    return schema


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved plan, expectations, a folder without objects, and one in which what the plan writes is another."""
    tmp = tmp_path_factory.mktemp("reports")
    (tmp / "expect.yaml").write_text(EXPECT)
    (tmp / "empty").mkdir()
    (tmp / "other").mkdir()
    for path in (BOUTIQUE / "live").glob("*.yaml"):
        (tmp / "other" / path.name).write_text(path.read_text().replace("ringfence.giftservice", "ringfence.gifts"))
    assert run_command(["plan", INTENT, *DAY, *LIVE, "-o", str(tmp / "plan.json")]) == 0
    return tmp


@pytest.mark.parametrize("name", CALLS)
def test_what_is_printed_fits_its_schema(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    validator = Draft202012Validator(schema_of(name, capsys))
    for call in CALLS[name]:
        code = run_command([*(word.replace("{tmp}", str(folder)) for word in call), "--format", "json"])
        printed = capsys.readouterr()
        assert code in (0, 1, 2), printed.err
        found = json.loads(printed.out)
        assert not list(validator.iter_errors(found)), call
        assert list(validator.iter_errors({**found, "more": 1})), "a key that is not stated"


def test_every_report_has_calls_and_a_name_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert {report.value for report in Report} == {*CALLS, "apply"} - {"plan"}
    titles = [schema_of(name, capsys)["title"] for name in NAMES]
    assert len(set(titles)) == len(NAMES)


def test_each_event_of_a_run_fits_the_schema_of_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    validator = Draft202012Validator(schema_of("apply", capsys))
    events: list[Event] = [
        Written("step-02", "create", "Tier/ringfence", "1", "2", False),
        Retried("step-02", "the server is busy", 1.5),
        Waited("step-03", "confirmed", (NodeState("n1", "confirmed", ""),)),
        NotConfirmed("nodes show nothing", ("kubectl patch …",)),
        Stopped("RF1", "changed", "step-04", 3, 9, "", (Versions("Tier/ringfence", None, {"spec": {}}),)),
    ]
    for event in events:
        data = json.loads(event_json(event))
        assert not list(validator.iter_errors(data)), data
        assert list(validator.iter_errors({**data, "event": "another"}))
