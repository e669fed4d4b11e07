"""Every place that a packet of one family can come from or go to; places that no rule tells apart are one.

A place is a number, and a set of places a whole number with a bit for each, so that a rule is applied to ten thousand
pods in one operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from generator.packets.addresses import AddressSet
from generator.reach.inventory import NamedPortEntry, Pod
from generator.reach.model import ServiceKey
from generator.reach.zones import UNKNOWN_ZONE, Zone, ZoneMap

Mask = int
BackendEntry = tuple[ServiceKey, int, int]  # service, protocol, port; protocol 0 for the address alone
Carrier = tuple[int, tuple[NamedPortEntry, ...]]  # label class of an endpoint that has the address, its named ports


@dataclass(frozen=True, slots=True)
class Signature:
    """What a rule can tell of an address.

    `carriers` are the endpoints that have it (the pod itself, host endpoints), by which selectors and named ports find
    it; `backends` the services behind which it stands.
    """

    zone: Zone
    carriers: tuple[Carrier, ...]
    backends: frozenset[BackendEntry]


@dataclass(frozen=True, slots=True)
class Place:
    """Pods that are alike, one node, or addresses outside that are alike."""

    number: int
    pods: tuple[Pod, ...]
    node: str  # of a node; of pods only where their node matters
    outside: AddressSet
    signature: Signature

    @property
    def bit(self) -> Mask:
        """Return the place as a set of one."""
        return 1 << self.number

    @property
    def is_unplaced(self) -> bool:
        """Tell whether these are pods whose node is not known."""
        return bool(self.pods) and not self.pods[0].node

    @property
    def is_host(self) -> bool:
        """Tell whether this is a node's own network."""
        return bool(self.node) and not self.pods


def numbers_in(mask: Mask) -> Iterator[int]:
    """Yield the numbers of the places in a set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(slots=True)
class Places:
    """All places of one family, and how sets of them are found."""

    family: int
    zones: ZoneMap
    places: list[Place] = field(default_factory=list)
    all: Mask = 0
    pods: Mask = 0
    hosts: Mask = 0
    unknown: Mask = 0  # pods whose address is not known
    by_class: dict[int, Mask] = field(default_factory=dict)
    by_zone: dict[Zone, Mask] = field(default_factory=dict)
    by_service: dict[ServiceKey, Mask] = field(default_factory=dict)
    by_port_name: dict[str, Mask] = field(default_factory=dict)
    of_pod: dict[str, int] = field(default_factory=dict)
    of_node: dict[str, int] = field(default_factory=dict)
    points: dict[int, int] = field(default_factory=dict)  # single addresses outside that something tells apart

    def outside_place(self, number: int) -> Place | None:
        """Return the place of an address outside; None where the address is that of a pod or node."""
        found = self.points.get(number)
        if found is not None:
            return self.places[found]
        zone = self.zones.zone_of(number)
        for candidate in numbers_in(self.by_zone.get(zone, 0) & ~self.pods & ~self.hosts):
            place = self.places[candidate]
            if place.outside.contains(number, self.family):
                return place
        return None

    def add(self, signature: Signature, pods: tuple[Pod, ...], node: str, outside: AddressSet) -> int:
        """Add a place and return its number."""
        place = Place(len(self.places), pods, node, outside, signature)
        self.places.append(place)
        bit = place.bit
        self.all |= bit
        if signature.zone == UNKNOWN_ZONE:
            self.unknown |= bit
        if pods:
            self.pods |= bit
        elif node:
            self.hosts |= bit
        self.by_zone[signature.zone] = self.by_zone.get(signature.zone, 0) | bit
        for label_class, ports in signature.carriers:
            self.by_class[label_class] = self.by_class.get(label_class, 0) | bit
            for name, _, _ in ports:
                self.by_port_name[name] = self.by_port_name.get(name, 0) | bit
        for service, _, _ in signature.backends:
            self.by_service[service] = self.by_service.get(service, 0) | bit
        return place.number
