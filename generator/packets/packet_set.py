"""Sets of whole packets: addresses and transport."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from generator.packets.addresses import FAMILIES, AddressSet
from generator.packets.bands import Bands
from generator.packets.intervals import Intervals
from generator.packets.transport import TransportPacket, TransportSet


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: family 4 or 6, addresses as numbers, transport."""

    family: int
    source: int
    destination: int
    transport: TransportPacket


@dataclass(frozen=True, slots=True)
class Block:
    """All packets of one family from some addresses to some addresses with some transport."""

    family: int
    sources: AddressSet
    destinations: AddressSet
    transport: TransportSet


class DestinationSet(Bands[TransportSet]):
    """A set of (destination address, transport) within one family."""

    __slots__ = ()
    most: ClassVar[int] = 1 << 15


class AddressPairSet(Bands[DestinationSet]):
    """A set of (source address, destination address, transport) within one family."""

    __slots__ = ()
    most: ClassVar[int] = 1 << 14


class PacketSet(Bands[AddressPairSet]):
    """A set of packets of both families: bands over family, source address, destination address and transport."""

    __slots__ = ()
    most: ClassVar[int] = 1 << 14

    @classmethod
    def of(cls, sources: AddressSet, destinations: AddressSet, transport: TransportSet) -> PacketSet:
        """Return all packets between the addresses with that transport; both ends of a packet are of one family."""
        form = []
        for family in FAMILIES:
            pairs = AddressPairSet.over(
                sources.family(family), DestinationSet.over(destinations.family(family), transport)
            )
            if pairs:
                form.append((family, family, pairs))
        return cls._make(tuple(form))

    @classmethod
    def of_packet(cls, packet: Packet) -> PacketSet:
        """Return the set of one packet."""
        return cls.of(
            AddressSet.of_address(packet.family, packet.source),
            AddressSet.of_address(packet.family, packet.destination),
            TransportSet.of_packet(packet.transport),
        )

    @classmethod
    def everything(cls) -> PacketSet:
        """Return all packets of both families."""
        return _EVERYTHING

    @classmethod
    def _universe(cls) -> PacketSet | None:
        return _EVERYTHING

    def complement(self) -> PacketSet:
        """Return all other packets."""
        return _EVERYTHING - self

    def contains(self, packet: Packet) -> bool:
        """Say whether the packet is a member."""
        transport = self.transport(packet.family, packet.source, packet.destination)
        return transport.contains(packet.transport)

    def transport(self, family: int, source: int, destination: int) -> TransportSet:
        """Return what may be sent from one address to another."""
        pairs = self.at(family)
        destinations = pairs.at(source) if pairs is not None else None
        transport = destinations.at(destination) if destinations is not None else None
        return TransportSet.nothing() if transport is None else transport

    def blocks(self) -> Iterator[Block]:
        """Yield the set as blocks without overlap, in a fixed order."""
        for family, _, pairs in self.form:
            for destinations, sources in pairs.by_rest().items():
                for transport, numbers in destinations.by_rest().items():
                    yield Block(family, _set_of(family, sources), _set_of(family, numbers), transport)

    def witness(self) -> Packet:
        """Return a member, always the same one and as ordinary as there is; ValueError where the set is empty."""
        if not self.form:
            raise ValueError("an empty set has no witness")
        family, _, pairs = self.form[0]
        source = _set_of(family, pairs.shadow()).pick(family)
        destinations = pairs.at(source)
        assert destinations is not None
        destination = _set_of(family, destinations.shadow()).pick(family)
        return Packet(family, source, destination, self.transport(family, source, destination).witness())


def _set_of(family: int, numbers: Intervals) -> AddressSet:
    return AddressSet.of_intervals(family, numbers)


_EVERYTHING: Final = PacketSet._make_lasting(
    PacketSet.of(AddressSet.everything(), AddressSet.everything(), TransportSet.all()).form
)
