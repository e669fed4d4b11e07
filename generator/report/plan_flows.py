"""What a plan says of flows that logs have shown: which would be cut, with what decides, and which are unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Final

from generator.flows.model import FlowFormat, LogRead
from generator.flows.result import CutFlow, ObservedFlows, Sighting, UnknownFlow
from generator.plan.model import Plan
from generator.report.formats import Ink, count, names_text

_WIDTH: Final = 80
_FEW: Final = 12
_FEW_LOGS: Final = 8
_FEW_NAMES: Final = 8
_COUNTED: Final = {FlowFormat.KERNEL: "connection", FlowFormat.WHISKER: "record"}
_TITLES: Final = {FlowFormat.KERNEL: "kernel log", FlowFormat.WHISKER: "flows of Whisker"}
_MORE: Final = "the plan file lists them"


def flows_headline(plan: Plan) -> str:
    """Return in one line what becomes of the flows that were seen; "" for a plan that was made without logs."""
    found = plan.observed
    if not found.logs:
        return ""
    if not found.count:
        return "observed flows: none was let through in these logs, which proves nothing"
    rest = [
        (found.unknown_count, "unknown"),
        (found.kept, "kept"),
        (found.denied_now, "denied as it is now"),
    ]
    shown = "".join(f", {number:,} {words}" for number, words in rest if number)
    return f"{count(found.count, 'observed flow')}, {found.cut_count:,} would be cut{_once(plan)}{shown}"


def flows_headlines(plan: Plan, ink: Ink) -> list[str]:
    """Return the headline as lines of the first page, red where anything is cut."""
    found = plan.observed
    paint = ink.red if found.cut_count else ink.yellow if found.unknown_count or not found.count else ink.green
    return [paint(line) for line in wrap(flows_headline(plan), _WIDTH)]


def flows_lines(plan: Plan, ink: Ink) -> Iterator[str]:
    """Yield the section: what is cut, what is unknown, and what the logs cover; nothing without logs."""
    found = plan.observed
    if not found.logs:
        return
    if found.cut:
        yield ""
        yield ink.red(f"observed, and cut{_once(plan)}: {count(found.cut_count, 'flow')}")
        for cut in found.cut[:_FEW]:
            yield from _cut_lines(cut)
        yield from _left_out(found.cut_count)
    if found.unknown:
        yield ""
        yield ink.yellow(f"observed, and unknown what becomes of it: {count(found.unknown_count, 'flow')}")
        yield from _unknown_lines(found)
    yield ""
    yield "what the logs cover"
    yield from _cover_lines(found)


def flows_bullets(plan: Plan) -> Iterator[str]:
    """Yield what the logs cover, one sentence each, for Markdown."""
    if plan.observed.logs:
        yield from (text for text in _cover_texts(plan.observed))


def flow_rows(plan: Plan) -> list[tuple[str, str, str, str, str]]:
    """Return the rows of a table for Markdown: what becomes of it, from, to, packets with how often, and why."""
    rows = [
        ("cut", item.source, item.destination, f"{item.packets} ({_seen(item.seen)})", _why(item))
        for item in plan.observed.cut
    ]
    rows += [
        ("unknown", item.source, item.destination, f"{item.packets} ({_seen(item.seen)})", item.reason)
        for item in plan.observed.unknown
    ]
    return rows


def _once(plan: Plan) -> str:
    return " once the set is enforced" if plan.observing.ways else ""


def _cut_lines(cut: CutFlow) -> Iterator[str]:
    yield from _wrapped(f"{cut.source} -> {cut.destination}: {cut.packets}", 2)
    yield from _wrapped(_seen(cut.seen), 6)
    yield from _wrapped(f"denied at {cut.decides}", 6)
    if cut.keeps:
        yield from _wrapped(f"the intent would keep it by {cut.keeps}", 6)
    elif cut.why:
        yield from _wrapped(f"what would keep it: {cut.why}", 6)


def _why(cut: CutFlow) -> str:
    keeps = f"; the intent would keep it by {cut.keeps}" if cut.keeps else f"; {cut.why}" if cut.why else ""
    return f"denied at {cut.decides}{keeps}"


def _left_out(number: int) -> Iterator[str]:
    if number > _FEW:
        yield f"  ... and {number - _FEW:,} more; {_MORE}"


def _unknown_lines(found: ObservedFlows) -> Iterator[str]:
    """Yield the reasons, those of the most flows first, each with the flows that were seen most."""
    by_reason = sorted(found.unknown, key=lambda item: item.reason)
    groups = [(reason, list(items)) for reason, items in groupby(by_reason, key=lambda item: item.reason)]
    for reason, items in sorted(groups, key=lambda group: (-len(group[1]), group[0])):
        yield from _wrapped(f"{count(len(items), 'flow')}: {reason}", 2)
        for item in items[:3]:
            yield from _wrapped(_unknown_text(item), 6)
        if len(items) > 3:
            yield f"      ... and {len(items) - 3:,} more; {_MORE}"
    if found.unknown_more:
        yield f"  {count(found.unknown_more, 'flow')} more, which the plan file does not list either"


def _unknown_text(item: UnknownFlow) -> str:
    return f"{item.source} -> {item.destination}: {item.packets} ({_seen(item.seen)})"


def _seen(seen: Sequence[Sighting]) -> str:
    return "; ".join(
        count(item.times, _COUNTED[item.format]) + (f", last {item.last}" if item.last else "") for item in seen
    )


def _cover_lines(found: ObservedFlows) -> Iterator[str]:
    for text in _cover_texts(found):
        yield from _wrapped(text, 2)


def _cover_texts(found: ObservedFlows) -> Iterator[str]:
    yield from (_log_text(log) for log in found.logs[:_FEW_LOGS])
    if len(found.logs) > _FEW_LOGS:
        yield f"and {len(found.logs) - _FEW_LOGS:,} more files"
    if found.denied:
        yield f"{count(found.denied, 'flow')} denied each time it was seen, so no need: not counted above"
    if found.denied_now:
        yield (
            f"{count(found.denied_now, 'flow')} denied as it is now: what let it through has changed since, or the log "
            "was written before it was denied"
        )
    yield from found.limits
    if found.unseen:
        yield f"scheduled, and not seen in them: {names_text(found.unseen, _FEW_NAMES)}"


def _log_text(log: LogRead) -> str:
    window = f", from {log.begins} to {log.ends}" if log.begins else ", without a time"
    others = f"; {count(log.others, 'line')} of something else" if log.others else ""
    return f"{log.file} ({_TITLES[log.format]}): {count(log.records, 'record')}{window}{others}"


def _wrapped(text: str, indent: int) -> list[str]:
    first = " " * indent
    return wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=f"{first}    ",
        break_on_hyphens=False,
        break_long_words=False,
    )
