"""The runner: its last line, its exit code, and that nothing wrong passes it."""

from __future__ import annotations

import copy
import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.doors import ENGINES, ObviousDoor
from tests.conformance.run import main
from tests.conformance.worlds import SAMPLE, World, read_lines
from tests.support.shared import ROOT

Entry = dict[str, Any]


def sample(count: int = 3, name: str = "random-2") -> list[dict[str, Any]]:
    found = [json.loads(line.text) for line in read_lines(SAMPLE / f"{name}.jsonl.gz")]
    return found[:count]


def with_host_stages() -> dict[str, Any]:
    """A world in which a stage of a host endpoint, a rule, and a profile decide."""
    for world in sample(10_000, "random-1"):
        entries = world["expected"]
        if any(entry.get("host") for entry in entries) and any(
            (entry["ingress"] or {}).get("rule") for entry in entries
        ):
            return world
    raise AssertionError("no such world in the sample")


def write(path: Path, worlds: list[dict[str, Any]], packed: bool = False) -> Path:
    text = "".join(f"{json.dumps(world)}\n" for world in worlds)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main([*words, "--engine", "obvious", "--jobs", "1"])
    shown = capsys.readouterr().out
    return code, shown.splitlines()[-1], shown


@pytest.mark.parametrize("packed", [True, False])
def test_agreement_is_one_line_and_exit_code_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packed: bool
) -> None:
    worlds = sample()
    flows = sum(len(world["flows"]) for world in worlds)
    file = write(tmp_path / "w.jsonl", worlds, packed)
    code, last, shown = run(capsys, str(file), str(file))
    assert (code, last) == (0, f"6 worlds, {2 * flows} verdicts, 0 disagreements")
    assert shown == f"{last}\n"


def first(entries: list[Entry], wanted: Callable[[Entry], Any]) -> Entry:
    return next(entry for entry in entries if wanted(entry))


def other_verdict(entries: list[Entry]) -> None:
    entry = entries[0]
    entry["verdict"] = "deny" if entry["verdict"] == "allow" else "allow"


def other_reason(entries: list[Entry]) -> None:
    first(entries, lambda entry: entry["egress"])["egress"]["reason"] = "encapsulation"


def other_tier(entries: list[Entry]) -> None:
    first(entries, lambda entry: (entry["ingress"] or {}).get("tier"))["ingress"]["tier"] = "other"


def other_policy(entries: list[Entry]) -> None:
    first(entries, lambda entry: (entry["ingress"] or {}).get("policy"))["ingress"]["policy"] = "NetworkPolicy/a/b"


def other_rule(entries: list[Entry]) -> None:
    first(entries, lambda entry: (entry["ingress"] or {}).get("rule"))["ingress"]["rule"] += 1


def other_profile(entries: list[Entry]) -> None:
    first(entries, lambda entry: (entry["egress"] or {}).get("profile"))["egress"]["profile"] = "kns.other"


def nothing_polices(entries: list[Entry]) -> None:
    first(entries, lambda entry: entry["ingress"])["ingress"] = None


def a_stage_less(entries: list[Entry]) -> None:
    del first(entries, lambda entry: entry.get("host"))["host"][0]


def other_stage(entries: list[Entry]) -> None:
    first(entries, lambda entry: entry.get("host"))["host"][0]["stage"] = "preDNAT "


def other_note(entries: list[Entry]) -> None:
    entries[0]["note"] = "never"


@pytest.mark.parametrize(
    "change",
    [
        other_verdict,
        other_reason,
        other_tier,
        other_policy,
        other_rule,
        other_profile,
        nothing_polices,
        a_stage_less,
        other_stage,
        other_note,
    ],
)
def test_each_compared_field_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[list[Entry]], None]
) -> None:
    world = copy.deepcopy(with_host_stages())
    change(world["expected"])
    code, last, shown = run(capsys, str(write(tmp_path / "w.jsonl", [world])))
    assert (code, last) == (1, f"1 worlds, {len(world['flows'])} verdicts, 1 disagreements")
    assert f"w.jsonl:1  {world['id']}" in shown
    assert "\n  * " in shown


def test_what_is_for_information_is_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = copy.deepcopy(with_host_stages())
    for entry in world["expected"]:
        entry["rendered"] = "deny"
        (entry["egress"] or {})["convertedRule"] = 99
    assert run(capsys, str(write(tmp_path / "w.jsonl", [world])))[0] == 0


class Raises(ObviousDoor):
    def answer(self, loaded: Any, flow: Mapping[str, Any]) -> Mapping[str, Any]:
        raise RuntimeError("no way in")


