"""Who reaches what, as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from generator.packets.printing import describe_transport
from generator.reach.reachability import Reach
from generator.report.formats import PLAIN, Ink, count, markdown_table, write_json

KIND: Final = "ringfence.reach"
_WIDTH: Final = 78


def reach_text(found: Sequence[Reach], subject: str, ink: Ink = PLAIN) -> str:
    """Write who reaches what for a terminal."""
    about = f" to or from {subject}" if subject else ""
    lines = [ink.bold(f"{count(len(found), 'group')} of flows{about}")]
    for item in found:
        head = f"{', '.join(item.sources)} -> {', '.join(item.destinations)}"
        lines += ["", *wrap(head, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)]
        lines += wrap(_packets(item), _WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
    return "".join(f"{line}\n" for line in lines)


def reach_json(found: Sequence[Reach], subject: str) -> str:
    """Write who reaches what as JSON."""
    return write_json(
        KIND,
        {
            "subject": subject or None,
            "reach": [
                {
                    "sources": list(item.sources),
                    "destinations": list(item.destinations),
                    "packets": describe_transport(item.packets),
                    "ipVersions": list(item.families),
                    "verdict": "allow" if item.known else "unknown",
                }
                for item in found
            ],
        },
    )


def reach_markdown(found: Sequence[Reach], subject: str) -> str:
    """Write who reaches what as a table."""
    about = f" to or from `{subject}`" if subject else ""
    text = f"### ringfence reach: {count(len(found), 'group')} of flows{about}\n"
    if found:
        rows = [(", ".join(item.sources), ", ".join(item.destinations), _packets(item)) for item in found]
        text += "\n" + markdown_table(("from", "to", "packets"), rows)
    return text


def _packets(item: Reach) -> str:
    family = f" (IPv{item.families[0]} only)" if len(item.families) == 1 else ""
    unknown = "" if item.known else "unknown, it hangs on what is not in the snapshot: "
    return f"{unknown}{describe_transport(item.packets)}{family}"
