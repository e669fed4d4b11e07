"""What goes to and from one workload is what the table of all workloads says of it, known or not."""

from __future__ import annotations

import pytest

from generator.reach import reachability
from generator.reach.columns import Columns
from generator.reach.engine import Engine
from generator.reach.pairs import compute_pairs
from generator.reach.reachability import _FromFew, _IntoAndFrom
from generator.reach.rows import restrict
from tests.conformance.reach_doors import load_engine
from tests.reach.test_columns import some_worlds
from tests.reach.test_unknown_addresses import without_addresses


def compare_with_all(engine: Engine, family: int) -> tuple[int, int]:
    """Return how many rows were compared, and in how many of them something is not known."""
    pairs = compute_pairs(engine, family)
    rows = unknown = 0
    for own in pairs.places.places[:3]:
        if not own.pods:
            continue
        every, one = Columns(compute_pairs(engine, family)), _IntoAndFrom(compute_pairs(engine, family), own.bit)
        for place in pairs.places.places:
            full = every.allowed_into(place)
            if not own.bit & place.bit:
                full = restrict(full[0], own.bit), restrict(full[1], own.bit)
            assert one.allowed_into(place) == full
            rows += 1
            unknown += bool(full[1])
    return rows, unknown


def compare_worlds(count: int) -> tuple[int, int]:
    found = [
        compare_with_all(make(world), family)
        for world in some_worlds("random-2", 11, count)
        for make in (load_engine, without_addresses)
        for family in (4, 6)
    ]
    return sum(rows for rows, _ in found), sum(unknown for _, unknown in found)


def test_one_is_as_in_the_table_of_all() -> None:
    rows, unknown = compare_worlds(60)
    assert rows > 1000
    assert unknown > 50


def test_forgetting_who_else_gets_in_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        reachability._IntoAndFrom, "allowed_into", lambda self, place: self._from_own.allowed_into(place)
    )
    with pytest.raises(AssertionError):
        compare_worlds(10)


def test_letting_nobody_in_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_FromFew, "_everything", lambda self: {})
    with pytest.raises(AssertionError):
        compare_worlds(10)


@pytest.mark.parametrize("made", [lambda ends: (), lambda ends: ("denied",)])
def test_taking_pods_for_alike_that_are_not_is_caught(monkeypatch: pytest.MonkeyPatch, made: object) -> None:
    assert callable(made)
    real = _FromFew._ends_without_rules
    monkeypatch.setattr(
        _FromFew,
        "_ends_without_rules",
        lambda self, place: None if (ends := real(self, place)) is None else made(ends),
    )
    with pytest.raises(AssertionError):
        compare_worlds(60)


def test_passing_over_rules_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_FromFew, "_ends_without_rules", lambda self, place: ("denied",) if place.pods else None)
    with pytest.raises(AssertionError):
        compare_worlds(10)
