"""Faults in the differential of two states: in places, in what both states share, and in the rows of a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from generator.reach import differential
from generator.reach.columns import Columns
from generator.reach.differential import ChangeInto, Differential
from generator.reach.find_places import _Finder
from generator.reach.place_names import Namer
from generator.reach.program import Program, RuleOp
from generator.reach.rows import Outcomes, Row

Fault = Callable[[pytest.MonkeyPatch], None]


def every_place_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Columns, "is_like", lambda self, other, place: True)


def places_are_alike_by_what_arrives_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_like(self: Columns, other: Columns, place: Any) -> bool:
        if self.pairs.sides is not other.pairs.sides:
            return False
        arriving = [each.pairs.arriving(place, place.node, "away").may for each in (self, other)]
        return bool(arriving[0] == arriving[1])

    monkeypatch.setattr(Columns, "is_like", is_like)


def what_was_allowed_counts_as_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differential, "subtract", lambda left, right: left)


def what_is_new_and_what_is_gone_are_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    _change(monkeypatch, lambda found: ChangeInto(found.place, found.newly_denied, found.newly_allowed, found.unknown))


def only_what_is_newly_allowed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _change(monkeypatch, lambda found: ChangeInto(found.place, found.newly_allowed, {}, found.unknown))


def a_change_is_told_of_its_first_packets_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(row: Row) -> Row:
        return dict(list(row.items())[:1])

    _change(
        monkeypatch,
        lambda found: ChangeInto(found.place, first(found.newly_allowed), first(found.newly_denied), found.unknown),
    )


def outcomes_are_shared_whatever_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(self: Outcomes, runner: Any, program: Any, live: Row) -> tuple[object, ...]:
        return (runner.place.number, runner.is_source, len(program.ops), tuple(live.items()))

    monkeypatch.setattr(Outcomes, "key", key)


def a_kept_outcome_forgets_the_tiers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Outcomes.key

    def key(self: Outcomes, runner: Any, program: Any, live: Row) -> tuple[object, ...]:
        rules = tuple(op for op in program.ops if isinstance(op, RuleOp))
        return real(self, runner, Program(rules, program.tiers), live)

    monkeypatch.setattr(Outcomes, "key", key)


def pods_are_told_apart_by_the_first_state_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    real = _Finder._told_apart

    def first(self: _Finder, on: Any, pod: Any) -> tuple[object, ...]:
        return real(self, on, pod) if on is self._engines[0] else ()

    monkeypatch.setattr(_Finder, "_told_apart", first)


def what_reaches_addresses_outside_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(found: ChangeInto) -> ChangeInto:
        return found if found.place.pods or found.place.node else ChangeInto(found.place)

    _change(monkeypatch, empty)


def a_group_names_all_pods_of_a_namespace_it_touches(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Namer._listed

    def listed(self: Namer, mask: int) -> tuple[str, ...]:
        return tuple(sorted({f"{name.partition('/')[0]}/*" for name in real(self, mask)}))

    monkeypatch.setattr(Namer, "_listed", listed)


def _change(monkeypatch: pytest.MonkeyPatch, alter: Callable[[ChangeInto], ChangeInto]) -> None:
    real = Differential.changes

    def changes(self: Differential) -> Iterator[ChangeInto]:
        return map(alter, real(self))

    monkeypatch.setattr(Differential, "changes", changes)


FAULTS: tuple[Fault, ...] = (
    every_place_is_as_before,
    places_are_alike_by_what_arrives_alone,
    what_was_allowed_counts_as_new,
    what_is_new_and_what_is_gone_are_swapped,
    only_what_is_newly_allowed_is_told,
    a_change_is_told_of_its_first_packets_alone,
    outcomes_are_shared_whatever_the_rules,
    a_kept_outcome_forgets_the_tiers_end,
    pods_are_told_apart_by_the_first_state_alone,
    what_reaches_addresses_outside_is_not_compared,
    a_group_names_all_pods_of_a_namespace_it_touches,
)
