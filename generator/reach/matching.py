"""Does one rule match one packet: field by field, all of them ANDed (calico.md 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.packets.addresses import AddressSet
from generator.reach.inventory import UNKNOWN_ADDRESS, Address
from generator.reach.members import Directory
from generator.reach.model import ANY_SIDE, IcmpView, RuleView, SideView
from generator.reach.packet import ICMP_OF_FAMILY, Packet
from generator.reach.pod_ranges import POSSIBLE_POD_RANGES as POSSIBLE_POD_RANGES
from generator.reach.unknown import UnknownReason
from generator.selectors import Node, evaluate_selector


class Field(StrEnum):
    """The first field of a rule that does not hold, in the order in which they are looked at."""

    FAMILY = "IP version"
    PROTOCOL = "protocol"
    NOT_PROTOCOL = "notProtocol"
    ICMP = "icmp"
    NOT_ICMP = "notICMP"
    SOURCE_NETS = "source.nets"
    SOURCE_NOT_NETS = "source.notNets"
    SOURCE_SELECTOR = "source.selector"
    SOURCE_NOT_SELECTOR = "source.notSelector"
    SOURCE_SERVICE = "source.services"
    SOURCE_PORTS = "source.ports"
    SOURCE_NOT_PORTS = "source.notPorts"
    DESTINATION_NETS = "destination.nets"
    DESTINATION_NOT_NETS = "destination.notNets"
    DESTINATION_SELECTOR = "destination.selector"
    DESTINATION_NOT_SELECTOR = "destination.notSelector"
    DESTINATION_SERVICE = "destination.services"
    DESTINATION_PORTS = "destination.ports"
    DESTINATION_NOT_PORTS = "destination.notPorts"
    WHOLE_RULE = "the rule"


@dataclass(frozen=True, slots=True)
class Unsure:
    """Whether the field holds hangs on something that the snapshot does not tell."""

    field: Field
    reason: UnknownReason


Mismatch = Field | Unsure | None  # None: the rule matches

_SOURCE: Final = (
    Field.SOURCE_NETS,
    Field.SOURCE_NOT_NETS,
    Field.SOURCE_SELECTOR,
    Field.SOURCE_NOT_SELECTOR,
    Field.SOURCE_SERVICE,
    Field.SOURCE_PORTS,
    Field.SOURCE_NOT_PORTS,
)
_DESTINATION: Final = (
    Field.DESTINATION_NETS,
    Field.DESTINATION_NOT_NETS,
    Field.DESTINATION_SELECTOR,
    Field.DESTINATION_NOT_SELECTOR,
    Field.DESTINATION_SERVICE,
    Field.DESTINATION_PORTS,
    Field.DESTINATION_NOT_PORTS,
)


def find_mismatch(rule: RuleView, packet: Packet, directory: Directory) -> Mismatch:
    """Return the first field of the rule that the packet does not meet; None where the rule matches.

    A field that is unsure counts only if no other one fails.
    """
    transport = packet.transport
    protocol = transport.protocol
    if packet.family not in rule.families:
        return Field.FAMILY
    if rule.protocol is not None and rule.protocol != protocol:
        return Field.PROTOCOL
    if rule.not_protocol == protocol:
        return Field.NOT_PROTOCOL
    if rule.icmp is not None and not _is_icmp(rule.icmp, packet):
        return Field.ICMP
    if rule.not_icmp and (
        protocol != ICMP_OF_FAMILY[packet.family] or any(_is_icmp(match, packet) for match in rule.not_icmp)
    ):
        return Field.NOT_ICMP
    unsure = Unsure(Field.WHOLE_RULE, rule.unsure) if rule.unsure is not None else None
    for side, address, port, fields in (
        (rule.source, packet.source, transport.source_port, _SOURCE),
        (rule.destination, packet.destination, transport.destination_port, _DESTINATION),
    ):
        if side is ANY_SIDE:
            continue
        found = _side_mismatch(side, address, protocol, port, directory, fields)
        if isinstance(found, Field):
            return found
        unsure = unsure or found
    return unsure


def _is_icmp(match: IcmpView, packet: Packet) -> bool:
    transport = packet.transport
    return (
        transport.protocol == ICMP_OF_FAMILY[packet.family]
        and match.type in (None, transport.icmp_type)
        and match.code in (None, transport.icmp_code)
    )


def _side_mismatch(
    side: SideView, address: Address, protocol: int, port: int, directory: Directory, fields: tuple[Field, ...]
) -> Mismatch:
    unsure: Unsure | None = None
    for nets, wanted, field in ((side.nets, True, fields[0]), (side.not_nets, False, fields[1])):
        if nets is not None:
            held = holds_address(nets, address, directory.inventory.pod_ranges)
            if held is None:
                unsure = unsure or Unsure(field, UnknownReason.POD_ADDRESS)
            elif held is not wanted:
                return field
    for selector, wanted, field in ((side.members, True, fields[2]), (side.excluded, False, fields[3])):
        if selector is not None:
            member = is_member(selector, address, directory)
            if isinstance(member, UnknownReason):
                unsure = unsure or Unsure(field, member)
            elif member is not wanted:
                return field
    behind = _is_backend(side, address, protocol, port, directory)
    if behind is None:
        unsure = unsure or Unsure(fields[4], UnknownReason.RULE_SERVICE)
    elif not behind:
        return fields[4]
    return _port_mismatch(side, address, protocol, port, directory, fields) or unsure


def _is_backend(side: SideView, address: Address, protocol: int, port: int, directory: Directory) -> bool | None:
    """Tell whether an address stands behind the Service of a rule; None where that is not known."""
    if side.service is None:
        return True
    backends = directory.backends(side.service)
    if address[0] in backends.unsure:
        return None
    return (*address, protocol, port) in backends.with_ports if side.service_ports else address in backends.addresses


def _port_mismatch(
    side: SideView, address: Address, protocol: int, port: int, directory: Directory, fields: tuple[Field, ...]
) -> Field | None:
    entry = (*address, protocol, port)
    if side.asks_ports and not (
        (side.ports is not None and port in side.ports)
        or any(entry in directory.named_ports(name, side.members) for name in side.port_names)
    ):
        return fields[5]
    if side.not_ports is not None and port in side.not_ports:
        return fields[6]
    if any(entry in directory.named_ports(name, side.members) for name in side.not_port_names):
        return fields[6]
    return None


def holds_address(nets: AddressSet, address: Address, pod_ranges: AddressSet) -> bool | None:
    """Tell whether nets hold an address; None where the address is not known and might be in them or not.

    `pod_ranges` is where addresses that are not known may lie.
    """
    family, number = address
    if number < UNKNOWN_ADDRESS:
        return nets.contains(number, family)
    possible = pod_ranges.family(family)
    within = nets.family(family) & possible
    if within.is_empty:
        return False
    return True if within == possible else None


def is_member(selector: Node, address: Address, directory: Directory) -> bool | UnknownReason:
    """Tell whether any object that a selector matches has an address, or why that is not known."""
    found = directory.members(selector)
    if address in found.single:
        return True
    held = holds_address(found.ranges, address, directory.inventory.pod_ranges)
    if held:
        return True
    if names_domains(selector, directory):
        return UnknownReason.DOMAINS
    return UnknownReason.POD_ADDRESS if held is None else False


def names_domains(selector: Node, directory: Directory) -> bool:
    """Tell whether a selector matches a network set that names domains: any address may be one of theirs."""
    return any(evaluate_selector(selector, group.labels) for group in directory.inventory.with_domains)
