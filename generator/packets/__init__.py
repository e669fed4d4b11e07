"""Exact sets of packets: ports, protocols, ICMP types, addresses; union, intersection, difference, a witness, words.

Equal sets are equal objects whatever they were made of, and print the same. Standard library only; nothing of Calico
is known here.
"""

from generator.packets.addresses import AddressSet, format_address, parse_address
from generator.packets.intervals import Intervals
from generator.packets.packet_set import Block, Packet, PacketSet
from generator.packets.printing import describe_addresses, describe_packets, describe_transport
from generator.packets.transport import (
    ICMP,
    ICMP_PROTOCOLS,
    ICMPV6,
    PORT_PROTOCOLS,
    SCTP,
    TCP,
    UDP,
    UDPLITE,
    TransportPacket,
    TransportSet,
)

__all__ = [
    "ICMP",
    "ICMPV6",
    "ICMP_PROTOCOLS",
    "PORT_PROTOCOLS",
    "SCTP",
    "TCP",
    "UDP",
    "UDPLITE",
    "AddressSet",
    "Block",
    "Intervals",
    "Packet",
    "PacketSet",
    "TransportPacket",
    "TransportSet",
    "describe_addresses",
    "describe_packets",
    "describe_transport",
    "format_address",
    "parse_address",
]
