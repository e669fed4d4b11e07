"""Sets of what a packet says above the addresses: protocol, ports, ICMP type and code.

A protocol number has two fields below it: source and destination port, or ICMP type and code. A protocol with neither
has both fields at 0. So every packet is one point of three dimensions, and a set of them is bands of bands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from generator.packets.bands import Bands
from generator.packets.intervals import Intervals

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
ICMPV6: Final = 58
SCTP: Final = 132
UDPLITE: Final = 136

PORT_PROTOCOLS: Final = (TCP, UDP, SCTP, UDPLITE)
ICMP_PROTOCOLS: Final = (ICMP, ICMPV6)

_TOP: Final = {**dict.fromkeys(PORT_PROTOCOLS, 65535), **dict.fromkeys(ICMP_PROTOCOLS, 255)}
_EPHEMERAL: Final = Intervals.of((32768, 65535))
_SOURCE: Final = 40000
_DESTINATIONS: Final = (443, 80, 53, 8080, 22)
_ECHO: Final = {ICMP: 8, ICMPV6: 128}
_TYPICAL: Final = (TCP, UDP, SCTP, ICMP, ICMPV6, UDPLITE)


def field_top(protocol: int) -> int:
    """Return the highest value of each of the two fields below a protocol: 65535, 255, or 0 where it has none."""
    return _TOP.get(protocol, 0)


@dataclass(frozen=True, slots=True)
class TransportPacket:
    """One packet without its addresses; a field that its protocol does not have is 0, else ValueError."""

    protocol: int
    source_port: int = 0
    destination_port: int = 0
    icmp_type: int = 0
    icmp_code: int = 0

    def __post_init__(self) -> None:
        ports = 65535 if self.protocol in PORT_PROTOCOLS else 0
        icmp = 255 if self.protocol in ICMP_PROTOCOLS else 0
        if not (
            0 <= self.protocol <= 255
            and 0 <= self.source_port <= ports
            and 0 <= self.destination_port <= ports
            and 0 <= self.icmp_type <= icmp
            and 0 <= self.icmp_code <= icmp
        ):
            raise ValueError(f"no such packet: {self}")


class FieldSet(Bands[Intervals]):
    """A set of (source port, destination port) or (ICMP type, ICMP code) of one protocol."""

    __slots__ = ()

    def contains(self, first: int, second: int) -> bool:
        """Say whether the pair is a member."""
        rest = self.at(first)
        return rest is not None and second in rest

    def seconds(self) -> Intervals:
        """Return all destination ports, or ICMP codes, that go with anything."""
        return Intervals.of(*(item for _, _, rest in self.form for item in rest))


class TransportSet(Bands[FieldSet]):
    """A set of transport packets."""

    __slots__ = ()

    @classmethod
    def all(cls) -> TransportSet:
        """Return every packet of every protocol, 0 to 255."""
        return _ALL

    @classmethod
    def _universe(cls) -> TransportSet | None:
        return _ALL

    @classmethod
    def of_protocols(cls, protocols: Intervals | Iterable[int]) -> TransportSet:
        """Return all packets of some protocols; a number above 255 is a ValueError."""
        if not isinstance(protocols, Intervals):
            protocols = Intervals.of_numbers(protocols)
        _check_field("protocol", protocols, 255)
        return _ALL.within(protocols)

    @classmethod
    def of_ports(
        cls, protocol: int, source: Intervals | None = None, destination: Intervals | None = None
    ) -> TransportSet:
        """Return the packets of TCP, UDP, SCTP or UDPLite (else ValueError) with some ports; None is any port."""
        if protocol not in PORT_PROTOCOLS:
            raise ValueError(f"protocol {protocol} has no ports")
        return _of_fields(protocol, "port", source, destination)

    @classmethod
    def of_icmp(cls, protocol: int, type: Intervals | None = None, code: Intervals | None = None) -> TransportSet:
        """Return the packets of ICMP (1) or ICMPv6 (58), else ValueError, with some types and codes; None is any."""
        if protocol not in ICMP_PROTOCOLS:
            raise ValueError(f"protocol {protocol} has no ICMP types")
        return _of_fields(protocol, "ICMP type or code", type, code)

    @classmethod
    def of_packet(cls, packet: TransportPacket) -> TransportSet:
        """Return the set of one packet."""
        first, second = _fields(packet)
        protocol = packet.protocol
        return cls._make(((protocol, protocol, FieldSet.over(Intervals.single(first), Intervals.single(second))),))

    def complement(self) -> TransportSet:
        """Return all other packets."""
        return _ALL - self

    def contains(self, packet: TransportPacket) -> bool:
        """Say whether the packet is a member."""
        fields = self.at(packet.protocol)
        return fields is not None and fields.contains(*_fields(packet))

    def protocols(self) -> Intervals:
        """Return the protocols of which there is a packet."""
        return self.shadow()

    def witness(self) -> TransportPacket:
        """Return a member, always the same one and as ordinary as there is; ValueError where the set is empty."""
        present = self.protocols()
        protocol = next((number for number in _TYPICAL if number in present), None)
        if protocol is None:
            protocol = present.pick()
        fields = self.at(protocol)
        assert fields is not None
        if protocol in PORT_PROTOCOLS:
            source, destination = _pick_ports(fields)
            return TransportPacket(protocol, source_port=source, destination_port=destination)
        if protocol not in ICMP_PROTOCOLS:
            return TransportPacket(protocol)
        echo = fields.at(_ECHO[protocol])
        if echo is not None:
            return TransportPacket(protocol, icmp_type=_ECHO[protocol], icmp_code=echo.lowest())
        kind, _, codes = fields.form[0]
        return TransportPacket(protocol, icmp_type=kind, icmp_code=codes.lowest())


def all_fields(protocol: int) -> FieldSet:
    """Return every pair of fields that packets of a protocol can have."""
    whole = Intervals.of((0, field_top(protocol)))
    return FieldSet.over(whole, whole)


def _of_fields(protocol: int, name: str, first: Intervals | None, second: Intervals | None) -> TransportSet:
    top = field_top(protocol)
    whole = Intervals.of((0, top))
    for values in (first, second):
        if values is not None:
            _check_field(name, values, top)
    fields = FieldSet.over(whole if first is None else first, whole if second is None else second)
    return TransportSet.over(Intervals.single(protocol), fields)


def _check_field(name: str, values: Intervals, top: int) -> None:
    if values and values.ranges[-1][1] > top:
        raise ValueError(f"no {name} is above {top}: {values.ranges[-1][1]}")


def _fields(packet: TransportPacket) -> tuple[int, int]:
    if packet.protocol in ICMP_PROTOCOLS:
        return packet.icmp_type, packet.icmp_code
    return packet.source_port, packet.destination_port


def _pick_ports(fields: FieldSet) -> tuple[int, int]:
    likely = fields.within(_EPHEMERAL) or fields
    destinations = likely.seconds()
    destination = next((port for port in _DESTINATIONS if port in destinations), None)
    if destination is None:
        destination = destinations.pick()
    sources = Intervals.of(*((low, high) for low, high, rest in likely.form if destination in rest))
    return _SOURCE if _SOURCE in sources else sources.pick(), destination


def _make_all() -> TransportSet:
    form: list[tuple[int, int, FieldSet]] = []
    for protocol in range(256):
        fields = all_fields(protocol)
        low = form.pop()[0] if form and form[-1][2] == fields else protocol
        form.append((low, protocol, fields))
    return TransportSet._make_lasting(tuple(form))


_ALL: Final = _make_all()
