"""The addresses behind a selector, a named port, a service: what Felix puts into IP sets (calico.md 3.5, 4.3, 4.6)."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

from generator.packets.addresses import AddressSet
from generator.reach.inventory import (
    Address,
    HostInterface,
    Inventory,
    NamedPortEntry,
    Pod,
)
from generator.reach.label_index import LabelIndex
from generator.reach.model import ServiceKey
from generator.reach.service_backends import NO_BACKENDS, UNKNOWN_BACKENDS, ServiceBackends
from generator.selectors import Node


@dataclass(frozen=True, slots=True)
class Members:
    """The addresses of all objects that a selector matches: endpoints one by one, network sets as ranges."""

    single: frozenset[Address]
    ranges: AddressSet

    def contains(self, address: Address) -> bool:
        """Tell whether any matching object has the address."""
        return address in self.single or self.ranges.contains(address[1], address[0])


class Directory:
    """Looks up members, each selector once."""

    __slots__ = (
        "_endpoints",
        "_inventory",
        "_members",
        "_nets_of_class",
        "_of_class",
        "_ports",
        "endpoint_index",
        "group_index",
    )

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._endpoints: list[Pod | HostInterface] = [
            *inventory.pods.values(),
            *(host for found in inventory.hosts.values() for host in found),
        ]
        self.group_index = LabelIndex(group.labels for group in inventory.groups)
        self._nets_of_class: list[list[AddressSet]] = [[] for _ in self.group_index.labels]
        for group, number in zip(inventory.groups, self.group_index.class_of, strict=True):
            self._nets_of_class[number].append(group.nets)
        self._begin(LabelIndex(endpoint.labels for endpoint in self._endpoints))

    def _begin(self, endpoint_index: LabelIndex) -> None:
        self.endpoint_index = endpoint_index
        self._of_class: list[list[Pod | HostInterface]] = [[] for _ in endpoint_index.labels]
        for endpoint, number in self.endpoints():
            self._of_class[number].append(endpoint)
        self._members: dict[Node, Members] = {}
        self._ports: dict[tuple[str, Node | None], frozenset[tuple[int, int, int, int]]] = {}

    def merged(self, endpoint_index: LabelIndex) -> Directory:
        """Return the same with other classes of endpoints."""
        found = copy(self)
        found._begin(endpoint_index)
        return found

    def endpoints(self) -> Iterator[tuple[Pod | HostInterface, int]]:
        """Go through all endpoints, each with its label class."""
        return zip(self._endpoints, self.endpoint_index.class_of, strict=True)

    @property
    def inventory(self) -> Inventory:
        """Return what is looked up in."""
        return self._inventory

    def members(self, selector: Node) -> Members:
        """Return the addresses that a selector stands for as a peer."""
        found = self._members.get(selector)
        if found is None:
            found = self._members[selector] = self._find_members(selector)
        return found

    def _find_members(self, selector: Node) -> Members:
        single = frozenset(
            address
            for number in self.endpoint_index.select(selector)
            for endpoint in self._of_class[number]
            for address in endpoint.addresses
        )
        return Members(single, AddressSet.union(self.group_nets(selector)))

    def group_nets(self, selector: Node) -> list[AddressSet]:
        """Return the nets of the network sets that a selector matches."""
        chosen = self.group_index.select(selector)
        return [nets for number in sorted(chosen) for nets in self._nets_of_class[number]]

    def named_ports(self, name: str, selector: Node | None) -> frozenset[tuple[int, int, int, int]]:
        """Return (family, address, protocol, port) of the endpoints that a selector matches and that have the name.

        Without a selector all endpoints of the cluster are looked at; network sets have no ports.
        """
        key = (name, selector)
        found = self._ports.get(key)
        if found is None:
            classes = range(len(self._of_class)) if selector is None else self.endpoint_index.select(selector)
            found = self._ports[key] = frozenset(
                (*address, protocol, port)
                for number in classes
                for endpoint in self._of_class[number]
                for protocol, port in _ports_named(endpoint.ports, name)
                for address in endpoint.addresses
            )
        return found

    def backends(self, service: ServiceKey) -> ServiceBackends:
        """Return what stands behind a Service: nothing without endpoint slices, if these are all that there are.

        No Service has an empty namespace, so behind such a one nothing stands for sure (calico.md 4.6).
        """
        found = self._inventory.services.get(service)
        if found is not None:
            return found
        return NO_BACKENDS if self._inventory.complete or not service.namespace else UNKNOWN_BACKENDS


def _ports_named(ports: tuple[NamedPortEntry, ...], name: str) -> list[tuple[int, int]]:
    return [(protocol, number) for known, protocol, number in ports if known == name]
