"""Diagnostics as text, JSON and Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from generator.foundation.diagnostics import Diagnostic, Severity
from generator.report.formats import PLAIN, Ink, count, markdown_table

# How many of one code a reader is shown; a folder of other people's files has thousands that are alike.
FOLD_AFTER: Final[Mapping[Severity, int]] = {Severity.ERROR: 50, Severity.WARNING: 20, Severity.NOTE: 3}


def fold_problems(problems: Sequence[Diagnostic]) -> tuple[list[Diagnostic], list[str]]:
    """Keep the first problems of each code; return them, and how many were left out: `12 more notes RF0006`."""
    seen: Counter[tuple[str, Severity]] = Counter()
    shown: list[Diagnostic] = []
    for item in problems:
        seen[item.code, item.severity] += 1
        if seen[item.code, item.severity] <= FOLD_AFTER[item.severity]:
            shown.append(item)
    left = [(code, kind, number - FOLD_AFTER[kind]) for (code, kind), number in sorted(seen.items())]
    return shown, [f"{count(number, f'more {kind.value}')} {code}" for code, kind, number in left if number > 0]


def folded_text(problems: Sequence[Diagnostic], ink: Ink = PLAIN) -> str:
    """Write problems as `problems_text` does, and in a line at the end how many more there are of a code."""
    shown, more = fold_problems(problems)
    return problems_text(shown, ink) + "".join(f"{line}\n" for line in more)


def problems_text(problems: Sequence[Diagnostic], ink: Ink = PLAIN) -> str:
    """Write each problem as `file:line:column: severity CODE: summary`, its path and hint indented below."""
    lines: list[str] = []
    for item in problems:
        where = f"{item.place}: " if item.place.file else ""
        lines.append(f"{where}{_severity(item.severity, ink)} {item.code}: {item.summary}")
        if item.path:
            lines.append(ink.faint(f"    at {item.path}"))
        if item.hint:
            lines.append(f"    hint: {item.hint}")
    return "".join(f"{line}\n" for line in lines)


def problems_data(problems: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Return the problems as JSON values; file, line and column are left out where they are not known."""
    return [_problem_data(item) for item in problems]


def problems_markdown(problems: Sequence[Diagnostic]) -> str:
    """Write the problems as a table."""
    rows = [
        (
            item.severity.value,
            item.code,
            f"`{item.place}`" if item.place.file else "",
            item.summary + (f" — {item.hint}" if item.hint else ""),
        )
        for item in problems
    ]
    return markdown_table(("", "code", "place", "problem"), rows)


def tally(problems: Sequence[Diagnostic]) -> str:
    """Count by severity: `2 errors, 1 note`; `no problems` for none."""
    found = Counter(item.severity for item in problems)
    parts = [count(found[severity], severity.value) for severity in Severity if found[severity]]
    return ", ".join(parts) or "no problems"


def _severity(severity: Severity, ink: Ink) -> str:
    match severity:
        case Severity.ERROR:
            return ink.red(severity.value)
        case Severity.WARNING:
            return ink.yellow(severity.value)
        case Severity.NOTE:
            return ink.faint(severity.value)


def _problem_data(item: Diagnostic) -> dict[str, Any]:
    data: dict[str, Any] = {"code": item.code, "severity": item.severity.value, "summary": item.summary}
    if item.place.file:
        data["file"] = item.place.file
    if item.place.line:
        data |= {"line": item.place.line, "column": item.place.column}
    if item.path:
        data["path"] = item.path
    if item.hint:
        data["hint"] = item.hint
    return data
