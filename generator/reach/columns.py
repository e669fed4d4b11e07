"""All pairs turned round: for each destination, who gets through to it and with what."""

from __future__ import annotations

from functools import cached_property, reduce
from operator import or_
from typing import Final

from generator.packets.transport import TransportSet
from generator.reach.pairs import Pairs
from generator.reach.places import Mask, Place, numbers_in
from generator.reach.rows import Row, add_to, intersect, restrict, subtract, unite
from generator.reach.to_service import node_port_packets

_FEW: Final = 64


class Columns:
    """What gets through to each place from all others.

    A node as a source or destination is a process on a node other than the pod's own; what a pod's own node sends is
    never policed, and what it sends to its own node is asked of `Pairs.between`. What is sent to a NodePort or hostPort
    is left out, as what is sent to other addresses of a Service: it arrives at the pods behind it.
    """

    def __init__(self, pairs: Pairs, senders: Mask | None = None) -> None:
        """Turn the pairs round; with `senders` only what these send is looked at."""
        self.pairs = pairs
        self._places = pairs.places
        self._senders = self._places.all if senders is None else senders
        self._may = self._turn(may=True)
        self._may_not: Turned | None = None

    @cached_property
    def _only_on(self) -> dict[str, Mask]:
        """By node: places whose pods are all there."""
        found: dict[str, Mask] = {}
        for place in self._places.places:
            node = only_node(place)
            if node is not None:
                found[node] = found.get(node, 0) | place.bit
        return found

    @cached_property
    def _staged_on(self) -> dict[str, Mask]:
        """By node: places of pods whose node has a say."""
        found: dict[str, Mask] = {}
        for place in self._places.places:
            if place.pods and place.node:
                found[place.node] = found.get(place.node, 0) | place.bit
        return found

    @cached_property
    def _staged(self) -> Mask:
        return reduce(or_, self._staged_on.values(), 0)

    @cached_property
    def _unplaced(self) -> Mask:
        return reduce(or_, (place.bit for place in self._places.places if place.is_unplaced), 0)

    def _turn(self, *, may: bool) -> Turned:
        turned = Turned(len(self._places.places))
        for number in numbers_in(self._senders):
            place = self._places.places[number]
            ways = self.pairs.leaving(place, place.node, "away")
            turned.add(place, ways.may if may else ways.may_not)
        return turned

    def allowed_into(self, place: Place) -> tuple[Row, Row]:
        """Return (what gets through, what is not known) to a place, for each source."""
        arriving = self.pairs.arriving(place, place.node, "away")
        if not (arriving.may or self.pairs.sides.unsure or self._same_node(place)):
            return {}, {}  # as most places of a large cluster, of which few send anything to each other
        sources = self._sources(place) & self._senders
        may = self._taken(place, restrict(intersect(self._may.column(place.number), arriving.may), sources))
        known, unknown = self._local(place)
        # Asked only now: the rules of what leaves are all tried already, those of what arrives here just have been.
        if not self.pairs.sides.unsure:
            return unite(may, known), {}
        if self._may_not is None:
            self._may_not = self._turn(may=False)
        may_not = restrict(unite(self._may_not.column(place.number), arriving.may_not), sources)
        return unite(subtract(may, may_not), known), unite(intersect(may, may_not), unknown)

    def is_like(self, other: Columns, place: Place) -> bool:
        """Tell whether the same gets through to a place in another state of the cluster, without working it out.

        So it is where the same leaves for it and the same is let in. False says nothing, nor is anything said where
        more than the two has a say: on nodes, and where host endpoints police what goes between pods.
        """
        if self.pairs.sides is not other.pairs.sides or place.is_host or place.node:
            return False
        arriving = [each.pairs.arriving(place, place.node, "away").may for each in (self, other)]
        same = self._may.column(place.number) == other._may.column(place.number) and arriving[0] == arriving[1]
        return same and not self.pairs.sides.unsure

    def about(self, place: Place) -> Mask:
        """Return the sources that the column of a place is about; of no other one does it say anything."""
        return (self._sources(place) & self._senders) | self._same_node(place)

    def _taken(self, place: Place, row: Row) -> Row:
        sent_on = node_port_packets(self.pairs.engine)
        return subtract(row, {sent_on: self._places.all}) if place.is_host and sent_on else row

    def _sources(self, place: Place) -> Mask:
        """Return whom the column is about: not the pods' only node nor, for a node, the pods that are only there."""
        found = self._places.all & ~self._same_node(place)
        if place.pods:
            node = only_node(place)
            number = self._places.of_node.get(node) if node is not None else None
            found &= ~(1 << number) if number is not None else found
        elif place.is_host:
            found &= ~place.bit
            found &= ~self._only_on.get(place.node, 0)
        elif place.outside:
            found &= self._places.pods | self._places.hosts
        return found

    def _same_node(self, place: Place) -> Mask:
        """Return the pods that are, or may be, on the place's node, where host endpoints have a say on it."""
        if place.pods and place.node:
            return self._staged_on.get(place.node, 0) | self._unplaced
        return self._staged if place.is_unplaced else 0

    def _local(self, place: Place) -> tuple[Row, Row]:
        """Return (what gets through, what is not known) from the pods that are or may be on the same node."""
        known: Row = {}
        unknown: Row = {}
        for number in numbers_in(self._same_node(place)):
            fate = self.pairs.between_pods(self._places.places[number], place)
            add_to(known, fate.allowed, 1 << number)
            add_to(unknown, fate.unknown, 1 << number)
        return known, unknown


def only_node(place: Place) -> str | None:
    """Return the node on which all pods of a place are; None where there are several, or no pods."""
    nodes = {pod.node for pod in place.pods}
    return nodes.pop() if len(nodes) == 1 else None


class Turned:
    """Rows by source, turned into rows by destination; those that hold very many places are kept as they are."""

    def __init__(self, count: int) -> None:
        self._few: list[Row] = [{} for _ in range(count)]
        self._many: dict[tuple[TransportSet, Mask], Mask] = {}

    def add(self, place: Place, row: Row) -> None:
        """Add what leaves a source."""
        for packets, mask in row.items():
            if mask.bit_count() > _FEW:
                key = (packets, mask)
                self._many[key] = self._many.get(key, 0) | place.bit
            else:
                for number in numbers_in(mask):
                    add_to(self._few[number], packets, place.bit)

    def column(self, number: int) -> Row:
        """Return what goes to a destination, for each source that was added."""
        row = dict(self._few[number])
        for (packets, mask), sources in self._many.items():
            if mask >> number & 1:
                add_to(row, packets, sources)
        return row
