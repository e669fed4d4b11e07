"""Worlds judged by hand from calico.md: the engine's three doors and the obvious evaluator say the same of each."""

from __future__ import annotations

import json

import pytest

from tests.conformance.hand_judged import world_of
from tests.conformance.hand_judged_hosts import ROWS as OF_HOSTS
from tests.conformance.hand_judged_pods import ROWS as OF_PODS
from tests.conformance.hand_judged_pods import Row
from tests.conformance.judge import Question, judge_world
from tests.conformance.report import explain
from tests.conformance.worlds import Line
from tests.faults.reach import FAULTS_OF_A_FLOW, FAULTS_OF_THE_VIEW, Fault

ROWS = [*OF_PODS, *OF_HOSTS]


def disagreements(row: Row, engine: str) -> list[str]:
    line = Line("row:1", json.dumps(world_of(*row)))
    ways = ("flow", "sets", "diff") if engine == "reach" else ("flow",)
    return [text for found in judge_world(line, Question("verdict", engine, ways)).explained for text in explain(found)]


@pytest.mark.parametrize("engine", ["reach", "obvious"])
@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: Row, engine: str) -> None:
    assert disagreements(row, engine) == []


def test_every_row_has_an_opposite_and_claims_a_section() -> None:
    """A row of one verdict alone would pass where nothing is read; those few have their opposite in another row."""
    alone = [row[0] for row in ROWS if len({asked.verdict for asked in row[2]}) == 1]
    assert all(row[0][0].isdigit() for row in ROWS)
    assert len({row[0] for row in ROWS}) == len(ROWS)
    assert len(alone) <= 8, alone


FAULTS = (*FAULTS_OF_THE_VIEW, *FAULTS_OF_A_FLOW)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert any(disagreements(row, "reach") for row in ROWS)
