"""The kinds that a cluster refused to show: what hangs on them is unknown, not absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.foundation.diagnostics import Diagnostic, problem
from generator.snapshot.codes import KIND_UNREAD
from generator.snapshot.model import UNREAD, Snapshot


@dataclass(frozen=True, slots=True)
class UnreadKind:
    """A kind as kubectl names it (`networkpolicies.projectcalico.org`), and whether verdicts hang on it."""

    name: str
    decides: bool


def write_unread(kinds: Iterable[UnreadKind]) -> dict[str, Any]:
    """Return what a snapshot keeps of them in `extra`; nothing where there are none."""
    rows = [{"name": item.name, "decides": item.decides} for item in sorted(kinds, key=lambda item: item.name)]
    return {UNREAD: rows} if rows else {}


def unread_kinds(snapshot: Snapshot) -> tuple[UnreadKind, ...]:
    """Return the kinds that could not be read; a row of a saved snapshot that is odd counts as one that decides."""
    rows = snapshot.extra.get(UNREAD, [])
    return tuple(
        UnreadKind(str(row.get("name", "")), row.get("decides") is not False)
        if isinstance(row, Mapping)
        else UnreadKind(str(row), True)
        for row in (rows if isinstance(rows, list) else [rows])
    )


def unread_problems(snapshot: Snapshot) -> list[Diagnostic]:
    """Return one diagnostic for each kind without which no verdict is known."""
    return [
        problem(
            KIND_UNREAD, f"{item.name} may not be read, so no verdict is known", hint="ask for the right to list it"
        )
        for item in unread_kinds(snapshot)
        if item.decides
    ]
