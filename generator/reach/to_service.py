"""A flow to a Service: policy sees it at a pod behind the Service, perhaps from another source (calico.md 2.5, 4.8).

A cluster address, an external one and a NodePort are all replaced before policy looks. Which pod is chosen, and whether
the source is replaced too, is up to the Service's implementation; so this only says what may become of the flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from generator.packets.transport import TransportSet
from generator.reach.environment import Dataplane
from generator.reach.inventory import Address
from generator.reach.service_fronts import Backend, Front
from generator.reach.unknown import UnknownReason

if TYPE_CHECKING:
    from generator.reach.engine import Engine
    from generator.reach.flow import End, Flow

_DNS: Final = 53


@dataclass(frozen=True, slots=True)
class SentOn:
    """One thing that may become of a flow; `reason` is why the verdict is unknown where another one fares otherwise."""

    flow: Flow
    reason: UnknownReason


def find_front(engine: Engine, flow: Flow) -> Front | None:
    """Return the Service that a flow is sent to, by its address or by a NodePort; None where it is sent to none."""
    destination = flow.destination
    if destination.pod is not None:
        return None
    fronts = engine.inventory.fronts
    if destination.is_host:
        return fronts.by_node_port.get((flow.transport.protocol, flow.transport.destination_port))
    return fronts.by_address.get(destination.address)


def node_port_packets(engine: Engine) -> TransportSet:
    """Return the packets that a node sends on to pods instead of taking them itself: to a NodePort or a hostPort."""
    return engine.inventory.fronts.node_port_packets | engine.host_port_packets


def behind_host_port(engine: Engine, flow: Flow) -> tuple[Flow, ...]:
    """Return what becomes of a flow to a node if a pod there takes the port; none where no pod may do so.

    The address is replaced before policy looks, by a plugin that a cluster may not have.
    """
    node, transport = flow.destination.node, flow.transport
    found: list[Flow] = []
    for key, protocol, port, target in engine.inventory.host_ports if flow.destination.is_host else ():
        pod = engine.inventory.pods[key]
        address = pod.address(flow.packet.family)
        if (protocol, port) != (transport.protocol, transport.destination_port) or pod.node not in ("", node):
            continue
        if address is not None:
            found.append(_to_backend(engine, flow, Backend(key, address, target, node)))
    return tuple(found)


def possible_flows(engine: Engine, flow: Flow, front: Front) -> tuple[SentOn, ...] | UnknownReason:
    """Return all that may become of a flow to a Service, or why that is not known."""
    transport = flow.transport
    port = front.port_of(transport.protocol, transport.destination_port, node_port=flow.destination.is_host)
    if port is None:
        return UnknownReason.SERVICE_PORT
    backends = engine.inventory.fronts.backends(front, port, flow.packet.family)
    if not backends:
        return UnknownReason.SERVICE_BACKENDS
    if engine.polices_before_translation:
        return UnknownReason.BEFORE_TRANSLATION
    outward = front.is_external(flow.destination.address) or flow.destination.is_host
    inside = flow.source.pod is not None or flow.source.is_host
    if flow.destination.is_host and front.keeps_source and not inside:
        # A node that keeps the source sends only to pods of its own, and drops the packet where it has none.
        backends = tuple(item for item in backends if item.node in ("", flow.destination.node))
        if not backends:
            return UnknownReason.SERVICE_IMPLEMENTATION
    sent = [_to_backend(engine, flow, backend) for backend in backends]
    found = [SentOn(item, UnknownReason.SERVICE_CHOICE) for item in sent]
    if outward and inside and not flow.destination.is_host:
        found.append(SentOn(flow, UnknownReason.SERVICE_IMPLEMENTATION))  # left to the load balancer itself
    if outward and not front.keeps_source and engine.environment.dataplane is not Dataplane.EBPF:
        replaced = [SentOn(item, UnknownReason.SOURCE_TRANSLATION) for one in sent for item in _from_nodes(engine, one)]
        if not replaced or not engine.inventory.complete:
            return UnknownReason.SOURCE_TRANSLATION
        found += replaced
    if transport.destination_port == _DNS and flow.source.pod is not None and not engine.inventory.complete:
        found.append(SentOn(_to_own_node(flow), UnknownReason.NODE_LOCAL_DNS))
    return tuple(found)


def _to_backend(engine: Engine, flow: Flow, backend: Backend) -> Flow:
    end = replace(
        flow.destination,
        name=backend.name,
        address=backend.address,
        pod=engine.inventory.pods.get(backend.name),
        node=backend.node,
    )
    return replace(flow, destination=end, transport=replace(flow.transport, destination_port=backend.port))


def _to_own_node(flow: Flow) -> Flow:
    """A cache on the pod's node listens on the address itself, so that nothing is replaced (calico.md 9.2)."""
    node = flow.source.node
    return replace(flow, destination=replace(flow.destination, name=f"host:{node}", node=node)) if node else flow


def _from_nodes(engine: Engine, flow: Flow) -> Iterator[Flow]:
    """Yield the flow as a node would send it on with its own address; it is routed, no process of the node sends it."""
    for address in _node_addresses(engine, flow.packet.family):
        source: End = replace(flow.source, name="", address=address, pod=None, node="")
        yield replace(flow, source=source)


def _node_addresses(engine: Engine, family: int) -> list[Address]:
    return sorted({one for known in engine.inventory.nodes.values() for one in known if one[0] == family})
