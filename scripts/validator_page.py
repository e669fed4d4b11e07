"""The page of the validator's checks: what each finds, an object that triggers it, and the repair."""

from __future__ import annotations

from difflib import ndiff
from typing import Final

from generator.calico.validator.example import Example
from generator.calico.validator.table import CheckRow, check_rows
from generator.report.formats import markdown_table

LONGEST: Final = 160  # characters of a line that a reader still reads


def validator_page() -> str:
    """Return the table of V1 to V48 and one section for each, with its examples."""
    rows = check_rows()
    text = "# The validator's checks\n\n"
    text += "Each check has an object that triggers it and the same object repaired; the tests run both.\n\n"
    text += markdown_table(
        ("check", "code", "severity", "what it finds"),
        [(f"[V{row.number}](#v{row.number})", row.id, row.severity.value, row.title) for row in rows],
    )
    return text + "".join(_section(row) for row in rows)


def _section(row: CheckRow) -> str:
    text = f"\n## V{row.number}\n\n{row.id}, {row.severity.value}: **{row.title}**. {row.meaning}\n"
    return text + "".join(_example(example) for example in row.examples)


def _example(example: Example) -> str:
    trigger = "\n".join(map(_shorten, example.trigger.rstrip().split("\n")))
    return f"\n```yaml\n{trigger}\n```\n\nRepaired:\n\n```diff\n{_repair(example)}```\n"


def _repair(example: Example) -> str:
    """Return the lines that the repair takes away and puts in their place."""
    lines = ndiff(example.trigger.splitlines(), example.repaired.splitlines())
    return "".join(f"{_shorten(line)}\n" for line in lines if line[0] in "+-")


def _shorten(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} … ({len(line):,} characters)"
