"""The packets of a difference as one word, for the comparison with the truth."""

from __future__ import annotations

from benchmarks.drawn.truth import packets_to
from generator.packets.intervals import Intervals
from generator.packets.transport import TCP, UDP, TransportSet

_IPIP = 4
_VXLAN = 4789
# What no pod may send is in no policy's hands: Felix drops packets that are encapsulated already.
_ANY = TransportSet.all() - (
    TransportSet.of_protocols([_IPIP]) | TransportSet.of_ports(UDP, None, Intervals.single(_VXLAN))
)


def packets_word(packets: TransportSet) -> str:
    """Return `all`, `TCP PORT,PORT`, or, for a set that is neither, how it is made."""
    if _ANY.issubset(packets):
        return "all"
    fields = packets.at(TCP)
    ports = fields.seconds() if fields is not None else Intervals.nothing()
    if ports and packets == TransportSet.of_ports(TCP, None, ports):
        return packets_to(number for low, high in ports for number in range(low, high + 1))
    return repr(packets)
