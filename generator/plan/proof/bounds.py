"""What an end lets through at least and at most while nodes are anywhere in a stretch.

A flow gets through where the source's node lets it leave and the destination's node lets it in, each in its own state.
So it suffices to know, end by end, what is let through in every state, and what in some state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

from generator.plan.proof.cluster import PlannedCluster
from generator.plan.proof.history import Event, State
from generator.plan.proof.relevance import Concern, Effect, Relevance, common_effect
from generator.plan.proof.stretches import Stretch
from generator.reach.model import Direction
from generator.reach.pairs import Pairs
from generator.reach.places import Place, Places
from generator.reach.rows import Row, intersect, subtract, unite
from generator.reach.ways import Ways

MOST_STATES: Final = 4096


class Argument(StrEnum):
    """Why the bounds of an end hold in all states of a stretch."""

    UNTOUCHED = "untouched"  # no write of the stretch concerns the end
    WIDENS = "widens"  # each write lets more through, so the first and the last state bound all others
    NARROWS = "narrows"
    ALL_STATES = "all states"  # each state that the end can tell apart was evaluated


class TooManyStates(Exception):
    """An end can be in more states than are evaluated one by one; a wait in between would part them."""

    def __init__(self, place: Place, events: Sequence[Event]) -> None:
        super().__init__(f"{len(events)} writes concern place {place.number}")
        self.events = tuple(events)


@dataclass(frozen=True, slots=True)
class EndKey:
    """One end of all flows of a place: what leaves it (Egress) or what it lets in, on a way of `Pairs`."""

    place: int
    direction: Direction
    way: str = "away"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an end lets through in every state, and in some state; `states` are those that bound it."""

    least: Row
    most: Row
    argument: Argument
    states: tuple[State, ...]


class Ends:
    """The rows of all ends in all states of a plan, for one family; each is worked out once."""

    def __init__(self, cluster: PlannedCluster, relevance: Relevance, places: Places) -> None:
        self.cluster = cluster
        self.places = places
        self._relevance = relevance
        self._rows: dict[tuple[EndKey, State], Ways] = {}
        self._bounds: dict[tuple[EndKey, tuple[State, ...]], tuple[Row, Row]] = {}
        self._in_stretch: dict[tuple[EndKey, Stretch], Bounds] = {}
        self._pairs: dict[State, Pairs] = {}
        self._events: dict[EndKey, list[Event]] = {}

    def events(self, key: EndKey) -> list[Event]:
        """Return the writes that can concern an end."""
        found = self._events.get(key)
        if found is None:
            found = self._events[key] = self._relevance.events(self._concerns(key))
        return found

    def _concerns(self, key: EndKey) -> Iterator[Concern]:
        place = self.places.places[key.place]
        if place.pods:
            yield self.cluster.union.class_of(place.pods[0].key), key.direction
        node = place.node
        for host in self.cluster.inventory.hosts.get(node, ()) if node else ():
            for direction in Direction:
                yield self.cluster.union.class_of(f"host endpoint {host.key}"), direction

    def settled(self, key: EndKey, state: State) -> State:
        """Return the least state in which an end does the same: without writes that do not concern it."""
        counts = [0] * len(state)
        for event in self.events(key):
            if event.place < state[event.column]:
                counts[event.column] = max(counts[event.column], event.place + 1)
        return tuple(counts)

    def ways(self, key: EndKey, state: State) -> Ways:
        """Return what may pass an end in a state, and what may be stopped there."""
        at = self.settled(key, state)
        found = self._rows.get((key, at))
        if found is None:
            found = self._rows[key, at] = self._find(key, at)
        return found

    def _find(self, key: EndKey, state: State) -> Ways:
        place = self.places.places[key.place]
        pairs = self._pairs.get(state)
        if pairs is None:
            pairs = self._pairs[state] = self.cluster.pairs_at(state, self.places)
        turned = pairs.leaving if key.direction is Direction.EGRESS else pairs.arriving
        ways = turned(place, place.node, key.way)
        # Where nothing is unsure yet, what may be stopped is what may not pass; so what passes is sure as it is.
        return ways if pairs.sides.unsure else Ways(ways.may)

    def bounds(self, key: EndKey, stretch: Stretch) -> Bounds:
        """Return the bounds of an end in a stretch; TooManyStates where they cannot be had."""
        found = self._in_stretch.get((key, stretch))
        if found is None:
            found = self._in_stretch[key, stretch] = self._find_bounds(key, stretch)
        return found

    def _find_bounds(self, key: EndKey, stretch: Stretch) -> Bounds:
        events = [event for event in self.events(key) if stretch.has(event)]
        argument, states = self._argue(key, stretch, events)
        settled = tuple(dict.fromkeys(self.settled(key, state) for state in states))
        if len(settled) == 1:
            argument = Argument.UNTOUCHED
        found = self._bounds.get((key, settled))
        if found is None:
            found = self._bounds[key, settled] = self._combine(key, settled)
        return Bounds(*found, argument, settled)

    def _combine(self, key: EndKey, states: Sequence[State]) -> tuple[Row, Row]:
        least, most = sure(first := self.ways(key, states[0])), first.may
        for state in states[1:]:
            ways = self.ways(key, state)
            least, most = intersect(least, sure(ways)), unite(most, ways.may)
        return least, most

    def _argue(self, key: EndKey, stretch: Stretch, events: Sequence[Event]) -> tuple[Argument, Sequence[State]]:
        if not events:
            return Argument.UNTOUCHED, (stretch.low,)
        place = self.places.places[key.place]
        if len(events) > 1 and place.pods and not place.node:
            concern = self.cluster.union.class_of(place.pods[0].key), key.direction
            effect = common_effect(self.cluster, self._relevance, events, concern, stretch)
            if effect is not Effect.UNCLEAR:
                argument = Argument.WIDENS if effect is Effect.WIDENS else Argument.NARROWS
                return argument, (stretch.low, stretch.high)
        return Argument.ALL_STATES, self.joint_states([key], stretch)

    def joint_states(self, keys: Sequence[EndKey], stretch: Stretch) -> list[State]:
        """Return one state of a stretch for each that any of the ends can tell apart.

        TooManyStates beyond some thousands.
        """
        found = {event.number: event for key in keys for event in self.events(key) if stretch.has(event)}
        events = [found[number] for number in sorted(found)]
        choices = [[low] for low in stretch.low]
        for event in events:
            choices[event.column].append(event.place + 1)
        count = 1
        for choice in choices:
            count *= len(choice)
        if count > MOST_STATES:
            raise TooManyStates(self.places.places[keys[0].place], events)
        return list(product(*choices))


def sure(ways: Ways) -> Row:
    """Return what passes an end without any doubt."""
    return subtract(ways.may, ways.may_not)
