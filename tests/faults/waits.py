"""Planted faults of waits: each lets a node pass that is a write behind."""

from __future__ import annotations

import pytest

from generator.apply.waits.ledger import Column, Ledger
from tests.faults.calico import Fault


def the_sum_alone_is_trusted(patch: pytest.MonkeyPatch) -> None:
    """A number that is as if all were there proves that all is there."""

    def proves(self: Ledger, moved: int) -> bool:
        return moved == sum(column.least(1) for column in self.columns.values())

    patch.setattr(Ledger, "proves", proves)


def one_kind_answers_for_all(patch: pytest.MonkeyPatch) -> None:
    """Only the kind that was written last is looked at."""

    def bound(self: Ledger, direction: int) -> int | None:
        *_, (key, column) = [(None, Column()), *((k, c) for k, c in self.columns.items() if c.is_open)]
        if key is None:
            return None
        others = sum(max(other.heights(direction)) for k, other in self.columns.items() if k != key)
        return others + max(column.heights(direction)[: column.mark - column.proven])

    patch.setattr(Ledger, "_bound", bound)


def doubtful_changes_are_taken_for_certain(patch: pytest.MonkeyPatch) -> None:
    """A policy that Felix may refuse counts as if it did not matter."""
    right = Column.heights

    def heights(self: Column, direction: int) -> list[int]:
        certain = Column([(low, high) if low == high else (0, 0) for low, high in self.changes], self.proven, self.mark)
        return right(certain, direction)

    patch.setattr(Column, "heights", heights)


def one_canary_is_always_enough(patch: pytest.MonkeyPatch) -> None:
    def missing(self: Ledger, direction: int) -> dict[object, int] | None:
        return {key: 1 for key, column in self.columns.items() if column.is_open}

    patch.setattr(Ledger, "missing", missing)


FAULTS_OF_LEDGERS: tuple[Fault, ...] = (
    the_sum_alone_is_trusted,
    one_kind_answers_for_all,
    doubtful_changes_are_taken_for_certain,
    one_canary_is_always_enough,
)
