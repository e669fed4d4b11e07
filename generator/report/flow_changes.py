"""Flows that differ, as text, JSON and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from generator.packets.printing import describe_packet, describe_transport
from generator.reach.environment import Environment
from generator.reach.flow_changes import ChangeKind, FlowChange
from generator.reach.unknown import UnknownReason
from generator.report.decided import name_end, why
from generator.report.encapsulation import encapsulation_note, packets_words
from generator.report.formats import PLAIN, Ink, count, markdown_table, names_text
from generator.report.judged_by import judged_by, judged_data

MOST_SHOWN: Final = 40
_WIDTH: Final = 78
_MOST_NAMES: Final = 6
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class FlowDifference:
    """The flows that differ between two snapshots, and for which version, dataplane and view of staged policies."""

    changes: Sequence[FlowChange]
    environment: Environment


def flows_headline(changes: Sequence[FlowChange]) -> str:
    """Return the difference in one line; each group of flows counts once."""
    parts = [
        count(sum(change.kind is kind for change in changes), f"group {kind}", f"groups {kind}") for kind in ChangeKind
    ]
    return f"flows: {', '.join(parts)}" if changes else "flows: none differs"


def flows_text(found: FlowDifference, ink: Ink = PLAIN) -> str:
    """Write the flows that differ for a terminal, each group with an example that was replayed."""
    changes = found.changes
    paint = {ChangeKind.ALLOWED: ink.green, ChangeKind.DENIED: ink.red, ChangeKind.UNKNOWN: ink.yellow}
    lines = [ink.bold(flows_headline(changes))]
    for remark in _remarks(found):
        lines += wrap(remark, _WIDTH)
    for kind in ChangeKind:
        chosen = [change for change in changes if change.kind is kind]
        if not chosen:
            continue
        lines += ["", paint[kind](f"{kind}:")]
        for change in chosen[:MOST_SHOWN]:
            lines += _lines(change, found)
        if len(chosen) > MOST_SHOWN:
            lines.append(f"  ... and {len(chosen) - MOST_SHOWN:,} more; --format json lists all")
    return "".join(f"{line}\n" for line in lines)


def flows_data(found: FlowDifference) -> dict[str, Any]:
    """Return the flows that differ as plain data, all of them."""
    changes = found.changes
    return {
        **judged_data(found.environment),
        "summary": {kind.value: sum(change.kind is kind for change in changes) for kind in ChangeKind},
        "changes": [
            {
                "change": change.kind.value,
                "ipVersions": list(change.families),
                "sources": list(change.sources),
                "destinations": list(change.destinations),
                "packets": describe_transport(change.packets),
                "witness": {
                    "source": name_end(change.witness.flow.source),
                    "destination": name_end(change.witness.flow.destination),
                    "packet": describe_packet(change.witness.flow.transport),
                    "before": change.witness.before.verdict.value,
                    "after": change.witness.after.verdict.value,
                    "why": _why(change),
                    "unknownReasons": [reason.name for reason in _unknown_of(change)],
                },
            }
            for change in changes
        ],
    }


def flows_markdown(found: FlowDifference) -> str:
    """Write the flows that differ for a pull request."""
    changes = found.changes
    text = "".join(f"{line}\n" for line in (flows_headline(changes), *_remarks(found)))
    if not changes:
        return text
    rows = [
        (
            change.kind.value,
            _names(change.sources),
            f"{_names(change.destinations)}{_family(change, changes)}",
            packets_words(change.packets, found.environment),
            _example(change),
        )
        for change in changes[:MOST_SHOWN]
    ]
    text += "\n" + markdown_table(("", "from", "to", "packets", "for example"), rows)
    if len(changes) > MOST_SHOWN:
        text += f"\n... and {len(changes) - MOST_SHOWN:,} more; --format json lists all\n"
    return text


def _remarks(found: FlowDifference) -> Iterator[str]:
    """Yield what a reader must know to read the table."""
    shown = [change.packets for change in found.changes]
    return filter(None, [judged_by(found.environment), encapsulation_note(shown, found.environment)])


def _family(change: FlowChange, changes: Sequence[FlowChange]) -> str:
    """Say that a group is of one IP version, where the other is in question and the ends do not show which."""
    if change.families == (6,):
        return " (IPv6 only)"
    shown = any("IPv4" in name or _ADDRESS.match(name) for name in (*change.sources, *change.destinations))
    both = any(6 in item.families for item in changes)
    return " (IPv4 only)" if change.families == (4,) and both and not shown else ""


def _lines(change: FlowChange, found: FlowDifference) -> Iterator[str]:
    head = f"{_names(change.sources)} -> {_names(change.destinations)}{_family(change, found.changes)}"
    yield from wrap(head, _WIDTH, initial_indent="- ", subsequent_indent="    ", break_on_hyphens=False)
    packets = packets_words(change.packets, found.environment)
    yield from wrap(packets, _WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
    example = f"for example {_example(change)}"
    yield from wrap(example, _WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)


def _names(names: Sequence[str]) -> str:
    return names_text(names, _MOST_NAMES)


def _example(change: FlowChange) -> str:
    flow = change.witness.flow
    text = f"{name_end(flow.source)} -> {name_end(flow.destination)} {describe_packet(flow.transport)}"
    reason = _why(change)
    return f"{text}: {reason}" if reason else text


def _why(change: FlowChange) -> str:
    """Say what decides afterwards or, where that is known, why it is unknown before."""
    before, after = change.witness.before, change.witness.after
    return why(before if before.unknown and not after.unknown else after)


def _unknown_of(change: FlowChange) -> Sequence[UnknownReason]:
    return tuple(dict.fromkeys((*change.witness.before.unknown, *change.witness.after.unknown)))
