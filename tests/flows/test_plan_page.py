"""`ringfence plan --flows` as a user calls it: the first page, the plan file, its check, and calls that are wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from generator.plan.plan_file import read_plan
from generator.plan.schema import plan_schema
from generator.plan.simulate import carry_out
from tests.cli.calling import ROOT, call
from tests.flows.samples import record
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"
WORLD = "tests/flows/world"
PLAN = ("plan", f"{WORLD}/intent.yaml", "--live", f"{WORLD}/live.yaml", "--complete", "--as-of", "2026-11-21")
LOGS = ("--flows", f"{WORLD}/kernel.log", "--flows", f"{WORLD}/whisker.jsonl")
FIRST = "10 observed flows, 6 would be cut, 3 unknown, 1 kept"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    done = call(*PLAN, *LOGS, "-o", str(path))
    assert done.returncode == 0, done.stderr
    return path, done.stdout


def own_part(page: str) -> str:
    """Return what the page says of observed flows: its first lines, and the section, without what comes behind it."""
    lines = page.splitlines()
    begins = next(number for number, line in enumerate(lines) if line.startswith("observed, and cut"))
    ends = next(number for number, line in enumerate(lines) if line.startswith("cut: "))
    return "\n".join([*lines[:2], "", *lines[begins:ends]]).rstrip() + "\n"


def test_the_page_says_it_first(saved: tuple[Path, str]) -> None:
    assert saved[1].splitlines()[1] == FIRST
    check_golden(GOLDEN / "page.txt", own_part(saved[1]))


def test_the_plan_file_carries_it_and_is_shown_alike(saved: tuple[Path, str]) -> None:
    value = json.loads(saved[0].read_text(encoding="utf-8"))
    jsonschema.validate(value, plan_schema())
    observed: dict[str, Any] = value["plan"]["observed"]
    assert (len(observed["cut"]), len(observed["unknown"]), observed["kept"], observed["denied"]) == (6, 3, 1, 1)
    first = observed["cut"][0]
    assert (first["source"], first["destination"], first["packets"]) == ("notes/web", "ops/metrics-0", "TCP 9090")
    assert first["seen"] == [{"format": "kernel-log", "times": 2, "last": "2026-11-20T08:10:01Z"}]
    assert first["keeps"] == "services.web.needs: add {service: metrics, namespace: ops, ports: [9090]}"
    assert [item["code"] for item in value["plan"]["warnings"] if item["code"] == "RF7605"] == ["RF7605"]
    shown = call("plan", "show", str(saved[0]))
    assert shown.stdout == saved[1]
    markdown = call("plan", "show", str(saved[0]), "--format", "markdown").stdout
    assert f"**{FIRST}**" in markdown
    assert "| cut | notes/web | ops/metrics-0 | TCP 9090 (2 connections, last 2026-11-20T08:10:01Z) |" in markdown


def test_what_the_first_need_says_keeps_its_flow(saved: tuple[Path, str], tmp_path: Path) -> None:
    overlay = tmp_path / "more.yaml"
    need = "{service: metrics, namespace: ops, ports: [9090]}"
    overlay.write_text(f"services: {{web: {{needs: [database, {need}]}}}}\n")
    done = call(*PLAN, *LOGS, "-f", str(overlay))
    assert done.stdout.splitlines()[1] == "10 observed flows, 5 would be cut, 3 unknown, 2 kept"


def test_a_check_says_what_was_so_when_the_plan_was_made(saved: tuple[Path, str]) -> None:
    live = ("--live", f"{WORLD}/live.yaml", "--complete")
    done = call("plan", "check", str(saved[0]), *live)
    assert f"when it was made: {FIRST}" in " ".join(done.stdout.split())
    data = json.loads(call("plan", "check", str(saved[0]), *live, "--format", "json").stdout)
    assert data["observed"] == {"flows": 10, "cut": 6, "unknown": 3}


def test_while_observing_it_is_of_the_set_once_enforced() -> None:
    done = call(*PLAN, *LOGS, "--observe")
    assert done.returncode == 0, done.stderr
    headline = " ".join(done.stdout.splitlines()[1:3])
    assert headline.startswith("10 observed flows, 6 would be cut once the set is enforced, 3 unknown, 1 kept")


def test_a_plan_that_goes_on_from_observing_says_the_same(tmp_path: Path) -> None:
    """While it is observed, what is live has the Log rules whose lines are read: they decide nothing."""
    observing = tmp_path / "observing.json"
    assert call(*PLAN, "--observe", "-o", str(observing)).returncode == 0
    plan = read_plan(observing.read_text(encoding="utf-8"), "observing.json")
    live = tmp_path / "live"
    live.mkdir()
    shutil.copy(ROOT / WORLD / "live.yaml", live)
    end = carry_out({}, plan.steps)
    assert any(rule["action"] == "Log" for item in end.values() for rule in item["spec"].get("egress", ()))
    (live / "set.yaml").write_text("---\n".join(json.dumps(item) + "\n" for item in end.values()))
    done = call(*PLAN[:3], str(live), *PLAN[4:], *LOGS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == FIRST


def test_an_object_that_nobody_can_decode_ends_as_without_logs(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    head = "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: default.broken}\n"
    broken.write_text(f"{head}spec: {{order: many}}\n")
    done = call(*PLAN, "--live", str(broken), *LOGS)
    without = call(*PLAN, "--live", str(broken))
    assert (done.returncode, done.stderr) == (without.returncode, without.stderr)


def test_taking_the_set_off_cuts_nothing_that_was_seen() -> None:
    done = call(*PLAN, *LOGS, "--to", "none")
    assert done.stdout.splitlines()[1] == "10 observed flows, 0 would be cut, 3 unknown, 7 kept"


def test_without_logs_nothing_is_said() -> None:
    assert "observed" not in call(*PLAN).stdout


def test_logs_of_nothing_prove_nothing(tmp_path: Path) -> None:
    log = tmp_path / "kernel.log"
    log.write_text("-- No entries --\n")
    done = call(*PLAN, "--flows", str(log))
    assert done.stdout.splitlines()[1].startswith("observed flows: none was let through in these logs, which proves")


def test_standard_input_is_read_once() -> None:
    line = record("notes/web-574ff6d9fd-*", "ops/metrics-0", 9090)
    done = call(*PLAN, "--flows", "-", stdin=line)
    assert done.stdout.splitlines()[1] == "1 observed flow, 1 would be cut"
    text = (ROOT / WORLD / "intent.yaml").read_text(encoding="utf-8")
    done = call("plan", "-", *PLAN[2:], "--flows", "-", stdin=text)
    assert (done.returncode, "RF9001" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "RF7601"),
        ("\0\1", "RF7601"),
        (record("a/x", "b/y")[:-30], "RF7601"),
        (record("a/x", "b/y") * 2 + "{", "RF7602"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, content: str, code: str) -> None:
    log = tmp_path / "flows"
    log.write_text(content)
    done = call(*PLAN, "--flows", str(log))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{log}" in done.stderr
    assert code in done.stderr


def test_the_example_of_the_readme() -> None:
    example = "examples/two-tier"
    done = call("plan", f"{example}/intent.yaml", "--live", f"{example}/live", "--flows", f"{example}/flows.jsonl")
    assert done.stdout.splitlines()[1] == "3 observed flows, 2 would be cut, 1 kept"
