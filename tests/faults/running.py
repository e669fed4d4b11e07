"""Planted faults of what a run keeps in the cluster and of its right to write."""

from __future__ import annotations

import pytest

from generator.apply import lease, state_copy
from generator.apply.ports import Progress
from generator.apply.state_copy import ClusterStateCopy
from generator.apply.state_objects import Stored
from tests.faults.calico import Fault


def head_before_the_chunks(patch: pytest.MonkeyPatch) -> None:
    """The head names a plan whose chunks are written only afterwards."""
    right_plan, right_progress = ClusterStateCopy.save_plan, ClusterStateCopy.save_progress
    late: dict[int, tuple[ClusterStateCopy, str]] = {}  # by the copy, which is kept

    def save_plan(self: ClusterStateCopy, text: str) -> None:
        self._index, late[id(self)] = state_copy.pack(text)[0], (self, text)

    def save_progress(self: ClusterStateCopy, progress: Progress) -> None:
        right_progress(self, progress)
        if id(self) in late:
            right_plan(*late[id(self)])

    patch.setattr(ClusterStateCopy, "save_plan", save_plan)
    patch.setattr(ClusterStateCopy, "save_progress", save_progress)


def head_without_precondition(patch: pytest.MonkeyPatch) -> None:
    """A run that lost its place writes over the one that came after it."""
    right = ClusterStateCopy.save_progress

    def save_progress(self: ClusterStateCopy, progress: Progress) -> None:
        self._head = self._objects.read(self._name)
        right(self, progress)

    patch.setattr(ClusterStateCopy, "save_progress", save_progress)


def digests_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(state_copy, "_sha", lambda data: "0" * 64)


def chunks_of_one_name(patch: pytest.MonkeyPatch) -> None:
    """The next plan lies where the one before it lay."""
    patch.setattr(state_copy.PlanIndex, "chunk_name", lambda self, intent, number: f"ringfence-{intent}-plan-{number}")


def waste_stays(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ClusterStateCopy, "_remove_waste", lambda self, index: None)


FAULTS_OF_STATE_COPIES: tuple[Fault, ...] = (
    head_before_the_chunks,
    head_without_precondition,
    digests_are_not_looked_at,
    chunks_of_one_name,
    waste_stays,
)


def expiry_by_the_others_clock(patch: pytest.MonkeyPatch) -> None:
    """A Lease counts as over where it was not seen to change, however short the look was."""
    patch.setattr(lease, "_is_over", lambda spec, seen, watched: seen is not None and seen == spec)


def holder_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lease, "_is_over", lambda spec, seen, watched: True)


def renewed_when_answered(patch: pytest.MonkeyPatch) -> None:
    """The time of our right is counted from the answer, not from the request."""
    right = lease.LeaseFence._keep_answer

    def keep(self: lease.LeaseFence, answer: Stored | None, sent: float) -> bool:
        return right(self, answer, self._clock.monotonic())

    patch.setattr(lease.LeaseFence, "_keep_answer", keep)


def no_deadline(patch: pytest.MonkeyPatch) -> None:
    """Only a takeover that we saw ends our right."""

    def still_ours(self: lease.LeaseFence) -> None:
        if self._lost is not None:
            raise self._lost

    patch.setattr(lease.LeaseFence, "still_ours", still_ours)


FAULTS_OF_LEASES: tuple[Fault, ...] = (
    expiry_by_the_others_clock,
    holder_is_not_looked_at,
    renewed_when_answered,
    no_deadline,
)


def a_lease_is_watched_in_silence(patch: pytest.MonkeyPatch) -> None:
    right = lease.LeaseFence.take

    def take(self: lease.LeaseFence) -> None:
        self._on_watch = lease.nobody_is_told
        right(self)

    patch.setattr(lease.LeaseFence, "take", take)
