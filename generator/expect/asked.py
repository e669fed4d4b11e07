"""Which packets an expectation names for one destination."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.expect.parties import Party
from generator.intent.expectation import Expectation
from generator.intent.model import PortSpec
from generator.packets.intervals import Intervals
from generator.packets.transport import SCTP, TCP, UDP, TransportSet
from generator.reach.inventory import Pod

_NUMBERS: Final = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP}


def parties_by_packets(expectation: Expectation, party: Party, number: int) -> Iterator[tuple[Party, TransportSet]]:
    """Yield those at one place for whom the same packets are asked: a named port is another one on other pods."""
    if number not in party.pods:
        packets = _asked(expectation, None)
        if packets:
            yield party, packets
        return
    groups: dict[TransportSet, Party] = {}
    for pod in party.pods[number]:
        packets = _asked(expectation, pod)
        if packets:
            groups.setdefault(packets, Party(party.perhaps)).add_pod(number, pod)
    for packets, one in groups.items():
        yield one, packets


def _asked(expectation: Expectation, pod: Pod | None) -> TransportSet:
    """Return the packets that an expectation names for one destination; without ports all of them."""
    if not expectation.ports:
        return TransportSet.all()
    return TransportSet.union(_of_port(port, pod) for port in expectation.ports)


def _of_port(port: PortSpec, pod: Pod | None) -> TransportSet:
    protocol = _NUMBERS[port.protocol]
    if not port.name:
        return TransportSet.of_ports(protocol, None, Intervals.of((port.first, port.last)))
    numbers = [
        number for name, kind, number in (pod.ports if pod is not None else ()) if (name, kind) == (port.name, protocol)
    ]
    return TransportSet.of_ports(protocol, None, Intervals.of_numbers(numbers)) if numbers else TransportSet.nothing()
