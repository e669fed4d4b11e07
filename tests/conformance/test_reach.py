"""The engine agrees with all vectors, through each of its three doors."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.conformance.judge import Question, judge_lines
from tests.conformance.report import explain
from tests.conformance.test_obvious import chunks
from tests.conformance.worlds import read_lines, vectors_folder

DOORS = ("flow", "sets", "diff")


@pytest.mark.parametrize(("name", "part", "parts"), chunks())
def test_every_verdict_agrees_through_all_doors(name: str, part: int, parts: int) -> None:
    lines = islice(read_lines(vectors_folder() / f"{name}.jsonl.gz"), part, None, parts)
    verdicts = 0
    for outcome in judge_lines(lines, Question(engine="reach", ways=DOORS), jobs=1):
        verdicts += outcome.verdicts
        assert not outcome.disagreements, "\n".join(line for found in outcome.explained for line in explain(found))
    assert verdicts > 10
