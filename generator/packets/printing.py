"""Sets of packets in words for people: short, and never the same words for two sets.

A set, or the share of a protocol or family, is written by what is in it or by what is not, whichever is shorter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from generator.packets.addresses import BITS, FAMILIES, AddressSet, format_address, split_range
from generator.packets.intervals import Intervals, Range
from generator.packets.packet_set import Block, PacketSet
from generator.packets.transport import (
    ICMP,
    ICMP_PROTOCOLS,
    ICMPV6,
    PORT_PROTOCOLS,
    SCTP,
    TCP,
    UDP,
    UDPLITE,
    FieldSet,
    TransportPacket,
    TransportSet,
    all_fields,
    field_top,
)

_FIELD_NAMES: Final = {TCP: "TCP", UDP: "UDP", SCTP: "SCTP", UDPLITE: "UDPLite", ICMP: "ICMP", ICMPV6: "ICMPv6"}
"""Protocols with ports or ICMP types, in the order in which they are written."""
_OTHER_NAMES: Final = {
    2: "IGMP",
    4: "IPIP",
    41: "IPv6-in-IPv4",
    47: "GRE",
    50: "ESP",
    51: "AH",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
}
_OTHERS: Final = Intervals.of_numbers(_FIELD_NAMES).complement(0, 255)


def describe_transport(packets: TransportSet) -> str:
    """Return a text such as `TCP 80, 443; UDP 53`, `all but TCP 22`, `everything` or `nothing`."""
    if not packets:
        return "nothing"
    others = packets.complement()
    if not others:
        return "everything"
    text = "; ".join(_parts(packets))
    whole = _whole_protocols(others)
    opposite = f"all protocols but {whole}" if whole else f"all but {'; '.join(_parts(others))}"
    return min(text, opposite, key=len)


def describe_addresses(addresses: AddressSet) -> str:
    """Return a text such as `10.0.0.0/8, 192.0.2.1-192.0.2.9`, `any IPv4 address but 10.0.0.0/8` or `no address`."""
    if not addresses:
        return "no address"
    others = addresses.complement()
    if not others:
        return "any address"
    text = "; ".join(_describe_family(family, addresses) for family in FAMILIES if addresses.family(family))
    opposite = "; ".join(", ".join(_address_ranges(family, others)) for family in FAMILIES if others.family(family))
    return min(text, f"any address but {opposite}", key=len)


def describe_packet(packet: TransportPacket) -> str:
    """Return one packet without its source port, which is any: `TCP 443`, `ICMP type 8`."""
    text = describe_transport(TransportSet.of_packet(packet))
    return text.replace(f" from port {packet.source_port}", "") if packet.destination_port else text


def describe_packets(packets: PacketSet) -> str:
    """Return one line for each block, `from 10.0.0.0/8 to any IPv4 address: TCP 443`, or `everything` or `nothing`."""
    if not packets:
        return "nothing"
    if packets == PacketSet.everything():
        return "everything"
    lines = (
        f"from {describe_addresses(block.sources)} to {describe_addresses(block.destinations)}: "
        f"{describe_transport(block.transport)}"
        for block in _join_families(packets)
    )
    return "\n".join(lines)


def _join_families(packets: PacketSet) -> list[Block]:
    """Return the blocks; where each family has one and both have the same transport, one block says both."""
    blocks = list(packets.blocks())
    if len(blocks) == 2:
        first, second = blocks
        if first.family != second.family and first.transport == second.transport:
            sources, destinations = first.sources | second.sources, first.destinations | second.destinations
            return [Block(first.family, sources, destinations, first.transport)]
    return blocks


def _parts(packets: TransportSet) -> Iterator[str]:
    for protocol, name in _FIELD_NAMES.items():
        fields = packets.at(protocol)
        if fields is not None:
            yield _describe_fields(protocol, name, fields)
    names, numbers = _other_protocols(packets)
    yield from names
    if numbers:
        yield f"{_plural('protocol', numbers)} {_describe_ranges(numbers)}"


def _whole_protocols(packets: TransportSet) -> str:
    """Return names and numbers of the protocols if each is there as a whole, else nothing."""
    found = []
    for protocol, name in _FIELD_NAMES.items():
        fields = packets.at(protocol)
        if fields is not None:
            if fields != all_fields(protocol):
                return ""
            found.append(name)
    names, numbers = _other_protocols(packets)
    return ", ".join([*found, *names, *([_describe_ranges(numbers)] if numbers else [])])


def _other_protocols(packets: TransportSet) -> tuple[list[str], Intervals]:
    """Return the names of the protocols without fields that have one and stand alone, and the numbers of the rest."""
    present = packets.protocols() & _OTHERS
    named = Intervals.of_numbers(low for low, high in present if low == high and low in _OTHER_NAMES)
    return [_OTHER_NAMES[low] for low, _ in named], present - named


def _describe_fields(protocol: int, name: str, fields: FieldSet) -> str:
    """Return the share of one protocol: `TCP 80; TCP 443 from port 53`, `TCP all but 22`, or `TCP` for all of it."""
    others = all_fields(protocol) - fields
    if not others:
        return name
    text = "; ".join(f"{name} {phrase}" for phrase in _phrases(protocol, fields))
    exceptions = list(_phrases(protocol, others))
    return min(text, f"{name} all but {exceptions[0]}", key=len) if len(exceptions) == 1 else text


def _phrases(protocol: int, fields: FieldSet) -> Iterator[str]:
    whole = Intervals.of((0, field_top(protocol)))
    for seconds, firsts in fields.by_rest().items():
        first = _describe_ranges(firsts) if firsts != whole else ""
        second = _describe_ranges(seconds) if seconds != whole else ""
        if protocol in PORT_PROTOCOLS:
            yield " ".join(filter(None, (second, first and f"from {_plural('port', firsts)} {first}")))
        else:
            assert protocol in ICMP_PROTOCOLS
            kind = first and f"{_plural('type', firsts)} {first}"
            yield " ".join(filter(None, (kind, second and f"{_plural('code', seconds)} {second}")))


def _plural(word: str, numbers: Intervals) -> str:
    return word if numbers.count() == 1 else f"{word}s"


def _describe_ranges(numbers: Iterable[Range]) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in numbers)


def _describe_family(family: int, addresses: AddressSet) -> str:
    whole = f"any IPv{family} address"
    others = AddressSet.everything(family) - addresses
    if not others.family(family):
        return whole
    text = ", ".join(_address_ranges(family, addresses))
    return min(text, f"{whole} but {', '.join(_address_ranges(family, others))}", key=len)


def _address_ranges(family: int, addresses: AddressSet) -> Iterator[str]:
    """Yield each range as one address, one CIDR, or its first and last address."""
    for low, high in addresses.family(family):
        start, length = next(split_range(low, high, BITS[family]))
        if low == high:
            yield format_address(family, low)
        elif start | (1 << BITS[family] - length) - 1 == high:
            yield f"{format_address(family, low)}/{length}"
        else:
            yield f"{format_address(family, low)}-{format_address(family, high)}"
