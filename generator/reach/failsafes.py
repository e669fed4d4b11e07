"""Failsafe ports of host endpoints (calico.md 2.6): for one packet, and for all packets of a place at once.

An entry may count for certain addresses of the other end alone: of the source of what comes in, of the destination of
what goes out. Answers that are let through untracked are held against the same end (felix/rules/static.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.packets.transport import TransportSet
from generator.reach.environment import Environment, Failsafe
from generator.reach.inventory import Address
from generator.reach.matching import holds_address
from generator.reach.places import Mask
from generator.reach.rows import Row, subtract, unite
from generator.reach.side_sets import ALL, SideSets, of_port
from generator.reach.unknown import UnknownReason


def is_failsafe(
    ports: Iterable[Failsafe], protocol: int, port: int, remote: Address, pod_ranges: AddressSet
) -> bool | UnknownReason:
    """Tell whether a packet to (or an answer from) a port is let through, or why that is not known."""
    found: bool | UnknownReason = False
    for entry in ports:
        if (entry.protocol, entry.port) != (protocol, port):
            continue
        held = entry.nets is None or holds_address(entry.nets, remote, pod_ranges)
        if held:
            return True
        if held is None:
            found = UnknownReason.POD_ADDRESS
        elif holds_address(entry.perhaps, remote, pod_ranges) is not False:
            found = UnknownReason.FAILSAFE_FAMILY
    return found


@dataclass(frozen=True, slots=True)
class FailsafeRows:
    """Which packets are let through with which other ends: surely, perhaps; `rest` is all that is not surely."""

    surely: Row
    perhaps: Row
    rest: Row


def failsafe_rows(
    ports: frozenset[Failsafe], answers: frozenset[Failsafe], sides: SideSets, everywhere: Mask
) -> FailsafeRows:
    """Return what ports let through, and answers from those of the other direction."""
    plain = _plain_packets(ports, source=False) | _plain_packets(answers, source=True)
    surely: Row = {plain: everywhere} if plain else {}
    perhaps: Row = {}
    for entries, source in ((ports, False), (answers, True)):
        for entry in entries:
            if entry.nets is None:
                continue
            packets = of_port(entry.protocol, Intervals.single(entry.port), source=source)
            sure, unsure = sides.in_nets(entry.nets)
            unsure |= sides.in_nets(entry.perhaps)[0]
            surely = unite(surely, {packets: sure} if sure else {})
            perhaps = unite(perhaps, {packets: unsure} if unsure else {})
    return FailsafeRows(surely, subtract(perhaps, surely), subtract({ALL: everywhere}, surely))


@cache
def _plain_packets(ports: frozenset[Failsafe], *, source: bool) -> TransportSet:
    return TransportSet.union(
        of_port(entry.protocol, Intervals.single(entry.port), source=source) for entry in ports if entry.nets is None
    )


def failsafe_nets(environment: Environment) -> Iterator[AddressSet]:
    """Go through the nets that failsafe ports are for."""
    for entry in (*environment.failsafe_inbound, *environment.failsafe_outbound):
        if entry.nets is not None:
            yield entry.nets
            yield entry.perhaps
