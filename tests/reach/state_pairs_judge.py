"""What gets through between all ends of one state: the obvious evaluator, asked each question once.

An end decides by itself on what leaves or enters it, so `tests/obvious.py` is asked about one end at a time with the
other as a bare address; of peers that no rule tells apart one is asked. Within a node whose host endpoints have a say
the whole way is asked, both ends at once.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.calico.ports import Port, PortNumber, PortRange
from tests.obvious import Cluster
from tests.obvious_parts.path import Place, Way, find_place
from tests.obvious_parts.policies import Direction, Policy, ReadyRule
from tests.obvious_parts.rules import Packet
from tests.obvious_parts.things import Address
from tests.plan_oracle_parts.likeness import Likeness

Mask = int
Sort = dict[str, Any]  # protocol, sport, dport, icmpType, icmpCode: what a flow says above the addresses


@dataclass(slots=True)
class Judge:
    """One state; answers are numbers with a bit for each packet."""

    cluster: Cluster
    family: int
    sorts: Sequence[Sort]
    _known: dict[object, Mask] = field(default_factory=dict)
    _seen: dict[object, object] = field(default_factory=dict)
    _likeness: Likeness = field(default_factory=Likeness)
    _policies: tuple[Policy, ...] = ()
    _hosts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._policies = tuple(policy for tier in self.cluster.tiers for policy in tier.policies)
        self._hosts = frozenset(host.node for host in self.cluster.host_endpoints)

    def place(self, text: str) -> Place:
        """Return an end as the evaluator sees it."""
        return find_place(self.cluster, text, {"family": self.family})

    def allowed(self, source: Place, destination: Place) -> Mask:
        """Return which packets get from one end to the other."""
        if source.node and source.node == destination.node and source.node in self._hosts:
            return self._ask(source, destination)
        return self._leaves(source, destination.address) & self._enters(destination, source.address)

    def _leaves(self, own: Place, peer: Address) -> Mask:
        asked = "egress", self._what_counts(own, peer, "egress")
        if asked not in self._known:
            self._known[asked] = self._ask(own, Place(peer))
        return self._known[asked]

    def _enters(self, own: Place, peer: Address) -> Mask:
        asked = "ingress", self._what_counts(own, peer, "ingress")
        if asked not in self._known:
            self._known[asked] = self._ask(Place(peer), own)
        return self._known[asked]

    def _what_counts(self, own: Place, peer: Address, direction: Direction) -> object:
        """Return all that an end's answer about a peer can depend on."""
        asked = own.address, peer, direction
        if asked not in self._seen:
            self._seen[asked] = self._find_what_counts(own, peer, direction)
        return self._seen[asked]

    def _find_what_counts(self, own: Place, peer: Address, direction: Direction) -> object:
        if not own.node:
            return "outside"
        if own.node in self._hosts:
            directions: tuple[Direction, ...] = ("ingress", "egress")
            return own.address, *(self._likeness.of(self.cluster, self._policies, one, peer) for one in directions)
        if own.pod is None:
            return "a node without host endpoints"
        chosen = self.cluster.governing(own.pod, direction, "workload")
        tiers = tuple((tier.name, tuple(map(id, policies))) for tier, policies in chosen)
        policies = [policy for _, found in chosen for policy in found]
        ends = (self._likeness.of(self.cluster, policies, direction, one) for one in (own.address, peer))
        return tiers, own.pod.profiles, *ends

    def _ask(self, source: Place, destination: Place) -> Mask:
        mask = 0
        for number, sort in enumerate(self.sorts):
            way = Way(self.cluster, packet_of(sort, self.family, source, destination), source, destination)
            way.walk()
            decisions = (way.egress, way.ingress, *way.host)
            if all(one["verdict"] == "allow" for one in decisions if one is not None):
                mask |= 1 << number
        return mask


