"""Small worlds in which a set of packets is also a plain Python set: the slow twin that cannot be wrong.

A world cuts each dimension at a few places. A box takes whole pieces between cuts, so a set made of boxes is known once
it is known at both ends of every piece; these points are the world's.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise, product
from typing import Any

from hypothesis import strategies as st

from generator.packets import AddressSet, Intervals, Packet, PacketSet, TransportPacket, TransportSet

Range = tuple[int, int]
Box = tuple[Any, ...]
"""What the world's `make` takes: the kind (a protocol, a family), then a range for each dimension below it."""


@dataclass(frozen=True, slots=True)
class World:
    name: str
    kinds: dict[Any, tuple[tuple[int, ...], ...]]
    """Of each kind the cuts of each dimension, with the bottom and one above the top."""
    make: Callable[[Box], Any]
    holds: Callable[[Any, tuple[Any, ...]], bool]
    """Whether a set holds a point, `(kind, number, …)`."""
    point_of: Callable[[Any], tuple[Any, ...]]
    """The point that the witness of a set is."""
    nothing: Any
    complement: Callable[[Any], Any]

    def __str__(self) -> str:
        return self.name

    def points(self) -> list[tuple[Any, ...]]:
        ends = {
            kind: [sorted({end for low, high in pieces(cuts) for end in (low, high)}) for cuts in dimensions]
            for kind, dimensions in self.kinds.items()
        }
        return [(kind, *numbers) for kind, dimensions in ends.items() for numbers in product(*dimensions)]

    def twin(self, made: Any) -> frozenset[tuple[Any, ...]]:
        return frozenset(point for point in self.points() if self.holds(made, point))

    def box_twin(self, box: Box) -> frozenset[tuple[Any, ...]]:
        kind, *ranges = box
        return frozenset(
            point
            for point in self.points()
            if point[0] == kind
            and all(low <= number <= high for number, (low, high) in zip(point[1:], ranges, strict=True))
        )

    def atoms(self) -> list[Box]:
        return [
            (kind, *ranges)
            for kind, dimensions in self.kinds.items()
            for ranges in product(*(pieces(cuts) for cuts in dimensions))
        ]

    def boxes(self) -> st.SearchStrategy[Box]:
        return st.sampled_from(list(self.kinds)).flatmap(
            lambda kind: st.tuples(st.just(kind), *(_ranges(cuts) for cuts in self.kinds[kind]))
        )

    def split(self, box: Box) -> list[Box]:
        """Return the smallest boxes that a box is made of."""
        kind, *ranges = box
        parts = [
            [(low, high) for low, high in pieces(cuts) if whole[0] <= low and high <= whole[1]]
            for cuts, whole in zip(self.kinds[kind], ranges, strict=True)
        ]
        return [(kind, *chosen) for chosen in product(*parts)]

    def unite(self, boxes: Sequence[Box]) -> Any:
        return reduce(operator.or_, map(self.make, boxes), self.nothing)

    def sets(self) -> st.SearchStrategy[Any]:
        """Sets of all shapes: holes in unions of parts."""
        parts = st.lists(self.boxes(), max_size=5).map(self.unite)
        steps = st.sampled_from([operator.or_, operator.and_, operator.sub, operator.xor])
        return st.one_of(
            parts,
            st.builds(lambda step, left, right: step(left, right), steps, parts, parts),
            parts.map(self.complement),
        )


def pieces(cuts: tuple[int, ...]) -> list[Range]:
    return [(low, high - 1) for low, high in pairwise(cuts)]


def _ranges(cuts: tuple[int, ...]) -> st.SearchStrategy[Range]:
    return st.sampled_from([(low, high - 1) for at, low in enumerate(cuts) for high in cuts[at + 1 :]])


def shuffled(boxes: Sequence[Box], seed: int) -> list[Box]:
    order = list(boxes)
    random.Random(seed).shuffle(order)
    return order


NUMBERS = World(
    "numbers",
    {0: ((0, 1, 5, 6, 90, 100),)},
    lambda box: Intervals.of(box[1]),
    lambda made, point: point[1] in made,
    lambda made: (0, made.pick()),
    Intervals.nothing(),
    lambda made: made.complement(0, 99),
)

ADDRESSES = World(
    "addresses",
    {4: ((0, 1 << 24, 10 << 24, 11 << 24, 1 << 32),), 6: ((0, 0xFD << 120, (0xFD << 120) + 1, 1 << 128),)},
    lambda box: AddressSet.of_intervals(box[0], Intervals.of(box[1])),
    lambda made, point: made.contains(point[1], point[0]),
    lambda made: (made.form[0][0], made.pick(made.form[0][0])) if made else (4, made.pick(4)),
    AddressSet.nothing(),
    lambda made: made.complement(),
)


def transport_of(protocol: int, first: Range = (0, 0), second: Range = (0, 0)) -> TransportSet:
    if protocol in (6, 17):
        return TransportSet.of_ports(protocol, Intervals.of(first), Intervals.of(second))
    if protocol in (1, 58):
        return TransportSet.of_icmp(protocol, Intervals.of(first), Intervals.of(second))
    return TransportSet.of_protocols([protocol])


def transport_packet(protocol: int, first: int = 0, second: int = 0) -> TransportPacket:
    if protocol in (1, 58):
        return TransportPacket(protocol, icmp_type=first, icmp_code=second)
    return TransportPacket(protocol, source_port=first, destination_port=second)


def _transport_point(packet: TransportPacket) -> tuple[int, ...]:
    if packet.protocol in (1, 58):
        return packet.protocol, packet.icmp_type, packet.icmp_code
    if packet.protocol in (6, 17, 132, 136):
        return packet.protocol, packet.source_port, packet.destination_port
    return (packet.protocol,)


TRANSPORT = World(
    "transport",
    {
        6: ((0, 53, 32768, 65536), (0, 53, 54, 443, 65536)),
        17: ((0, 53, 54, 65536), (0, 53, 65536)),
        1: ((0, 8, 9, 256), (0, 1, 256)),
        0: (),
        2: (),
        3: (),
        47: (),
        255: (),
    },
    lambda box: transport_of(*box),
    lambda made, point: made.contains(transport_packet(*point)),
    lambda made: _transport_point(made.witness()),
    TransportSet.nothing(),
    lambda made: made.complement(),
)


def _packets_of(box: Box) -> PacketSet:
    (family, protocol), sources, destinations, *fields = box
    ends = (AddressSet.of_intervals(family, Intervals.of(numbers)) for numbers in (sources, destinations))
    return PacketSet.of(*ends, transport_of(protocol, *fields))


def _packet(point: tuple[Any, ...]) -> Packet:
    (family, protocol), source, destination, *fields = point
    return Packet(family, source, destination, transport_packet(protocol, *fields))


def _packet_point(packet: Packet) -> tuple[Any, ...]:
    protocol, *fields = _transport_point(packet.transport)
    return ((packet.family, protocol), packet.source, packet.destination, *fields)


_V4 = (0, 10 << 24, 11 << 24, 1 << 32)
_V6 = (0, 0xFD << 120, 1 << 128)

PACKETS = World(
    "packets",
    {
        (4, 6): (_V4, _V4, (0, 65536), (0, 443, 444, 65536)),
        (4, 47): (_V4, _V4),
        (6, 6): (_V6, _V6, (0, 65536), (0, 443, 65536)),
    },
    _packets_of,
    lambda made, point: made.contains(_packet(point)),
    lambda made: _packet_point(made.witness()),
    PacketSet.nothing(),
    lambda made: made.complement(),
)

WORLDS = (NUMBERS, ADDRESSES, TRANSPORT, PACKETS)
