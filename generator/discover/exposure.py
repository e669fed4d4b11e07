"""Who comes from outside: load balancers, node ports, routes, and the API server with its webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from generator.discover.proposal import Evidence, ProposedExposure
from generator.discover.services import Group, Groups
from generator.intent.model import PortSpec
from generator.snapshot.model import KubeService, Route, Snapshot
from generator.snapshot.resolve import ServiceTable, find_port

_GATEWAY_ROUTES = frozenset(["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "VirtualService"])


def find_exposures(snapshot: Snapshot, groups: Groups, unknown: dict[str, str]) -> dict[str, list[ProposedExposure]]:
    """Return by service name who reaches it from outside its peers.

    `unknown` says for a word of the intent (ingress, gateway) why its controller's pods are not known; such a line is
    right but cannot be rendered as it is.
    """
    found: dict[str, dict[str, list[tuple[frozenset[PortSpec], Evidence]]]] = {}
    for group, by, ports, evidence in _all(snapshot, groups):
        found.setdefault(group.name, {}).setdefault(by, []).append((ports, evidence))
    by_name = {group.name: group for group in groups.all}
    result: dict[str, list[ProposedExposure]] = {}
    for name, ways in sorted(found.items()):
        every = {item.port for item in by_name[name].ports if not item.why}
        for by, rows in sorted(ways.items()):
            ports = frozenset(port for row, _ in rows for port in row)
            narrow = () if ports >= every else tuple(sorted(ports))
            seen = tuple(dict.fromkeys(item for _, item in rows))
            why = unknown.get(by, "")
            if not every:
                why = "none of its ports is known"
            result.setdefault(name, []).append(ProposedExposure(by, narrow, seen, why))
    return result


Row = tuple[Group, str, frozenset[PortSpec], Evidence]


def _all(snapshot: Snapshot, groups: Groups) -> Iterator[Row]:
    yield from _by_type(snapshot, groups)
    table = ServiceTable.of(snapshot)
    for route in snapshot.routes:
        yield from _by_route(snapshot, groups, table, route)
    for callback in snapshot.callbacks:
        group = groups.by_service.get((callback.namespace, callback.service))
        service = table.find(callback.namespace, callback.service)
        if group is not None and service is not None:
            ports = group.ports_of(snapshot, service, callback.port)
            text = f"{callback.kind} {callback.name} calls port {callback.port} of Service {callback.service}"
            yield group, "apiserver", ports, Evidence(callback.source.place(), text)


def _by_type(snapshot: Snapshot, groups: Groups) -> Iterator[Row]:
    for service in snapshot.services:
        group = groups.by_service.get((service.namespace, service.name))
        if group is None or service.type not in ("LoadBalancer", "NodePort"):
            continue
        ports = frozenset(found for port in service.ports for found in group.ports_of(snapshot, service, port.port))
        evidence = Evidence(service.source.place(("spec", "type")), f"Service {service.name} has type {service.type}")
        yield group, service.type.lower(), ports, evidence


def _by_route(snapshot: Snapshot, groups: Groups, table: ServiceTable, route: Route) -> Iterator[Row]:
    by = _brought_by(route)
    if not by:
        return
    for (namespace, name, written), path in zip(route.backends, route.paths, strict=True):
        group = groups.by_service.get((namespace, name))
        service = table.find(namespace, name)
        if group is None or service is None:
            continue
        text = f"{route.kind} {route.name} leads to Service {name}"
        yield (
            group,
            by,
            _route_ports(snapshot, group, service, route, written),
            Evidence(route.source.place(path), text),
        )


def _brought_by(route: Route) -> str:
    """Return the intent's word; empty for a route inside a mesh, which brings nobody from outside."""
    if route.kind not in _GATEWAY_ROUTES:
        return "ingress"
    outside = [parent for parent in route.parents if parent.startswith("Gateway/")]
    return "gateway" if outside or not route.parents else ""


def _route_ports(
    snapshot: Snapshot, group: Group, service: KubeService, route: Route, written: str
) -> frozenset[PortSpec]:
    if route.kind == "Route" and written:  # OpenShift names the pods' port there
        named = frozenset(
            found
            for port in service.ports
            if written in (port.target, port.name)
            for found in group.ports_of(snapshot, service, port.port)
        )
        if named:
            return named
    port = find_port(service, written)
    chosen = [port] if port is not None else list(service.ports)
    return frozenset(found for item in chosen for found in group.ports_of(snapshot, service, item.port))
