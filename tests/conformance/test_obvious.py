"""The obvious evaluator agrees with all vectors: of the shared folder, or of the sample where that is absent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import pytest

from tests.conformance.judge import Question, judge_lines
from tests.conformance.report import explain
from tests.conformance.worlds import FILES, SAMPLE, World, parse_world, read_lines, vectors_folder
from tests.obvious import read_cluster

CHUNKS = 4
CHUNKED = {"random-1", "random-2"}


def chunks() -> list[tuple[str, int, int]]:
    parts = {name: CHUNKS if name in CHUNKED else 1 for name in FILES}
    return [(name, part, parts[name]) for name in FILES for part in range(parts[name])]


def worlds(name: str) -> Iterator[World]:
    return (parse_world(line.text) for line in read_lines(vectors_folder() / f"{name}.jsonl.gz"))


@pytest.mark.parametrize(("name", "part", "parts"), chunks())
def test_every_verdict_agrees(name: str, part: int, parts: int) -> None:
    lines = islice(read_lines(vectors_folder() / f"{name}.jsonl.gz"), part, None, parts)
    verdicts = 0
    for outcome in judge_lines(lines, Question(), jobs=1):
        verdicts += outcome.verdicts
        assert not outcome.disagreements, "\n".join(line for found in outcome.explained for line in explain(found))
    assert verdicts > 10


def test_the_vectors_are_all_there() -> None:
    """A file that was cut would agree too."""
    found = [world for name in FILES for world in worlds(name)]
    whole = vectors_folder() != SAMPLE
    assert len(found) >= (7_191 if whole else 800)
    assert sum(len(world.flows) for world in found) >= (393_600 if whole else 30_000)


def test_what_felix_treats_as_absent_is_absent_and_nothing_else() -> None:
    """The worlds say which objects Felix refused; the evaluator works that out, it never reads it."""
    refused = 0
    for name in FILES:
        for world in worlds(name):
            expected = set()
            for text in world.absent:
                found = dict(re.findall(r"(\w+)=([^,)]*)", text))
                parts = (found["Kind"], found.get("Namespace", ""), found["Name"])
                expected.add("/".join(part for part in parts if part))
            assert set(read_cluster(world.objects, defaults=world.defaulted).absent) == expected, world.id
            refused += len(expected)
    assert refused >= 6
