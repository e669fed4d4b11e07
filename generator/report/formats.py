"""What all reports share: the formats, the JSON envelope, colours, counting words, Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

FORMAT_VERSION: Final = 1


class Format(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours for a terminal; without `colour` every method gives back its text."""

    colour: bool = False

    def red(self, text: str) -> str:
        """Paint what is removed, denied or wrong."""
        return self._paint(text, "31")

    def green(self, text: str) -> str:
        """Paint what is created or right."""
        return self._paint(text, "32")

    def yellow(self, text: str) -> str:
        """Paint what is changed, or a warning."""
        return self._paint(text, "33")

    def bold(self, text: str) -> str:
        """Paint a heading."""
        return self._paint(text, "1")

    def faint(self, text: str) -> str:
        """Paint what is only for information."""
        return self._paint(text, "2")

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


PLAIN: Final = Ink()


def write_json(kind: str, body: Mapping[str, Any]) -> str:
    """Write a result as JSON: its kind and the version of its form first, then its own keys in the order given."""
    return json.dumps({"kind": kind, "formatVersion": FORMAT_VERSION, **body}, indent=2, ensure_ascii=False) + "\n"


def count(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun: `1 object`, `2 objects`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def names_text(names: Sequence[str], most: int) -> str:
    """Write names one after the other, `most` at most: `a, b and 3 more`."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; bars and line breaks inside cells are escaped."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines.extend(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
