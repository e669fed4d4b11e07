"""Which flows are asked: for every number that any rule names one on each side of it, and for every net likewise.

Two packets that lie in the same ranges of all rules there ever are fare alike, so one of them is asked.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generator.calico.ports import NamedPort as PortName
from generator.calico.ports import Port, PortNumber, PortRange
from tests.obvious_parts.cluster import Cluster
from tests.obvious_parts.policies import Policy, ReadyRule
from tests.obvious_parts.things import SCTP, TCP, UDP, Address, Net

ICMP = {4: 1, 6: 58}
OTHER_PROTOCOL = 47
WITH_PORTS = (TCP, UDP, SCTP)


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of packet: protocol, ports or ICMP type and code; None where the protocol has none."""

    protocol: int
    source_port: int | None = None
    destination_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None


def rules_of(policies: Iterable[Policy]) -> list[ReadyRule]:
    """Return all rules of policies, of both directions."""
    return [rule for policy in policies for rules in policy.rules.values() for rule in rules]


def sorts_of(
    rules: Sequence[ReadyRule], family: int, exposed: Iterable[tuple[int, int]], asked: Iterable[tuple[int, int]] = ()
) -> list[Sort]:
    """Return the sorts of packets that the rules can tell apart.

    `exposed` are protocol and number of named ports, `asked` others that are asked of in any case.
    """
    exposed = set(exposed)
    more = set(asked)
    found: list[Sort] = []
    for protocol in WITH_PORTS:
        source = _ports(protocol, [(rule, rule.source.ports + rule.source.not_ports) for rule in rules], exposed, set())
        ports = [(rule, rule.destination.ports + rule.destination.not_ports) for rule in rules]
        destination = _ports(protocol, ports, exposed, {(port, port) for kind, port in more if kind == protocol})
        found += [Sort(protocol, one, other) for one in source for other in destination]
    types = {(one.type, one.code) for rule in rules for one in (rule.rule.icmp, rule.rule.not_icmp) if one is not None}
    asked = {(kind or 0, code or 0) for kind, code in types} | {(kind or 0, 200) for kind, _ in types} | {(201, 0)}
    found += [Sort(ICMP[family], icmp_type=kind, icmp_code=code) for kind, code in sorted(asked)]
    known = {*WITH_PORTS, ICMP[family]}
    named = {number for rule in rules for number in (rule.protocol, rule.not_protocol) if number is not None}
    found += [Sort(protocol) for protocol in sorted((named | {OTHER_PROTOCOL}) - known)]
    return found


def _ports(
    protocol: int,
    rules: Iterable[tuple[ReadyRule, Sequence[Port]]],
    exposed: set[tuple[int, int]],
    more: set[tuple[int, int]],
) -> list[int]:
    """Return a port for each set of ranges that some port lies in."""
    ranges = set(more)
    for rule, ports in rules:
        if rule.protocol not in (None, protocol):
            continue
        for port in ports:
            match port:
                case PortNumber(number):
                    ranges.add((number, number))
                case PortRange(low, high):
                    ranges.add((low, high))
                case PortName():
                    ranges |= {(number, number) for kind, number in exposed if kind == protocol}
    cuts = {1} | {low for low, _ in ranges} | {high + 1 for _, high in ranges if high < 65535}
    found: dict[frozenset[tuple[int, int]], int] = {}
    for cut in sorted(cuts - {0}):
        found.setdefault(frozenset(one for one in ranges if one[0] <= cut <= one[1]), cut)
    return sorted(found.values())


def outside_addresses(rules: Sequence[ReadyRule], clusters: Iterable[Cluster], family: int) -> list[Address]:
    """Return an address outside the cluster for each set of lists of nets that some address lies in."""
    lists: list[tuple[Net, ...]] = []
    own: set[Address] = set()
    for rule in rules:
        for side in (rule.source, rule.destination):
            lists += [side.nets, side.not_nets]
    for cluster in clusters:
        lists += [thing.nets for thing in cluster.things if thing.name not in cluster.endpoints]
        own |= {net.network_address for thing in cluster.endpoints.values() for net in thing.nets}
        own |= {address for addresses in cluster.node_addresses.values() for address in addresses}
        lists += [
            tuple(ipaddress.ip_network(address) for address in service.addresses)
            for service in cluster.services.values()
        ]
    spans = [_spans(nets, family) for nets in dict.fromkeys(lists)]
    spans = [found for found in spans if found]
    top = (1 << (32 if family == 4 else 128)) - 1
    cuts = {1} | {low for found in spans for low, _ in found} | {high + 1 for found in spans for _, high in found}
    made = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    found: dict[frozenset[int], Address] = {}
    for cut in sorted(cuts):
        number = cut
        while number <= top and made(number) in own:
            number += 1
        if 0 < number <= top:
            inside = frozenset(place for place, one in enumerate(spans) if _within(one, number))
            found.setdefault(inside, made(number))
    return list(found.values())


def _spans(nets: Iterable[Net], family: int) -> list[tuple[int, int]]:
    """Return nets of a family as merged ranges of numbers."""
    merged: list[tuple[int, int]] = []
    for net in sorted(net for net in nets if net.version == family):
        low, high = int(net.network_address), int(net.broadcast_address)
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _within(spans: Sequence[tuple[int, int]], number: int) -> bool:
    place = bisect_right(spans, (number, 1 << 130)) - 1
    return place >= 0 and spans[place][0] <= number <= spans[place][1]
