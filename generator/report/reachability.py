"""Who reaches what, as text, JSON, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from generator.packets.printing import describe_transport
from generator.reach.environment import Environment
from generator.reach.reachability import Reach
from generator.report.encapsulation import encapsulation_note, packets_words
from generator.report.formats import PLAIN, Ink, count, markdown_table, names_text, write_json
from generator.report.judged_by import judged_by, judged_data

KIND: Final = "ringfence.reach"
MOST_SHOWN: Final = 100
_MOST_NAMES: Final = 20
_WIDTH: Final = 78
_NOBODY: Final = "there are no pods to ask about"


def reach_text(
    found: Sequence[Reach], subject: str, environment: Environment, ink: Ink = PLAIN, *, asked: bool = True
) -> str:
    """Write who reaches what for a terminal, up to MOST_SHOWN groups of it; not `asked`: no pods"""
    if not asked:
        return f"{_NOBODY}\n"
    lines = [ink.bold(_headline(found, subject))]
    for remark in _remarks(found, environment):
        lines += wrap(remark, _WIDTH)
    for item in found[:MOST_SHOWN]:
        head = " -> ".join(_ends(item))
        lines += ["", *wrap(head, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)]
        packets = _packets(item, environment)
        lines += wrap(packets, _WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
    if len(found) > MOST_SHOWN:
        lines += ["", f"... and {count(len(found) - MOST_SHOWN, 'more group')}; --format json or csv lists all"]
    return "".join(f"{line}\n" for line in lines)


def reach_json(found: Sequence[Reach], subject: str, environment: Environment) -> str:
    """Write who reaches what as JSON."""
    return write_json(
        KIND,
        {
            "subject": subject or None,
            **judged_data(environment),
            "reach": [
                {
                    "sources": list(item.sources),
                    "destinations": list(item.destinations),
                    "packets": describe_transport(item.packets),
                    "ipVersions": list(item.families),
                    "verdict": "allow" if item.known else "unknown",
                    "unknown": "; ".join(item.reasons) or None,
                    "unknownReasons": [reason.name for reason in item.reasons],
                }
                for item in found
            ],
        },
    )


def reach_markdown(found: Sequence[Reach], subject: str, environment: Environment, *, asked: bool = True) -> str:
    """Write who reaches what as a table."""
    if not asked:
        return f"### ringfence reach: {_NOBODY}\n"
    text = f"### ringfence reach: {_headline(found, f'`{subject}`' if subject else '')}\n"
    text += "".join(f"\n{remark}\n" for remark in _remarks(found, environment))
    if found:
        rows = [(*_ends(item), _packets(item, environment)) for item in found]
        text += "\n" + markdown_table(("from", "to", "packets"), rows)
    return text


def reach_csv(found: Sequence[Reach]) -> str:
    """Write who reaches what as CSV (RFC 4180), a row for each source and destination, with a head."""
    lines = io.StringIO()
    rows = csv.writer(lines, lineterminator="\n")
    rows.writerow(("source", "destination", "packets", "ipVersions", "verdict", "why"))
    for item in found:
        families = " ".join(map(str, item.families))
        more = (
            describe_transport(item.packets),
            families,
            "allow" if item.known else "unknown",
            "; ".join(item.reasons),
        )
        for source in item.sources:
            rows.writerows((source, destination, *more) for destination in item.destinations)
    return lines.getvalue()


def _ends(item: Reach) -> tuple[str, str]:
    return names_text(item.sources, _MOST_NAMES), names_text(item.destinations, _MOST_NAMES)


def _headline(found: Sequence[Reach], subject: str) -> str:
    """Say what the groups are: what policies let through, and what may or may not get through."""
    about = f" to or from {subject}" if subject else ""
    unknown = sum(not item.known for item in found)
    apart = f", {count(unknown, 'group')} unknown" if unknown else ""
    if not found:
        return f"no flow{about} is allowed"
    return f"{count(len(found) - unknown, 'group')} of allowed flows{about}{apart}"


def _remarks(found: Sequence[Reach], environment: Environment) -> list[str]:
    shown = [item.packets for item in found]
    return [*filter(None, [judged_by(environment), encapsulation_note(shown, environment)])]


def _packets(item: Reach, environment: Environment) -> str:
    family = f" (IPv{item.families[0]} only)" if len(item.families) == 1 else ""
    unknown = "" if item.known else f"unknown because {'; '.join(item.reasons)}: "
    return f"{unknown}{packets_words(item.packets, environment)}{family}"
