"""One concrete packet: the first of a new connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generator.packets.transport import TransportPacket
from generator.reach.inventory import Address

ICMP: Final = 1
ICMPV6: Final = 58
ICMP_OF_FAMILY: Final = {4: ICMP, 6: ICMPV6}


@dataclass(frozen=True, slots=True)
class Packet:
    """Addresses of one family and the transport part; no translation on the way, no encapsulation between nodes."""

    family: int
    source: Address
    destination: Address
    transport: TransportPacket
