"""The two inclusions of product.md 6, exactly, over all flows of one family, stretch by stretch.

With E what a source lets leave, I what a destination lets in, 0 before and n after the plan, and each of the two nodes
in any state of a stretch on its own:

* nothing is cut that lives before and after: E0 & En & I0 & In lies in every E and in every I;
* nothing is opened that lives neither before nor after: what leaves in some state and is let in in some state lies in
  E0 & I0 or in En & In.

What is not known counts against the plan, save at an end that asks the very same rules and sets as before or after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from generator.packets.transport import TransportSet
from generator.plan.proof.bounds import Argument, Bounds, EndKey, Ends, sure
from generator.plan.proof.history import State
from generator.plan.proof.management import Management
from generator.plan.proof.stretches import Stretch
from generator.reach.columns import Turned
from generator.reach.environment import EndpointToHost
from generator.reach.model import Direction
from generator.reach.places import Mask, Place, numbers_in
from generator.reach.rows import Row, at_place, intersect, restrict, subtract
from generator.reach.side_sets import ALL
from generator.reach.ways import Ways


class Harm(StrEnum):
    """What a state does to a flow that no state may do."""

    CUT = "cut"  # it lives before and after, and not in this state
    OPENED = "opened"  # it lives neither before nor after, and does in this state
    MANAGEMENT = "management"  # it lives before, and the management plane loses it in this state


@dataclass(frozen=True, slots=True)
class Breach:
    """Packets between two places that are cut or opened in some state of a stretch; `way` as in `Pairs`."""

    harm: Harm
    stretch: Stretch
    family: int
    source: Place
    destination: Place
    packets: TransportSet
    way: str
    at: Direction | None  # the end at which they are cut; None where both ends together open them


@dataclass(frozen=True, slots=True)
class _End:
    """An end in one stretch, against what it is before and after."""

    bounds: Bounds
    before: Ways
    after: Ways
    like_before: bool  # lets nothing through that it does not before
    like_after: bool
    loss: Row  # what it lets through before and after, and not in every state
    is_before: bool  # asks the very same as before


class Inclusions:
    """Checks stretches against what is before and after the plan."""

    def __init__(self, ends: Ends, management: Management) -> None:
        self.places = ends.places
        self._management = management
        self._rows = ends
        history = ends.cluster.history
        self._first, self._last = history.nothing_yet, history.everything
        self._known: dict[tuple[EndKey, tuple[State, ...]], _End] = {}
        self._policed = [place for place in self.places.places if place.pods or place.is_host]
        self._turned: dict[State, Turned] = {}

    def check(self, stretch: Stretch) -> Iterator[Breach]:
        """Go through what is cut or opened in a stretch; TooManyStates where that cannot be told."""
        leaving = {place.number: self._end(place, Direction.EGRESS, stretch) for place in self._policed}
        arriving = {place.number: self._end(place, Direction.INGRESS, stretch) for place in self._policed}
        yield from self._cut(stretch, leaving, arriving)
        yield from self._management_cut(stretch, leaving, arriving)
        yield from self._opened(stretch, leaving, arriving)
        yield from self._to_own_host(stretch)
        yield from self._on_one_node(stretch)

    def arguments(self, stretch: Stretch) -> Iterator[Argument]:
        """Go through the arguments by which the bounds of all ends of a stretch hold."""
        for place in self._policed:
            for direction in Direction:
                yield self._rows.bounds(EndKey(place.number, direction), stretch).argument

    def _end(self, place: Place, direction: Direction, stretch: Stretch, way: str = "away") -> _End:
        key = EndKey(place.number, direction, way)
        bounds = self._rows.bounds(key, stretch)
        found = self._known.get((key, bounds.states))
        if found is None:
            found = self._known[key, bounds.states] = self._compare(key, bounds)
        return found

    def _compare(self, key: EndKey, bounds: Bounds) -> _End:
        first, last = self._first, self._last
        before, after = self._rows.ways(key, first), self._rows.ways(key, last)
        is_before = set(bounds.states) == {self._rows.settled(key, first)}
        is_after = set(bounds.states) == {self._rows.settled(key, last)}
        return _End(
            bounds,
            before,
            after,
            is_before or not subtract(bounds.most, sure(before)),
            is_after or not subtract(bounds.most, sure(after)),
            {} if is_before or is_after else subtract(intersect(before.may, after.may), bounds.least),
            is_before,
        )

    def _cut(self, stretch: Stretch, leaving: Mapping[int, _End], arriving: Mapping[int, _End]) -> Iterator[Breach]:
        for ends, others, direction in (
            (leaving, arriving, Direction.EGRESS),
            (arriving, leaving, Direction.INGRESS),
        ):
            for number, end in ends.items():
                for packets, mask in end.loss.items():
                    for other in numbers_in(mask & ~self._itself(number)):
                        lost = packets & _kept_at(others.get(other), number)
                        if lost:
                            yield self._breach(Harm.CUT, stretch, number, other, lost, direction)

    def _management_cut(
        self, stretch: Stretch, leaving: Mapping[int, _End], arriving: Mapping[int, _End]
    ) -> Iterator[Breach]:
        for ends, others, direction in (
            (leaving, arriving, Direction.EGRESS),
            (arriving, leaving, Direction.INGRESS),
        ):
            for number, end in ends.items():
                governed = bool(self._management.places >> number & 1)
                calls = self._management.called.get(number) if direction is Direction.INGRESS else None
                if end.is_before or not (governed or calls):
                    continue
                for packets, mask in subtract(end.before.may, end.bounds.least).items():
                    asked = packets if governed else packets & (calls or packets)
                    sources = mask if governed else mask & self._management.callers
                    for other in numbers_in(sources & ~self._itself(number)):
                        lost = asked & _lived_at(others.get(other), number)
                        if lost:
                            yield self._breach(Harm.MANAGEMENT, stretch, number, other, lost, direction)

    def _itself(self, number: int) -> Mask:
        """Return the place as one that it cannot reach: a node itself; pods that are alike reach each other."""
        place = self.places.places[number]
        return place.bit if place.is_host else 0

    def _opened(self, stretch: Stretch, leaving: Mapping[int, _End], arriving: Mapping[int, _End]) -> Iterator[Breach]:
        outside = self.places.all & ~self.places.pods & ~self.places.hosts
        like_before = outside | _mask(number for number, end in leaving.items() if end.like_before)
        like_after = outside | _mask(number for number, end in leaving.items() if end.like_after)
        most: Turned | None = None
        for place in self.places.places:
            end = arriving.get(place.number)
            # Both ends as before together, or both as after, open nothing; an end that nobody polices is like both.
            safe = like_before if end is None or end.like_before else 0
            safe |= like_after if end is None or end.like_after else 0
            doubtful = self.places.all & ~safe & ~self._itself(place.number)
            if not doubtful:
                continue
            if most is None:
                most = self._turn(lambda number: leaving[number].bounds.most)
            through = restrict(self._column(most, place, outside), doubtful)
            if end is not None:
                through = intersect(through, end.bounds.most)
            for state in (self._first, self._last):
                through = subtract(through, self._allowed(state, place, outside, end))
            for packets, sources in through.items():
                for source in numbers_in(sources):
                    yield self._breach(Harm.OPENED, stretch, source, place.number, packets, None)

    def _allowed(self, state: State, place: Place, outside: Mask, end: _End | None) -> Row:
        """Return what surely gets through to a place before or after the plan."""
        turned = self._turned.get(state)
        if turned is None:
            key = partial(EndKey, direction=Direction.EGRESS)
            turned = self._turned[state] = self._turn(lambda number: sure(self._rows.ways(key(number), state)))
        through = self._column(turned, place, outside)
        if end is None:
            return through
        return intersect(through, sure(end.before if state == self._first else end.after))

    def _turn(self, row_of: Callable[[int], Row]) -> Turned:
        turned = Turned(len(self.places.places))
        for place in self._policed:
            turned.add(place, row_of(place.number))
        return turned

    def _column(self, turned: Turned, place: Place, outside: Mask) -> Row:
        """Return a column together with what is outside, which anything may leave."""
        row = dict(turned.column(place.number))
        row[ALL] = row.get(ALL, 0) | outside
        return row

    def _to_own_host(self, stretch: Stretch) -> Iterator[Breach]:
        """Check what pods send to their own node, which nothing but their egress (and preDNAT) is asked about."""
        cluster = self._rows.cluster
        if cluster.environment.endpoint_to_host is EndpointToHost.DROP and not cluster.inventory.settings:
            return
        for place in self._policed:
            nodes = _mask(self.places.of_node[pod.node] for pod in place.pods if pod.node in self.places.of_node)
            if not nodes:
                continue
            end = self._end(place, Direction.EGRESS, stretch, "to own host" if place.node else "away")
            opened = subtract(subtract(restrict(end.bounds.most, nodes), sure(end.before)), sure(end.after))
            for harm, row in ((Harm.CUT, restrict(end.loss, nodes)), (Harm.OPENED, opened)):
                for packets, mask in row.items():
                    for node in numbers_in(mask):
                        yield self._breach(harm, stretch, place.number, node, packets, Direction.EGRESS, "to own host")

    def _on_one_node(self, stretch: Stretch) -> Iterator[Breach]:
        """Check pods of one node, and a node with itself, where host endpoints have a say there."""
        for source in self._policed:
            for target in self._policed if source.node else ():
                if source.node != target.node or target.is_host != source.is_host:
                    continue
                way = "within host" if source.is_host else "local"
                first = self._end(source, Direction.EGRESS, stretch, way)
                last = self._end(target, Direction.INGRESS, stretch, way)
                for harm, packets in _harms(first, last, source.number, target.number):
                    if packets:
                        yield self._breach(harm, stretch, source.number, target.number, packets, None, way)

    def _breach(
        self,
        harm: Harm,
        stretch: Stretch,
        number: int,
        other: int,
        packets: TransportSet,
        at: Direction | None,
        way: str = "away",
    ) -> Breach:
        source, destination = (other, number) if at is Direction.INGRESS else (number, other)
        places = self.places.places
        return Breach(harm, stretch, self.places.family, places[source], places[destination], packets, way, at)


def _kept_at(end: _End | None, number: int) -> TransportSet:
    """Return what an end may let through before and after; everything where nobody polices it."""
    if end is None:
        return ALL
    return at_place(end.before.may, number) & at_place(end.after.may, number)


def _lived_at(end: _End | None, number: int) -> TransportSet:
    return ALL if end is None else at_place(end.before.may, number)


def _harms(first: _End, last: _End, source: int, target: int) -> Iterator[tuple[Harm, TransportSet]]:
    kept = _kept_at(first, target) & _kept_at(last, source)
    least = at_place(first.bounds.least, target) & at_place(last.bounds.least, source)
    yield Harm.CUT, kept - least
    before = at_place(sure(first.before), target) & at_place(sure(last.before), source)
    after = at_place(sure(first.after), target) & at_place(sure(last.after), source)
    most = at_place(first.bounds.most, target) & at_place(last.bounds.most, source)
    yield Harm.OPENED, most - before - after


def _mask(numbers: Iterable[int]) -> Mask:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask
