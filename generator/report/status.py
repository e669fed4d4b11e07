"""Where intents stand, as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap
from typing import Any, Final

from generator.apply.enforcement import Enforcement, Way
from generator.apply.pauses import PauseRecord
from generator.apply.ports import Direction
from generator.apply.status import IntentStatus, RunPhase, RunState
from generator.report.formats import PLAIN, Ink, count, markdown_table, write_json

KIND: Final = "ringfence.status"
_WIDTH: Final = 80
_MIXED: Final = "mixed"
_NOTHING: Final = "no intent has objects here"
_MEANINGS: Final = {
    Enforcement.OFF: "off: nothing of the set selects these pods",
    Enforcement.OBSERVED: "observed: the set is in place, but what it does not allow fares as without it",
    Enforcement.PAUSED: "paused: in place, but until ringfence resume what it does not allow fares as without it",
}
_OTHERS: Final = "What policies of others do not deny is open there; ringfence reach shows it."


def status_text(found: Sequence[IntentStatus], ink: Ink = PLAIN) -> str:
    """Write for a terminal: what a run is doing, then each namespace and direction."""
    if not found:
        return f"{_NOTHING}\n"
    return "\n".join("".join(f"{line}\n" for line in _lines(item, ink)) for item in found)


def _lines(status: IntentStatus, ink: Ink) -> Iterator[str]:
    yield ink.bold(f"intent '{status.intent}'")
    for line in run_lines(status):
        yield from wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    if not status.ways:
        yield "  no namespace is known of it"
        return
    rows = [_row(status, way) for way in status.ways]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for way, row in zip(status.ways, rows, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        paint = _paint(way, ink)
        yield from _way_lines(cells, row[3], paint)
    for line in meaning_lines(status):
        yield from wrap(line, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def meaning_lines(status: IntentStatus) -> Iterator[str]:
    """Say what a state means in which the set denies nothing: who else decides there, or nobody."""
    present = {state for way in status.ways for state, number in way.pods if number}
    meant = [words for state, words in _MEANINGS.items() if state in present]
    if meant:
        yield from (*meant, _OTHERS)


def _way_lines(cells: Sequence[str], notes: str, paint: Callable[[str], str]) -> Iterator[str]:
    """Write a way on one line, its notes on lines of their own where they do not fit."""
    plain = f"  {'  '.join(cells)}"
    head = f"  {cells[0]}  {cells[1]}  {paint(cells[2])}"
    if len(plain) + 2 + len(notes) <= _WIDTH:
        yield f"{head}  {notes}".rstrip()
        return
    yield head.rstrip()
    yield from wrap(notes, _WIDTH, initial_indent="      ", subsequent_indent="      ", break_on_hyphens=False)


def _paint(way: Way, ink: Ink) -> Callable[[str], str]:
    match way.state:
        case Enforcement.ENFORCED:
            return ink.green
        case Enforcement.OFF:
            return ink.faint
        case _:
            return ink.yellow


def _row(status: IntentStatus, way: Way) -> tuple[str, str, str, str]:
    return way.namespace, way.direction.lower(), state_words(way), "; ".join(_notes(status, way))


def state_words(way: Way) -> str:
    """Return the state of a way: that of all its pods, or how many are in which."""
    if way.state is None:
        return ", ".join(f"{number} {state.value}" for state, number in way.pods)
    return way.state.value


def _notes(status: IntentStatus, way: Way) -> Iterator[str]:
    number = sum(amount for _, amount in way.pods)
    yield count(number, "pod") if number else "no pods"
    if way.logged:
        yield "what the set would drop is logged"
    pause = status.pause_of(way)
    if pause is not None and way.state is Enforcement.ENFORCED:
        yield f"not in force: {pause.words}"
    elif pause is not None:
        yield pause.words
    elif way.state is Enforcement.PAUSED:
        yield "paused; by whom is not recorded here"


def run_lines(status: IntentStatus) -> Iterator[str]:
    """Return what is known of a run, and how it goes on."""
    run = status.run
    if run is None:
        yield f"{status.starting} is beginning a run" if status.starting else "no run is known"
        return
    way = "taking it back" if run.direction is Direction.BACK else "run"
    done = f"{run.done} of {count(run.steps, 'step')} done"
    match run.phase:
        case RunPhase.FINISHED:
            yield "finished: taken back" if run.direction is Direction.BACK else f"finished: {done}"
        case RunPhase.RUNNING:
            yield f"{way} by {run.who}: {done}, at {_next(run)}"
        case RunPhase.INTERRUPTED:
            yield f"{way} was interrupted: {done}, at {_next(run)}"
            yield _ahead(run)
        case RunPhase.STOPPED:
            yield f"{way} has stopped: {done}, before {_next(run)}" + (f"; {run.reason}" if run.reason else "")
            yield _ahead(run)
    yield from _late(status.intent, run)
    if run.phase in (RunPhase.INTERRUPTED, RunPhase.STOPPED):
        yield _how_on(status.intent, run)
    if status.starting:
        yield f"{status.starting} has the Lease"


def _late(intent: str, run: RunState) -> Iterator[str]:
    for name, step in run.late:
        yield f"{name} is as {step} made it, though the run has ended otherwise: its request came through late"
    if run.late and run.direction is Direction.BACK:
        yield f"take it back: ringfence rollback --intent {intent}"
    elif run.late:
        yield "take it back: make a plan of the intent, and apply it"


def _next(run: RunState) -> str:
    return f"{run.next} ({run.purpose})" if run.next else "the end"


def _ahead(run: RunState) -> str:
    return f"the write of {run.next} is there already, though the run did not get to say so" if run.ahead else ""


def _how_on(intent: str, run: RunState) -> str:
    back = f"ringfence rollback --intent {intent}"
    if run.direction is Direction.BACK:
        return f"go on: {back}"
    return f"go on: ringfence apply --intent {intent} --continue; go back: {back}"


def status_json(found: Sequence[IntentStatus]) -> str:
    """Write the same as JSON."""
    return write_json(KIND, {"intents": [_data(item) for item in found]})


def _data(status: IntentStatus) -> dict[str, Any]:
    return {
        "intent": status.intent,
        "run": _run_data(status.run),
        "starting": status.starting,
        "ways": [
            {
                "namespace": way.namespace,
                "direction": way.direction,
                "state": way.state.value if way.state is not None else _MIXED,
                "pods": {state.value: number for state, number in way.pods},
                "logged": way.logged,
                "pause": _pause_data(status.pause_of(way)),
            }
            for way in status.ways
        ],
    }


def _run_data(run: RunState | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "phase": run.phase.value,
        "direction": run.direction.value,
        "done": run.done,
        "steps": run.steps,
        "next": run.next,
        "purpose": run.purpose,
        "nextIsWritten": run.ahead,
        "who": run.who,
        "reason": run.reason,
        "late": [{"object": name, "step": step} for name, step in run.late],
    }


def _pause_data(pause: PauseRecord | None) -> dict[str, str] | None:
    if pause is None:
        return None
    return {"who": pause.who, "since": pause.since, "until": pause.until, "reason": pause.reason}


def status_markdown(found: Sequence[IntentStatus]) -> str:
    """Write the same for a ticket or a pull request."""
    if not found:
        return f"### ringfence status\n\n{_NOTHING}\n"
    parts = []
    for status in found:
        text = f"### ringfence status of `{status.intent}`\n\n"
        text += "".join(f"* {line}\n" for line in run_lines(status) if line)
        if status.ways:
            rows = [_row(status, way) for way in status.ways]
            text += "\n" + markdown_table(("namespace", "direction", "state", ""), rows)
        text += "".join(f"\n{line}\n" for line in meaning_lines(status))
        parts.append(text)
    return "\n".join(parts)
