"""One side of a rule, asked of all places at once: which it matches, and with which ports (calico.md 3.5, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.packets.transport import TransportSet
from generator.reach.matching import names_domains
from generator.reach.members import Directory
from generator.reach.model import ANY_SIDE, IcmpView, RuleView, ServiceKey, SideView
from generator.reach.packet import ICMP_OF_FAMILY
from generator.reach.places import Mask, Place, Places, numbers_in
from generator.selectors import Node

ALL: Final = TransportSet.all()
NOTHING: Final = TransportSet.nothing()


@dataclass(frozen=True, slots=True)
class Match:
    """The places that a side matches with certain packets; `unsure` are those of which that is not known."""

    sure: Mask
    unsure: Mask
    transport: TransportSet


class SideSets:
    """Looks up the places of selectors and nets, each once, for one family of one snapshot."""

    def __init__(self, places: Places, directory: Directory) -> None:
        self.unsure = False  # set once a match turned out to hang on an address that is not known
        self._places = places
        self._directory = directory
        self._nets: dict[AddressSet, tuple[Mask, Mask]] = {}
        self._members: dict[Node, tuple[Mask, Mask]] = {}
        self._sides: dict[tuple[SideView, int | None, bool], tuple[Match, ...]] = {}
        self._seen: dict[tuple[int, int | None, bool], tuple[SideView, tuple[Match, ...]]] = {}
        self._base: dict[tuple[object, ...], TransportSet] = {}

    def match_side(self, side: SideView, protocol: int | None, source: bool) -> tuple[Match, ...]:
        """Return the places that one side of a rule matches, disjoint; `protocol` is the rule's."""
        if side is ANY_SIDE:
            return (Match(self._places.all, 0, ALL),)
        # Most sides come again as the very same object, which is found without looking at what it holds.
        seen = self._seen.get((id(side), protocol, source))
        if seen is not None and seen[0] is side:
            return seen[1]
        key = (side, protocol, source)
        found = self._sides.get(key)
        if found is None:
            found = self._sides[key] = tuple(self._find(side, protocol, source))
        self._seen[id(side), protocol, source] = (side, found)
        return found

    def base(self, rule: RuleView) -> TransportSet:
        """Return the packets of the rule's protocol and ICMP fields; nothing in a family that it is not for."""
        key = (self._places.family in rule.families, rule.protocol, rule.not_protocol, rule.icmp, rule.not_icmp)
        found = self._base.get(key)
        if found is None:
            found = self._base[key] = _base(rule, self._places.family)
        return found

    def _find(self, side: SideView, protocol: int | None, source: bool) -> list[Match]:
        sure, unsure = self._address_masks(side)
        self.unsure = self.unsure or bool(unsure)
        if not sure | unsure:
            return []
        special = self._special(side) & (sure | unsure)
        groups: dict[TransportSet, Mask] = {}
        plain = (sure | unsure) & ~special
        if plain:
            behind = side.service is None or self._is_unsure(side.service)
            asked = _asked_ports(side, protocol, source) if behind else NOTHING
            groups[asked - _refused_ports(side, protocol, source)] = plain
        for number in numbers_in(special):
            ports = self._ports_at(self._places.places[number], side, protocol, source)
            groups[ports] = groups.get(ports, 0) | 1 << number
        return [Match(mask & sure, mask & unsure, ports) for ports, mask in groups.items() if ports]

    def _special(self, side: SideView) -> Mask:
        """Return the places whose ports must be looked at one by one."""
        mask = 0
        for name in (*side.port_names, *side.not_port_names):
            mask |= self._places.by_port_name.get(name, 0)
        if side.service is not None:
            mask |= self._places.by_service.get(side.service, 0)
        return mask

    def _address_masks(self, side: SideView) -> tuple[Mask, Mask]:
        sure, possible = self._places.all, self._places.all
        parts: list[tuple[tuple[Mask, Mask], bool]] = []
        if side.nets is not None:
            parts.append((self.in_nets(side.nets), True))
        if side.not_nets is not None:
            parts.append((self.in_nets(side.not_nets), False))
        if side.members is not None:
            parts.append((self._matching(side.members), True))
        if side.excluded is not None:
            parts.append((self._matching(side.excluded), False))
        for (inside, maybe), wanted in parts:
            sure &= inside if wanted else ~(inside | maybe)
            possible &= inside | maybe if wanted else ~inside
        if side.service is not None and self._is_unsure(side.service):
            sure = 0
        return sure, possible & ~sure

    def _is_unsure(self, service: ServiceKey) -> bool:
        return self._places.family in self._directory.backends(service).unsure

    def in_nets(self, nets: AddressSet) -> tuple[Mask, Mask]:
        """Return the places with addresses in nets, and those of which that is not known."""
        found = self._nets.get(nets)
        if found is None:
            mask = 0
            for zone in self._places.zones.zones_in(nets):
                mask |= self._places.by_zone.get(zone, 0)
            ranges = self._directory.inventory.pod_ranges
            unknown = self._places.zones.unknown_in(nets, ranges) if self._places.unknown else False
            if unknown:
                mask |= self._places.unknown
            found = self._nets[nets] = (mask, self._places.unknown if unknown is None else 0)
        return found

    def _matching(self, selector: Node) -> tuple[Mask, Mask]:
        found = self._members.get(selector)
        if found is None:
            sure = unsure = 0
            for label_class in self._directory.endpoint_index.select(selector):
                sure |= self._places.by_class.get(label_class, 0)
            for nets in self._directory.group_nets(selector):
                inside, maybe = self.in_nets(nets)
                sure |= inside
                unsure |= maybe
            if names_domains(selector, self._directory):
                unsure = self._places.all
            found = self._members[selector] = (sure, unsure & ~sure)
        return found

    def _ports_at(self, place: Place, side: SideView, protocol: int | None, source: bool) -> TransportSet:
        found = _asked_ports(side, protocol, source)
        if side.port_names:
            found = found | self._named(place, side.port_names, side.members, source)
        found = found - _refused_ports(side, protocol, source)
        if side.not_port_names:
            found = found - self._named(place, side.not_port_names, side.members, source)
        if side.service is not None and not self._is_unsure(side.service):
            found = found & _behind(place, side, source)
        return found

    def _named(self, place: Place, names: tuple[str, ...], selector: Node | None, source: bool) -> TransportSet:
        classes = None if selector is None else self._directory.endpoint_index.select(selector)
        found = NOTHING
        for label_class, ports in place.signature.carriers:
            if classes is None or label_class in classes:
                for name, protocol, number in ports:
                    if name in names:
                        found = found | of_port(protocol, Intervals.single(number), source)
        return found


