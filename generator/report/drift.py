"""What of a difference is a drift: what `diff` finds of ours that would be made, changed or removed."""

from __future__ import annotations

from typing import Any

from generator.compare.model import ObjectChange, ObjectDiff, Status
from generator.foundation.digest import digest_value


def drift_digest(diff: ObjectDiff) -> str:
    """Return a digest of what differs, "" where nothing of ours does; what others own has no part in it."""
    if diff.is_empty:
        return ""
    ours = diff.with_status(Status.CREATED, Status.CHANGED, Status.REMOVED)
    return digest_value([diff.intent, [_content(change) for change in ours]])


def _content(change: ObjectChange) -> list[Any]:
    fields = [[item.path, item.old, item.new] for item in change.fields]
    made = change.intended.manifest if change.status is Status.CREATED and change.intended is not None else None
    return [str(change.identity), change.status.value, fields, made]
