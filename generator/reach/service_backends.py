"""What stands behind the Services that rules name: endpoint slices or, until there are some, what will be in them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

from generator.packets.addresses import FAMILIES
from generator.reach.model import PolicyView, ServiceKey
from generator.reach.service_fronts import PROTOCOL_NUMBERS, Front, Fronts, readable_addresses
from generator.snapshot.model import Snapshot

Address = tuple[int, int]  # family, and the address as a number


@dataclass(frozen=True, slots=True)
class ServiceBackends:
    """What the endpoint slices of a Service hold; readiness is not looked at (calico.md 4.6)."""

    addresses: frozenset[Address]
    with_ports: frozenset[tuple[int, int, int, int]]  # family, address, protocol, port
    unsure: frozenset[int] = frozenset()  # families of which the snapshot does not tell what is behind the Service


NO_BACKENDS: Final = ServiceBackends(frozenset(), frozenset())
UNKNOWN_BACKENDS: Final = ServiceBackends(frozenset(), frozenset(), frozenset(FAMILIES))


def services_named(views: Iterable[PolicyView]) -> set[ServiceKey]:
    """Return the Services that rules of policies name."""
    rules = (rule for view in views for rule in (*view.ingress, *view.egress))
    sides = (side for rule in rules for side in (rule.source, rule.destination))
    return {side.service for side in sides if side.service is not None}


def read_backends(snapshot: Snapshot) -> dict[ServiceKey, ServiceBackends]:
    """Return what the endpoint slices of a snapshot hold."""
    addresses: dict[ServiceKey, set[Address]] = {}
    with_ports: dict[ServiceKey, set[tuple[int, int, int, int]]] = {}
    for piece in snapshot.endpoint_slices:
        if not piece.service:
            continue
        key = ServiceKey(piece.namespace, piece.service)
        known = set(readable_addresses(piece.addresses))
        addresses.setdefault(key, set()).update(known)
        with_ports.setdefault(key, set()).update(
            (family, address, PROTOCOL_NUMBERS[protocol], port)
            for family, address in known
            for _, protocol, port in piece.ports
            if protocol in PROTOCOL_NUMBERS
        )
    return {key: ServiceBackends(frozenset(found), frozenset(with_ports[key])) for key, found in addresses.items()}


def expect_backends(
    snapshot: Snapshot, fronts: Fronts, told: Container[ServiceKey]
) -> dict[ServiceKey, ServiceBackends]:
    """Return what the endpoint slices that manifests do not hold will hold: the pods that a Service selects.

    Where it selects none that is there, or pods on the host's network, nobody knows. A Service has one family, of which
    only its own addresses tell; without them that is taken to be IPv4, and of IPv6 nothing is known. `told` are those
    of which slices tell.
    """
    on_host = [item for item in snapshot.workloads if item.host_network]
    expected: dict[ServiceKey, ServiceBackends] = {}
    for service in snapshot.services:
        key = ServiceKey(service.namespace, service.name)
        wanted = set(service.selector or ())
        if key in told or any(item.namespace == service.namespace and wanted.issubset(item.labels) for item in on_host):
            continue
        stated = {family for family, _ in readable_addresses(service.cluster_ips)}
        families = stated or {4}
        found = {
            (*item.address, PROTOCOL_NUMBERS[port.protocol], item.port)
            for port in service.ports
            if port.protocol in PROTOCOL_NUMBERS
            for family in families
            for item in fronts.backends(Front(service), port, family)
        }
        if found:
            unsure = frozenset() if stated else frozenset(FAMILIES) - families
            behind = frozenset((family, address) for family, address, _, _ in found)
            expected[key] = ServiceBackends(behind, frozenset(found), unsure)
    return expected
