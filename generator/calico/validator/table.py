"""The table of checks as rows, for the docs page and for tests."""

from __future__ import annotations

from typing import NamedTuple

from generator.calico.validator.codes import check_code
from generator.calico.validator.examples import Example, examples_of
from generator.foundation.diagnostics import Severity

CHECKS = range(1, 49)


class CheckRow(NamedTuple):
    """One check: its number in the checklist, code, title, usual severity, meaning, and what shows it."""

    number: int
    id: str
    title: str
    severity: Severity
    meaning: str
    examples: tuple[Example, ...]


def check_rows() -> list[CheckRow]:
    """Return V1 to V48 in order."""
    rows = []
    for number in CHECKS:
        code = check_code(number)
        rows.append(CheckRow(number, code.id, code.title, code.severity, code.meaning, examples_of(number)))
    return rows