def of_port(protocol: int, ports: Intervals, source: bool) -> TransportSet:
    """Return the packets of a protocol from, or else to, some ports."""
    return TransportSet.of_ports(protocol, ports, None) if source else TransportSet.of_ports(protocol, None, ports)


def _asked_ports(side: SideView, protocol: int | None, source: bool) -> TransportSet:
    """Return what the numeric ports let through; with names alone nothing, those are added place by place."""
    if side.ports is not None and protocol is not None:
        return of_port(protocol, side.ports, source)
    return NOTHING if side.port_names else ALL


def _refused_ports(side: SideView, protocol: int | None, source: bool) -> TransportSet:
    if side.not_ports is None or protocol is None:
        return NOTHING
    return of_port(protocol, side.not_ports, source)


def _behind(place: Place, side: SideView, source: bool) -> TransportSet:
    found = NOTHING
    for service, protocol, port in place.signature.backends:
        if service != side.service:
            continue
        if not side.service_ports:
            return ALL
        if protocol:
            found = found | of_port(protocol, Intervals.single(port), source)
    return found


def _base(rule: RuleView, family: int) -> TransportSet:
    if family not in rule.families:
        return NOTHING
    found = ALL if rule.protocol is None else TransportSet.of_protocols([rule.protocol])
    if rule.not_protocol is not None:
        found = found - TransportSet.of_protocols([rule.not_protocol])
    if rule.icmp is not None:
        found = found & _icmp(rule.icmp, family)
    if rule.not_icmp:
        found = found & TransportSet.of_protocols([ICMP_OF_FAMILY[family]])
        for match in rule.not_icmp:
            found = found - _icmp(match, family)
    return found


def _icmp(match: IcmpView, family: int) -> TransportSet:
    return TransportSet.of_icmp(
        ICMP_OF_FAMILY[family],
        None if match.type is None else Intervals.single(match.type),
        None if match.code is None else Intervals.single(match.code),
    )
