"""A run as it goes on: each event as lines for a terminal, or as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from textwrap import wrap
from typing import Any, Final

from generator.apply.events import (
    Begun,
    Checked,
    Event,
    Finished,
    NodeState,
    NotConfirmed,
    Retried,
    StepBegun,
    Stopped,
    Versions,
    Waited,
    Waiting,
    Written,
)
from generator.apply.ports import Certainty
from generator.calico.normalize import normalize_object
from generator.calico.objects import as_api_object
from generator.cluster.sameness import without_server_fields
from generator.compare import changed_fields
from generator.foundation.source import SourceMap
from generator.report.formats import PLAIN, Ink, count
from generator.report.object_diff import field_lines
from generator.report.refused_field import refused_lines

_WIDTH: Final = 80
_INDENT: Final = "        "
_FEW: Final = 20
_NAMES: Final[Mapping[type, str]] = {
    Begun: "begun",
    StepBegun: "step",
    Written: "written",
    Retried: "retried",
    Waiting: "waiting",
    NotConfirmed: "not-confirmed",
    Waited: "waited",
    Checked: "checked",
    Stopped: "stopped",
    Finished: "finished",
}
_VERBS: Final = {"create": "created", "replace": "changed", "delete": "removed"}


def event_name(event: type[Event]) -> str:
    """Return the name of a class of events, as `event_json` writes it."""
    return _NAMES[event]


def event_json(event: Event) -> str:
    """Write an event as one line of JSON; `event` says which it is."""
    return json.dumps({"event": _NAMES[type(event)], **_plain(asdict(event))}, ensure_ascii=False) + "\n"


def event_text(event: Event, ink: Ink = PLAIN) -> str:
    """Write an event for a terminal; "" where there is nothing to say."""
    return "".join(f"{line}\n" for line in _lines(event, ink))


def _lines(event: Event, ink: Ink) -> Iterator[str]:
    match event:
        case Begun(intent, direction, done, steps, going_on):
            what = f"taking back what was written for '{intent}'" if direction == "back" else f"carrying out '{intent}'"
            yield ink.bold(f"{what}: {count(steps, 'step')}" + (f", {done} done before" if going_on and done else ""))
        case StepBegun(step, number, steps, kind, purpose):
            yield from _wrapped(f"{number:>3}/{steps} {step} {kind}: {purpose}", "", _INDENT)
        case Written(_, verb, name, _, _, found):
            words = f"{_VERBS[verb]} before the stop" if found else _VERBS[verb]
            yield from _said(f"{words}: {name}", ink.green)
        case Retried(_, reason, seconds):
            yield from _said(f"{reason}; again in {seconds:.0f} s", ink.yellow)
        case Waiting(_, detail, nodes, of):
            yield from _said(detail + (f": {nodes} of {count(of, 'node')}" if of >= 0 else ""))
        case NotConfirmed(reason, remedies):
            yield from _said(f"waits are pauses by time, and so guesses: {reason}; turn them on:", ink.yellow)
            yield from (f"{_INDENT}  {line}" for line in remedies)  # never wrapped: they are there to be copied
        case Waited(_, certainty, nodes):
            yield from _waited(certainty, nodes, ink)
        case Checked():
            yield _INDENT + ink.green("holds")
        case Stopped() as stopped:
            yield from _stopped(stopped, ink)
        case Finished(direction, done, steps, guessed):
            yield from _finished(direction, done, steps, guessed, ink)


def _said(text: str, paint: Callable[[str], str] = str, indent: str = "") -> Iterator[str]:
    first = _INDENT + indent
    for line in _wrapped(text, first, f"{first}  "):
        words = line.lstrip()
        yield line[: len(line) - len(words)] + paint(words)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _waited(certainty: str, nodes: tuple[NodeState, ...], ink: Ink) -> Iterator[str]:
    named = [node for node in nodes if node.node]
    if certainty == Certainty.CONFIRMED.value:
        yield _INDENT + ink.green(f"confirmed on {count(len(named), 'node')}")
        return
    # Why there is only a pause for all nodes was said when it began.
    guessed = [node for node in named if node.certainty != Certainty.CONFIRMED.value]
    yield _INDENT + ink.yellow("a guess, not confirmed")
    for node in guessed[:_FEW]:
        yield from _said(node.node + (f": {node.detail}" if node.detail else ""), indent="  ")


def _finished(direction: str, done: int, steps: int, guessed: int, ink: Ink) -> Iterator[str]:
    if done < steps:
        yield ink.green(f"done as asked: {done} of {count(steps, 'step')}; apply --continue goes on")
    elif direction == "back":
        yield ink.green("everything is as it was before")
    else:
        yield ink.green(f"done: {count(steps, 'step')}")
    if guessed:
        yield ink.yellow(f"{count(guessed, 'wait')} only by time: that every node has everything is a guess")


def _stopped(event: Stopped, ink: Ink) -> Iterator[str]:
    where = f"before {event.next}" if event.next else "at the end"
    words = f"stopped {where}, {event.done} of {count(event.steps, 'step')} done: {event.reason}"
    yield from (ink.red(line) for line in _wrapped(words, "", "  "))
    for item in event.versions[:_FEW]:
        yield from _versions(item, ink)
    if len(event.versions) > _FEW:
        yield f"  and {len(event.versions) - _FEW:,} more; --format json lists all"
    if event.written is not None:
        for field in event.fields:
            yield from refused_lines(field, event.written)


def _versions(item: Versions, ink: Ink) -> Iterator[str]:
    if item.found is None:
        yield f"  {item.object} is gone"
    elif item.expected is None:
        yield f"  {item.object} is there, and should not be"
    else:
        yield f"  {item.object}, expected and found:"
        for change in changed_fields(_what_counts(item.expected), _what_counts(item.found)):
            yield from (f"    {line}" for line in field_lines(change, ink))


def _what_counts(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what others' changes are told by: the comparison form, without what servers fill in."""
    obj = as_api_object(manifest, SourceMap("", ""))
    return normalize_object(obj) if obj is not None else without_server_fields(manifest)


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
