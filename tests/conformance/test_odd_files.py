"""Files that hold what nobody expected: every line is judged, what cannot be judged disagrees, nothing ends the run."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.run import main
from tests.conformance.worlds import SAMPLE, read_lines

World = dict[str, Any]
GOOD: World = next(
    world for world in (json.loads(line.text) for line in read_lines(SAMPLE / "handmade.jsonl.gz")) if world["flows"]
)
FLOWS = len(GOOD["flows"])


def unknown_fields(world: World) -> None:
    for part in (world, world["flows"][0], world["expected"][0], world["objects"][0]):
        part["later"] = {"deep": [1]}


def kinds_that_decide_nothing(world: World) -> None:
    world["objects"] += [
        {"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, "spec": {}}
        for api, kind in (
            ("projectcalico.org/v3", "Profile"),
            ("projectcalico.org/v3", "IPPool"),
            ("projectcalico.org/v3", "KubeControllersConfiguration"),
            ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
            ("example.org/v1", "Thing"),
        )
    ]


def a_flow_that_is_text(world: World) -> None:
    world["flows"][0] = "a -> b"


def a_flow_that_is_null(world: World) -> None:
    world["flows"][0] = None


def a_flow_of_no_protocol(world: World) -> None:
    del world["flows"][0]["protocol"]


def a_flow_of_a_protocol_that_is_none(world: World) -> None:
    world["flows"][0]["protocol"] = "XYZ"


def a_flow_to_nowhere(world: World) -> None:
    world["flows"][0]["dst"] = "nobody/here"


def an_entry_that_is_null(world: World) -> None:
    world["expected"][0] = None


def a_decision_that_is_text(world: World) -> None:
    world["expected"][0]["egress"] = "deny"


def an_object_that_is_null(world: World) -> None:
    world["objects"].append(None)


def flows_that_are_no_list(world: World) -> None:
    world["flows"] = {"a": 1}


def no_expectations(world: World) -> None:
    world["expected"] = None


Change = Callable[[World], None]
ODD: list[tuple[Change, int, int]] = [  # verdicts, disagreements
    (unknown_fields, FLOWS, 0),
    (kinds_that_decide_nothing, FLOWS, 0),
    (a_flow_that_is_text, FLOWS, 1),
    (a_flow_that_is_null, FLOWS, 1),
    (a_flow_of_no_protocol, FLOWS, 1),
    (a_flow_of_a_protocol_that_is_none, FLOWS, 1),
    (a_flow_to_nowhere, FLOWS, 1),
    (an_entry_that_is_null, FLOWS, 1),
    (a_decision_that_is_text, FLOWS, 1),
    (an_object_that_is_null, FLOWS, FLOWS),
    (flows_that_are_no_list, 1, 1),
    (no_expectations, 0, 1),
]


def judge(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> tuple[int, str]:
    code = main([str(path), "--jobs", "1", *words])
    return code, capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("engine", ["reach", "obvious"])
@pytest.mark.parametrize(("change", "verdicts", "wrong"), ODD, ids=[row[0].__name__ for row in ODD])
def test_an_odd_world_is_counted_and_the_one_after_it_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], engine: str, change: Change, verdicts: int, wrong: int
) -> None:
    odd = copy.deepcopy(GOOD)
    change(odd)
    path = tmp_path / "odd.jsonl"
    path.write_text(f"{json.dumps(odd)}\n{json.dumps(GOOD)}\n", encoding="utf-8")
    told = f"2 worlds, {verdicts + FLOWS} verdicts, {wrong} disagreements"
    assert judge(capsys, path, "--engine", engine) == (1 if wrong else 0, told)


@pytest.mark.parametrize("kind", ["verdict", "validator"])
@pytest.mark.parametrize("line", ["{{{", "3", "null", "[]", "{}", '"text"', "[" * 100_000])
def test_a_line_that_is_nothing_of_the_kind_disagrees(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, line: str
) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(f"{line}\n", encoding="utf-8")
    assert judge(capsys, path, "--kind", kind) == (1, "1 worlds, 0 verdicts, 1 disagreements")
