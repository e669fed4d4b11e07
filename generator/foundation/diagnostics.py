"""Problems as data: what is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generator.foundation.codes import Code


class Severity(StrEnum):
    """How much a problem weighs: an error stops the command, a warning is a trap, a note is for information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A point in an input file; line and column count from 1, 0 means that only the file is known."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Place("")


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of one input: code, severity, place, one line of summary, and a hint how to mend it.

    `path` is the way to the value inside its document (`services.web.ports[0]`); the summary repeats neither
    place nor path and has no full stop.
    """

    code: str
    severity: Severity
    summary: str
    place: Place = NOWHERE
    path: str = ""
    hint: str = ""

    def sort_key(self) -> tuple[str, int, int, int, str, str, str]:
        """Order for people: by file and line, errors before warnings on the same line."""
        at = self.place
        return (at.file, at.line, at.column, _RANK[self.severity], self.code, self.path, self.summary)


def problem(
    code: Code,
    summary: str,
    *,
    place: Place = NOWHERE,
    path: str = "",
    hint: str = "",
    severity: Severity | None = None,
) -> Diagnostic:
    """Build a diagnostic of a registered code, with the code's own severity unless another is given."""
    return Diagnostic(code.id, severity or code.severity, summary, place, path, hint)


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return each diagnostic once, in the order for people."""
    return sorted(set(diagnostics), key=Diagnostic.sort_key)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any of the diagnostics is an error."""
    return any(item.severity is Severity.ERROR for item in diagnostics)
