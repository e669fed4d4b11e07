"""The difference of two sets of objects as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from generator.calico.objects import ApiObject, Identity
from generator.foundation.diagnostics import Diagnostic


class Status(StrEnum):
    """What becomes of an object: ours made, changed, removed or left; or somebody else's, which is never touched."""

    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"
    SAME = "same"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: its path (`spec.ingress[0].action`), old and new value (None: not there)."""

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object in the difference; `live` and `intended` are the objects as written, `fields` only for CHANGED.

    `owner` is the intent named in the object's label, "" where there is none.
    """

    identity: Identity
    status: Status
    live: ApiObject | None
    intended: ApiObject | None
    fields: tuple[FieldChange, ...] = ()
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ObjectDiff:
    """The whole difference, sorted by identity; `diagnostics` are warnings about the live input."""

    intent: str
    changes: tuple[ObjectChange, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def with_status(self, *wanted: Status) -> tuple[ObjectChange, ...]:
        """Return the changes that have one of these states."""
        return tuple(change for change in self.changes if change.status in wanted)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing of ours would be created, changed or removed."""
        return not self.with_status(Status.CREATED, Status.CHANGED, Status.REMOVED)
