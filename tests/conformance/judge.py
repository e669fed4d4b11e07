"""Lines of a file judged, one after the other or by several processes; the outcome has the order of the file."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from tests.conformance.compare import Row, agrees, compare, compare_case
from tests.conformance.doors import ENGINES, Door
from tests.conformance.worlds import Entry, Line, World, parse_world

BATCH = 20
# A line that is no JSON, or is nested too deep to be read, or is not what a world or a case looks like.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of each line: `kind` is verdict or validator; of a verdict which engine, through which doors."""

    kind: str = "verdict"
    engine: str = "obvious"
    ways: tuple[str, ...] = ("flow",)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A flow (or validator case) that was answered otherwise than expected, or not at all: then `error` says why."""

    place: str
    world: str
    claim: str
    way: str
    asked: str
    rows: tuple[Row, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line; a flow counts once, however many doors answer it wrongly."""

    verdicts: int
    disagreements: int
    explained: tuple[Disagreement, ...]


def judge_lines(lines: Iterable[Line], question: Question, jobs: int, explain: int = 3) -> Iterator[Outcome]:
    """Judge lines in order; `explain` is how many disagreements of one line are kept to be shown."""
    batches = ((batch, question, explain) for batch in _batches(lines))
    if jobs <= 1:
        for batch in batches:
            yield from _judge_batch(batch)
        return
    with multiprocessing.Pool(jobs) as pool:
        for outcomes in pool.imap(_judge_batch, batches):
            yield from outcomes


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _judge_batch(work: tuple[Sequence[Line], Question, int]) -> list[Outcome]:
    lines, question, explain = work
    judge = judge_case if question.kind == "validator" else judge_world
    return [_shortened(judge(line, question), explain) for line in lines]


def _shortened(outcome: Outcome, explain: int) -> Outcome:
    return replace(outcome, explained=outcome.explained[:explain])


def judge_world(line: Line, question: Question) -> Outcome:
    """Answer every flow of a world through each door; what fails to load disagrees for each of its flows."""
    try:
        world = parse_world(line.text)
    except UNREADABLE as error:
        return _unread(line, error)
    found: list[Disagreement] = []
    wrong: set[int] = set()
    for way in question.ways:
        for number, disagreement in _through(ENGINES[question.engine][way], way, world, line.place):
            found.append(disagreement)
            wrong.add(number)
    return Outcome(len(world.flows), len(wrong), tuple(found))


def _unread(line: Line, error: Exception) -> Outcome:
    return Outcome(0, 1, (Disagreement(line.place, "", "", "", "", error=f"no world: {_told(error)}"),))


def _through(door: Door, way: str, world: World, place: str) -> Iterator[tuple[int, Disagreement]]:
    """Give the flows that one door answers wrongly, by their number."""
    blank = Disagreement(place, world.id, world.claim, way, "")
    try:
        loaded = door.load(world)
    except Exception as error:
        for number, flow in enumerate(world.flows):
            yield number, replace(blank, asked=show_flow(flow), error=f"not loaded: {_told(error)}")
        return
    for number, flow in enumerate(world.flows):
        if number >= len(world.expected):
            yield number, replace(blank, asked=show_flow(flow), error="the file expects nothing of this flow")
            continue
        expected = world.expected[number]
        try:
            answer = door.answer(loaded, flow)
            if not agrees(expected, answer, door.fields):
                rows = compare(expected, answer, door.fields)
                yield number, replace(blank, asked=show_flow(flow), rows=rows)
        except Exception as error:
            yield number, replace(blank, asked=show_flow(flow), error=_told(error))


def judge_case(line: Line, _: Question) -> Outcome:
    """Judge one object as the Go validator and as the CRD would; each of the two is a verdict."""
    try:
        case = json.loads(line.text)
        named = f"{case['object'].get('kind')} {case['object'].get('metadata', {}).get('name')}"
        about = Disagreement(line.place, case["id"], case.get("topic", ""), "validator", named)
    except UNREADABLE as error:
        return _unread(line, error)
    try:
        rows = compare_case(case)
    except Exception as error:
        return Outcome(2, 2, (replace(about, error=_told(error)),))
    wrong = sum(row.differs for row in rows)
    return Outcome(len(rows), wrong, (replace(about, rows=rows),) if wrong else ())


def show_flow(flow: Entry) -> str:
    """Write a flow in one line; what is no flow as it stands."""
    if not isinstance(flow, Mapping):
        return repr(flow)
    ends = f"{flow.get('src')} -> {flow.get('dst')}, IPv{flow.get('family')}, protocol {flow.get('protocol')}"
    more = [f"{key} {flow[key]}" for key in ("sport", "dport", "icmpType", "icmpCode") if key in flow]
    return ", ".join([ends, *more])


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
