"""What would be live once a difference is carried out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from generator.calico.objects import Identity
from generator.compare.model import ObjectDiff, Status
from generator.snapshot.model import Snapshot


def apply_diff(snapshot: Snapshot, diff: ObjectDiff, replaced: Collection[Identity] = ()) -> Snapshot:
    """Return the snapshot with our objects as intended and without those that are removed or taken over."""
    policies = []
    for change in diff.changes:
        if change.intended is not None and change.status is not Status.FOREIGN:
            policies.append(change.intended)
        elif change.status is Status.FOREIGN and change.live is not None and change.identity not in replaced:
            policies.append(change.live)
    return replace(snapshot, policies=tuple(policies))
