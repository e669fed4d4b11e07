"""Whether one rule matches one packet (calico.md 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.calico.ports import NamedPort as PortName
from generator.calico.ports import Port, PortNumber, PortRange
from generator.calico.rule import ICMPMatch
from tests.obvious_parts.cluster import Cluster, Service
from tests.obvious_parts.policies import ReadyRule, Side
from tests.obvious_parts.things import SCTP, TCP, UDP, Address, Net

ICMP, ICMPV6 = 1, 58


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a connection; ports and ICMP fields are None where the protocol has none."""

    family: int
    protocol: int
    source: Address
    destination: Address
    source_port: int | None = None
    destination_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None


def matches(ready: ReadyRule, packet: Packet, cluster: Cluster) -> bool:
    """Tell whether all fields that a rule gives match; an omitted one does not constrain, http never does (4.1)."""
    rule = ready.rule
    if ready.family not in (None, packet.family) or ready.protocol not in (None, packet.protocol):
        return False
    if ready.not_protocol == packet.protocol or not is_rendered(ready, packet.family):
        return False
    if rule.icmp is not None and rule.icmp.type is not None and not _is_icmp(rule.icmp, packet):
        return False
    if rule.not_icmp is not None and rule.not_icmp.type is not None and not _is_other_icmp(rule.not_icmp, packet):
        return False
    return (
        _side_matches(ready, ready.source, packet.source, packet.source_port, packet, cluster)
        and _side_matches(ready, ready.destination, packet.destination, packet.destination_port, packet, cluster)
        and _services_match(ready, packet, cluster)
    )


def is_rendered(ready: ReadyRule, family: int) -> bool:
    """Tell whether a rule exists for a family.

    It does not where one of its lists of nets has none of that family, nor with a negated net that is all of it (4.5).
    """
    for side in (ready.source, ready.destination):
        if not side.nets and not side.not_nets:
            continue
        for nets in (side.nets, side.not_nets):
            if nets and not any(net.version == family for net in nets):
                return False
        if any(net.version == family and net.prefixlen == 0 for net in side.not_nets):
            return False
    return True


def _is_icmp(match: ICMPMatch, packet: Packet) -> bool:
    if not _has_type(packet) or packet.icmp_type != match.type:
        return False
    return match.code is None or packet.icmp_code == match.code


def _is_other_icmp(match: ICMPMatch, packet: Packet) -> bool:
    """Tell whether a packet is ICMP of another type or code; a negative match too is about ICMP alone (4.4)."""
    return _has_type(packet) and not _is_icmp(match, packet)


def _has_type(packet: Packet) -> bool:
    """Tell whether a packet is of its family's ICMP; the match of the other family is never asked of it (4.4)."""
    return packet.protocol == (ICMP if packet.family == 4 else ICMPV6)


def _side_matches(
    ready: ReadyRule, side: Side, address: Address, port: int | None, packet: Packet, cluster: Cluster
) -> bool:
    if side.nets and not _is_in(address, side.nets):
        return False
    if side.not_nets and _is_in(address, side.not_nets):
        return False
    if side.positive is not None and not cluster.finds(side.positive, address):
        return False
    if side.negative is not None and cluster.finds(side.negative, address):
        return False
    if side.ports and not any(
        _port_matches(wanted, ready, side, address, port, packet, cluster) for wanted in side.ports
    ):
        return False
    return not side.not_ports or not any(
        _port_matches(wanted, ready, side, address, port, packet, cluster) for wanted in side.not_ports
    )


def _is_in(address: Address, nets: Iterable[Net]) -> bool:
    return any(address in net for net in nets)


def _port_matches(
    wanted: Port, ready: ReadyRule, side: Side, address: Address, port: int | None, packet: Packet, cluster: Cluster
) -> bool:
    """Match a number or range, or a name: an endpoint with this address has such a port under it (4.3).

    A name looks at endpoints that the positive selector of the side finds, at all of the cluster without one; without
    a protocol in the rule at ports of TCP, UDP and SCTP.
    """
    if port is None:
        return False
    match wanted:
        case PortNumber(number):
            return port == number
        case PortRange(low, high):
            return low <= port <= high
        case PortName(name):
            if packet.protocol not in ((TCP, UDP, SCTP) if ready.protocol is None else (ready.protocol,)):
                return False
            return any(
                exposed.name == name and exposed.protocol == packet.protocol and exposed.number == port
                for thing in cluster.at(address)
                if side.positive is None or cluster.selects(side.positive, thing)
                for exposed in thing.ports
            )


def _services_match(ready: ReadyRule, packet: Packet, cluster: Cluster) -> bool:
    """Match services: of the source addresses alone, of the destination addresses with target ports (4.6).

    Without a namespace the name is that of no Service.
    """
    if ready.source.service is not None:
        found = cluster.services.get(ready.source.service, Service())
        if packet.source not in found.addresses:
            return False
    if ready.destination.service is not None:
        found = cluster.services.get(ready.destination.service, Service())
        return (packet.destination, packet.protocol, packet.destination_port) in found.ports
    return True
