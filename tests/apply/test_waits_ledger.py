"""What one number can prove, held against every place that a node can be at."""

from __future__ import annotations

from itertools import product

import pytest
from _pytest.outcomes import Failed
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from generator.apply.waits.ledger import Change, Column, Ledger
from tests.faults.calico import Fault
from tests.faults.waits import FAULTS_OF_LEDGERS

CHANGES: st.SearchStrategy[Change] = st.sampled_from([(1, 1), (-1, -1), (0, 0), (0, 0), (0, 1), (-1, 0)])


@st.composite
def columns(draw: st.DrawFn) -> Column:
    changes = draw(st.lists(CHANGES, max_size=5))
    proven = draw(st.integers(0, len(changes)))
    return Column(changes, proven, draw(st.integers(0, len(changes))), draw(st.booleans()))


def sums_at(column: Column, place: int) -> set[int]:
    """All that can stand before a place."""
    found = {0}
    for low, high in column.changes[:place]:
        found = {at + by for at in found for by in range(low, high + 1)}
    return found


def some_column_is_behind(ledger: Ledger, moved: int) -> bool:
    """Walk through every set of places, and every size of the changes that are not certain."""
    every = [range(column.proven, len(column.changes) + 1) for column in ledger.columns.values()]
    for places in product(*every):
        behind = any(
            place < column.mark for place, column in zip(places, ledger.columns.values(), strict=True) if column.is_open
        )
        if behind:
            sums = {0}
            for place, column in zip(places, ledger.columns.values(), strict=True):
                sums = {at + more for at in sums for more in sums_at(column, place)}
            if moved in sums:
                return True
    return False


@settings(max_examples=400, phases=(Phase.explicit, Phase.generate))
@given(st.lists(columns(), min_size=1, max_size=3), st.integers(-8, 8))
def proof_is_true_in_every_interleaving(found: list[Column], moved: int) -> None:
    ledger = Ledger(dict(enumerate(found)))
    if ledger.limits().proves(moved):
        assert not some_column_is_behind(ledger, moved)


@settings(max_examples=400, phases=(Phase.explicit, Phase.generate))
@given(st.lists(columns(), min_size=1, max_size=3), st.sampled_from([1, -1]))
def canaries_make_the_end_provable(found: list[Column], direction: int) -> None:
    ledger = Ledger(dict(enumerate(found)))
    needed = ledger.missing(direction)
    if needed is None:
        assert any(not column.can_grow and column.is_open for column in found)
        return
    for key, number in needed.items():
        found[int(str(key))].changes += [(direction, direction)] * number
    lowest = sum(column.least(direction) for column in found) * direction
    assert ledger.limits().proves(lowest)
    assert ledger.limits().is_possible(lowest)


def test_a_proof_is_true_in_every_interleaving() -> None:
    proof_is_true_in_every_interleaving()


def test_canaries_make_the_end_provable() -> None:
    canaries_make_the_end_provable()


def test_one_canary_is_enough_for_creations_and_for_changes_in_place() -> None:
    for changes in ([(1, 1), (1, 1)], [(0, 0)], [(1, 1), (0, 0)]):
        columns = {"a": Column([*changes], mark=len(changes)), "b": Column([(1, 1)], mark=1)}
        assert sum((Ledger(columns).missing(1) or {}).values()) <= 1


def test_a_removal_and_a_creation_that_make_up_for_each_other_prove_nothing() -> None:
    """The node has neither the removal of one kind nor the canary of the other: the sum is as if it had both."""
    ledger = Ledger({"old": Column([(-1, -1)], mark=1), "new": Column([(0, 0), (1, 1)], mark=2)})
    assert not ledger.limits().proves(0)
    assert ledger.missing(1) == {"old": 2}
    assert ledger.missing(-1) == {"new": 2}


def test_nothing_to_prove_is_proven_and_the_impossible_is_seen() -> None:
    assert Ledger({"a": Column()}).limits().proves(0)
    assert not Ledger({"a": Column([(1, 1)])}).limits().is_possible(2)
    assert not Ledger({"a": Column([(1, 1)])}).limits().is_possible(-1)


@pytest.mark.parametrize("fault", FAULTS_OF_LEDGERS, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    failed = 0
    for law in (proof_is_true_in_every_interleaving, canaries_make_the_end_provable):
        try:
            law()
        except (AssertionError, Failed):
            failed += 1
    assert failed
