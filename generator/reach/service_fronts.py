"""The addresses and NodePorts of Services, and the pods behind them, as far as a snapshot tells (calico.md 4.8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from generator.packets.addresses import parse_address
from generator.packets.intervals import Intervals
from generator.packets.transport import TransportSet
from generator.snapshot.model import EndpointSlice, KubeService, ServicePort, Snapshot

if TYPE_CHECKING:
    from generator.reach.inventory import Pod

Address = tuple[int, int]  # family, and the address as a number

PROTOCOL_NUMBERS: Final = {"TCP": 6, "UDP": 17, "SCTP": 132}
_CACHE_LABEL: Final = ("k8s-app", "node-local-dns")
_DNS: Final = 53


@dataclass(frozen=True, slots=True)
class Backend:
    """A pod, a node or an address behind a Service; `name` is the pod's key or `host:NODE`, "" outside."""

    name: str
    address: Address
    port: int
    node: str = ""


@dataclass(frozen=True, slots=True)
class Front:
    """A Service as its clients see it."""

    service: KubeService

    @property
    def key(self) -> str:
        """Return `namespace/name`."""
        return f"{self.service.namespace}/{self.service.name}"

    @property
    def keeps_source(self) -> bool:
        """Tell whether packets from outside keep their source on the way to the pod."""
        return self.service.external_traffic_policy == "Local"

    def is_external(self, address: Address) -> bool:
        """Tell whether an address is not one of the cluster's own: an external one, or that of a load balancer."""
        return address in set(readable_addresses(self.service.addresses))

    def port_of(self, protocol: int, number: int, *, node_port: bool) -> ServicePort | None:
        """Return the port of the Service that a packet is sent to."""
        for port in self.service.ports:
            known = port.node_port if node_port else port.port
            if known == number and PROTOCOL_NUMBERS.get(port.protocol) == protocol:
                return port
        return None


@dataclass(slots=True)
class Fronts:
    """All Services of a snapshot, by what packets are sent to."""

    by_address: dict[Address, Front] = field(default_factory=dict)
    by_node_port: dict[tuple[int, int], Front] = field(default_factory=dict)
    node_port_packets: TransportSet = field(default_factory=TransportSet.nothing)
    slices: dict[tuple[str, str], list[EndpointSlice]] = field(default_factory=dict)
    pods: Collection[Pod] = ()
    hosts: dict[Address, str] = field(default_factory=dict)  # addresses of nodes

    def backends(self, front: Front, port: ServicePort, family: int) -> tuple[Backend, ...]:
        """Return what is behind a port of a Service: its endpoint slices, or else the pods that its selector takes."""
        slices = self.slices.get((front.service.namespace, front.service.name))
        found = self._by_slices(slices, port) if slices else self._by_selector(front.service, port)
        return tuple(dict.fromkeys(item for item in found if item.address[0] == family))

    def _by_slices(self, slices: list[EndpointSlice], port: ServicePort) -> Iterator[Backend]:
        owners = {address: pod for pod in self.pods for address in pod.addresses}
        for piece in slices:
            for name, protocol, number in piece.ports:
                if (name, protocol) != (port.name, port.protocol):
                    continue
                for address in readable_addresses(piece.addresses):
                    pod = owners.get(address)
                    node = self.hosts.get(address, "")
                    if pod is not None:
                        yield Backend(pod.key, address, number, pod.node)
                    else:
                        yield Backend(f"host:{node}" if node else "", address, number, node)

    def _by_selector(self, service: KubeService, port: ServicePort) -> Iterator[Backend]:
        if not service.selector:
            return
        for pod in self.pods:
            if pod.namespace != service.namespace or any(pod.labels.get(key) != item for key, item in service.selector):
                continue
            for number in _target_ports(port, pod):
                for address in pod.addresses:
                    yield Backend(pod.key, address, number, pod.node)


def _target_ports(port: ServicePort, pod: Pod) -> Iterator[int]:
    if port.target.isdigit():
        yield int(port.target)
        return
    for name, protocol, number in pod.ports:
        if name == port.target and protocol == PROTOCOL_NUMBERS.get(port.protocol):
            yield number


def read_fronts(snapshot: Snapshot, pods: Collection[Pod], nodes: Mapping[str, tuple[Address, ...]]) -> Fronts:
    """Return the Services of a snapshot; a DNS Service that a cache on the nodes answers for is none of them.

    Such a cache listens on the Service's own address, so that the address is never replaced (calico.md 9.2).
    """
    fronts = Fronts(pods=pods)
    fronts.hosts = {address: name for name, known in nodes.items() for address in known}
    for piece in snapshot.endpoint_slices:
        if piece.service:
            fronts.slices.setdefault((piece.namespace, piece.service), []).append(piece)
    cached = {item.namespace for item in snapshot.workloads if item.host_network and _CACHE_LABEL in item.labels}
    node_ports: list[TransportSet] = []
    for service in snapshot.services:
        if service.namespace in cached and any(port.port == _DNS for port in service.ports):
            continue
        front = Front(service)
        for address in readable_addresses((*service.cluster_ips, *service.addresses)):
            fronts.by_address.setdefault(address, front)
        for port in service.ports:
            protocol = PROTOCOL_NUMBERS.get(port.protocol)
            if port.node_port and protocol:
                fronts.by_node_port.setdefault((protocol, port.node_port), front)
                node_ports.append(TransportSet.of_ports(protocol, None, Intervals.single(port.node_port)))
    fronts.node_port_packets = TransportSet.union(node_ports)
    return fronts


def readable_addresses(texts: Iterable[str]) -> Iterator[Address]:
    """Go through the texts that are addresses."""
    for text in texts:
        try:
            yield parse_address(text)
        except ValueError:
            continue