class DoesNotLoad(ObviousDoor):
    def load(self, world: World) -> Any:
        raise RuntimeError("not for me")


class DoesNotKnow(ObviousDoor):
    def answer(self, loaded: Any, flow: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**super().answer(loaded, flow), "verdict": "unknown"}


class TellsTheVerdictAlone(ObviousDoor):
    fields = frozenset({"verdict"})

    def answer(self, loaded: Any, flow: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"verdict": super().answer(loaded, flow)["verdict"]}


@pytest.mark.parametrize("door", [Raises(), DoesNotLoad(), DoesNotKnow()])
def test_no_answer_disagrees_for_each_flow_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, door: ObviousDoor
) -> None:
    """Also beside a door that answers rightly, and when two fail."""
    monkeypatch.setitem(ENGINES, "obvious", {"flow": ObviousDoor(), "sets": door, "diff": door})
    worlds = sample(2)
    flows = sum(len(world["flows"]) for world in worlds)
    code, last, _ = run(capsys, str(write(tmp_path / "w.jsonl", worlds)))
    assert (code, last) == (1, f"2 worlds, {flows} verdicts, {flows} disagreements")


def test_a_door_is_held_to_the_fields_it_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "obvious", {"sets": TellsTheVerdictAlone()})
    world = copy.deepcopy(with_host_stages())
    other_rule(world["expected"])
    assert run(capsys, str(write(tmp_path / "w.jsonl", [world])))[0] == 0
    other_verdict(world["expected"])
    assert run(capsys, str(write(tmp_path / "w.jsonl", [world])))[0] == 1


def test_via_chooses_the_door(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "obvious", {"flow": ObviousDoor(), "diff": Raises()})
    file = str(write(tmp_path / "w.jsonl", sample(1)))
    assert run(capsys, file, "--via", "flow")[0] == 0
    assert run(capsys, file, "--via", "diff")[0] == 1
    with pytest.raises(SystemExit, match="2"):
        run(capsys, file, "--via", "sets")


def test_a_flow_that_nothing_is_expected_of_disagrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = copy.deepcopy(sample(1)[0])
    world["expected"].pop()
    code, last, _ = run(capsys, str(write(tmp_path / "w.jsonl", [world])))
    assert (code, last) == (1, f"1 worlds, {len(world['flows'])} verdicts, 1 disagreements")


def test_an_object_that_calico_cannot_decode_is_a_world_not_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = copy.deepcopy(sample(1)[0])
    spec = {"ingress": [{"action": "Deny", "protocol": 300}]}
    metadata = {"name": "a", "namespace": "b"}
    world["objects"].append(
        {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
    )
    code, last, _ = run(capsys, str(write(tmp_path / "w.jsonl", [world])))
    assert (code, last) == (1, f"1 worlds, {len(world['flows'])} verdicts, {len(world['flows'])} disagreements")


def test_lines_that_are_no_worlds_and_files_that_are_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "w.jsonl"
    file.write_text('not json\n\n{"id": "x"}\n[]\n', encoding="utf-8")
    assert run(capsys, str(file))[:2] == (1, "3 worlds, 0 verdicts, 3 disagreements")
    cut = tmp_path / "cut.gz"
    cut.write_bytes(write(tmp_path / "w.gz", sample(), packed=True).read_bytes()[:-40])
    for path in (cut, tmp_path / "absent"):
        assert main([str(path), "--jobs", "1"]) == 2


def test_validator_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = sample(20, "validator")
    file = str(write(tmp_path / "v.jsonl", cases))
    assert run(capsys, file, "--kind", "validator")[:2] == (0, "20 worlds, 40 verdicts, 0 disagreements")
    for key in ("go", "crd"):
        other = copy.deepcopy(cases)
        other[0][key]["verdict"] = {"accept": "reject", "reject": "accept"}[other[0][key]["verdict"]]
        code, last, shown = run(capsys, str(write(tmp_path / "v.jsonl", other)), "--kind", "validator")
        assert (code, last) == (1, "20 worlds, 40 verdicts, 1 disagreements")
        assert f"* {key}.verdict" in shown


def test_it_runs_as_module_and_as_script_and_in_several_processes(tmp_path: Path) -> None:
    file = str(write(tmp_path / "w.jsonl", sample(45)))
    told = set()
    for call in (["-m", "tests.conformance.run"], ["tests/conformance/run.py"]):
        words = [sys.executable, *call, file, "--engine", "obvious", "--jobs", "2"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        told.add(done.stdout)
    assert len(told) == 1
    assert told.pop().startswith("45 worlds, ")