def packet_of(sort: Sort, family: int, source: Place, destination: Place) -> Packet:
    """Return the first packet of a connection of this sort between two ends."""
    ports = sort.get("sport"), sort.get("dport")
    fields = *ports, sort.get("icmpType"), sort.get("icmpCode")
    return Packet(family, sort["protocol"], source.address, destination.address, *fields)


def rules_of(clusters: Iterable[Cluster]) -> Iterator[ReadyRule]:
    """Go through the rules of several states."""
    for cluster in clusters:
        for tier in cluster.tiers:
            for policy in tier.policies:
                for rules in policy.rules.values():
                    yield from rules


def sorts_of(clusters: Sequence[Cluster], family: int) -> list[Sort]:
    """Return packets at every boundary that the states name, and on either side: ports, types, protocols.

    No rule names source ports; that of a failsafe port counts where an answer cannot be told from a connection.
    """
    edges = {4789, *_numbers(clusters)}
    ports = sorted({near for edge in edges for near in (edge - 1, edge, edge + 1) if 0 < near < 1 << 16})
    named = {rule.rule.icmp.type for rule in rules_of(clusters) if rule.rule.icmp is not None}
    types = {near for one in named if one is not None for near in (one - 1, one, one + 1)} | {135}
    protocols = {rule.protocol for rule in rules_of(clusters)} - {None, 1, 6, 17, 58}
    others = {near for one in protocols if one is not None for near in (one - 1, one, one + 1)} | {4, 132}
    found: list[Sort] = []
    for protocol in (6, 17):
        found += [{"protocol": protocol, "sport": 40000, "dport": port} for port in ports]
    found += [{"protocol": 6, "sport": 40000, "dport": port} for port in (22, 6443)]
    found += [{"protocol": 6, "sport": port, "dport": 80} for port in (22, 6443)]
    icmp = 1 if family == 4 else 58
    found += [{"protocol": icmp, "icmpType": one, "icmpCode": 0} for one in sorted(types)]
    return found + [{"protocol": one} for one in sorted(others)]


def _numbers(clusters: Sequence[Cluster]) -> Iterator[int]:
    """Go through the ports that rules write, that pods have under a name, and of backends."""
    ports: set[Port] = set()
    for rule in rules_of(clusters):
        for side in (rule.source, rule.destination):
            ports.update((*side.ports, *side.not_ports))
    for port in ports:
        match port:
            case PortNumber(number):
                yield number
            case PortRange(low, high):
                yield from (low, high)
            case _:
                yield from (one.number for cluster in clusters for thing in cluster.things for one in thing.ports)
    if any(side.service is not None for rule in rules_of(clusters) for side in (rule.source, rule.destination)):
        found = (service.ports for cluster in clusters for service in cluster.services.values())
        yield from (port for ports_of in found for _, _, port in ports_of)


def boundaries(clusters: Sequence[Cluster], family: int) -> list[str]:
    """Return each first and last address of a net that the states name, and its neighbours."""
    nets = {net for cluster in clusters for thing in cluster.things for net in thing.nets}
    for rule in rules_of(clusters):
        for side in (rule.source, rule.destination):
            nets.update((*side.nets, *side.not_nets))
    outside = {4: ("8.8.8.8", "203.0.113.9"), 6: ("2001:db8::8", "2001:db8:1::9")}[family]
    found = {int(ipaddress.ip_address(text)) for text in outside}
    for net in nets:
        if net.version == family:
            first, last = int(net[0]), int(net[-1])
            found |= {first - 1, first, last, last + 1}
    kind = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    top = (1 << (32 if family == 4 else 128)) - 1
    used = {address for cluster in clusters for address in _used(cluster)}
    return [f"ip:{kind(number)}" for number in sorted(found) if 0 < number < top and kind(number) not in used]


def _used(cluster: Cluster) -> Iterator[Address]:
    for pod in cluster.pods.values():
        for entry in pod.get("status", {}).get("podIPs") or ():
            yield ipaddress.ip_address(entry["ip"])
    for addresses in cluster.node_addresses.values():
        yield from addresses
