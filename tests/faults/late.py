"""Planted faults of what is looked for after a run is over."""

from __future__ import annotations

import pytest

from generator.apply import late
from tests.faults.calico import Fault


def creations_are_taken_for_safe(patch: pytest.MonkeyPatch) -> None:
    right = late._possible
    patch.setattr(
        late, "_possible", lambda plan, progress: (s for s in right(plan, progress) if s.write.before is not None)
    )


def only_creations_are_looked_at(patch: pytest.MonkeyPatch) -> None:
    right = late._possible
    patch.setattr(
        late, "_possible", lambda plan, progress: (s for s in right(plan, progress) if s.write.before is None)
    )


def the_end_is_always_the_start(patch: pytest.MonkeyPatch) -> None:
    """What a plan has made counts as late."""
    patch.setattr(late, "_end_of", lambda plan, progress: late.start_of(plan.steps))


FAULTS_OF_LATE_WRITES: tuple[Fault, ...] = (
    creations_are_taken_for_safe,
    only_creations_are_looked_at,
    the_end_is_always_the_start,
)
