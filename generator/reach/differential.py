"""Two snapshots: exactly the packets that get through in one and not in the other (product.md 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from generator.packets.transport import TransportSet
from generator.reach.columns import Columns
from generator.reach.engine import Engine
from generator.reach.find_places import find_places
from generator.reach.flow import End
from generator.reach.pairs import Pairs
from generator.reach.places import Place
from generator.reach.rows import Outcomes, Row, restrict, subtract, unite
from generator.reach.side_sets import SideSets


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two ends; what is not known in either snapshot is apart and in none of the others."""

    newly_allowed: TransportSet
    newly_denied: TransportSet
    unknown: TransportSet

    def __bool__(self) -> bool:
        return bool(self.newly_allowed or self.newly_denied or self.unknown)


@dataclass(slots=True)
class Into:
    """What reaches one place before and after, for sure; what is not known in either is in `unknown` too."""

    place: Place
    before: Row
    after: Row
    unknown: Row


@dataclass(slots=True)
class ChangeInto:
    """What differs in what reaches one place: rows over the sources."""

    place: Place
    newly_allowed: Row = field(default_factory=dict)
    newly_denied: Row = field(default_factory=dict)
    unknown: Row = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.newly_allowed or self.newly_denied or self.unknown)


class Differential:
    """The differential of one family; places that either snapshot tells apart are apart in both."""

    def __init__(self, before: Engine, after: Engine, family: int) -> None:
        self.engines = (before, after)
        self.family = family
        self.places, twins = find_places([before, after], family)
        if twins is self.places:
            # Then rules have the same members in both, and what a list of rules does is worked out once.
            sides, outcomes = SideSets(self.places, before.directory), Outcomes()
            self.before = Pairs(before, self.places, sides, outcomes)
            self.after = Pairs(after, twins, sides, outcomes)
        else:
            self.before = Pairs(before, self.places)
            self.after = Pairs(after, twins)

    @cached_property
    def _columns(self) -> tuple[Columns, Columns]:
        return Columns(self.before), Columns(self.after)

    def between(self, source: tuple[End, End], destination: tuple[End, End]) -> Change:
        """Return what differs between two ends, each given as it is before and after."""
        before = self.before.between(source[0], destination[0])
        after = self.after.between(source[1], destination[1])
        unknown = before.unknown | after.unknown
        return Change((after.allowed - before.allowed) - unknown, (before.allowed - after.allowed) - unknown, unknown)

    def to_own_node(self, number: int, node: str) -> Change:
        """Return what differs in what the pods of a place that are on a node, before and after, send to that node."""
        sides = ((self.before, self.places), (self.after, self.after.places))
        before, after = (pairs.to_own_node(places.places[number], node) for pairs, places in sides)
        unknown = before.unknown | after.unknown
        return Change((after.allowed - before.allowed) - unknown, (before.allowed - after.allowed) - unknown, unknown)

    def changes(self) -> Iterator[ChangeInto]:
        """Go through the places to which something else gets through than before."""
        for into in self.compare(alike=False):
            if into.before == into.after and not into.unknown:
                continue
            found = ChangeInto(
                into.place,
                subtract(subtract(into.after, into.before), into.unknown),
                subtract(subtract(into.before, into.after), into.unknown),
                into.unknown,
            )
            if found:
                yield found

    def compare(self, *, alike: bool = True) -> Iterator[Into]:
        """Go through the places with what reaches them; those where nothing can differ only if they are wanted too."""
        before, after = self._columns
        for place, twin in zip(self.places.places, self.after.places.places, strict=True):
            if before.is_like(after, place):
                if alike:
                    was, was_unknown = before.allowed_into(place)
                    yield Into(place, was, was, was_unknown)
                continue
            was, was_unknown = before.allowed_into(place)
            now, now_unknown = after.allowed_into(twin)
            if twin is not place:
                # A pod that moved has another node of its own: between the two a column is about it in one state alone.
                common = before.about(place) & after.about(twin)
                was, was_unknown, now, now_unknown = (
                    restrict(row, common) for row in (was, was_unknown, now, now_unknown)
                )
            yield Into(place, was, now, unite(was_unknown, now_unknown))
