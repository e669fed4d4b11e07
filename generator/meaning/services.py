"""What services mean: their needs, at both ends where both are owned, and who reaches them from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.intent.model import (
    CapabilityNeed,
    Exposed,
    ExposedBy,
    ExternalNeed,
    Intent,
    Network,
    PodSelection,
    PodsNeed,
    PortSpec,
    Service,
    ServiceNeed,
)
from generator.meaning.address_ranges import as_set
from generator.meaning.model import Addresses, Grant, NoPods, Ownership, Peer, SelectedPods, Way
from generator.meaning.outside import Outside
from generator.platforms.effective import EffectiveFacts
from generator.platforms.model import PodFacts

LAYER: Final = "workloads"


def both_ends(
    layer: str, why: str, caller: PodSelection, callee: PodSelection, ports: tuple[PortSpec, ...], ownership: Ownership
) -> Iterator[Grant]:
    """Give the two ends of pods that call pods; only an end in an owned namespace is the intent's."""
    if ownership.owns(caller.namespace):
        yield Grant(layer, why, Way.LEAVING, SelectedPods(caller), SelectedPods(callee), ports)
    if ownership.owns(callee.namespace):
        yield Grant(layer, why, Way.ARRIVING, SelectedPods(callee), SelectedPods(caller), ports)


def needs_of(intent: Intent, service: Service, ownership: Ownership, outside: Outside) -> Iterator[Grant]:
    """Give what a service's needs mean; needs of the platform are in `platform`."""
    own = service.pods
    for need in service.needs:
        why = need.origin.path
        match need:
            case ServiceNeed(service=name, ports=ports):
                yield from both_ends(LAYER, why, own, intent.services[name].pods, ports, ownership)
            case PodsNeed(pods=pods, ports=ports):
                yield from both_ends(LAYER, why, own, pods, ports, ownership)
            case ExternalNeed(external=name, ports=ports):
                for end in outside.reached(intent.externals[name], ports):
                    if isinstance(end.peer, SelectedPods):
                        yield from both_ends(LAYER, why, own, end.peer.selection, end.ports, ownership)
                    else:
                        yield Grant(LAYER, why, Way.LEAVING, SelectedPods(own), end.peer, end.ports)
            case CapabilityNeed():
                pass


def exposures_of(service: Service, facts: EffectiveFacts, ownership: Ownership) -> Iterator[Grant]:
    """Give who reaches a service from elsewhere, and the other end where the controller's namespace is owned."""
    for exposed in service.exposed:
        layer = "system" if exposed.by is ExposedBy.APISERVER else LAYER
        why = exposed.origin.path
        for peer in _clients(exposed, facts):
            yield Grant(layer, why, Way.ARRIVING, SelectedPods(service.pods), peer, exposed.ports)
            if isinstance(peer, SelectedPods) and ownership.owns(peer.selection.namespace):
                yield Grant(LAYER, why, Way.LEAVING, peer, SelectedPods(service.pods), exposed.ports)


def _clients(exposed: Exposed, facts: EffectiveFacts) -> Iterator[Peer]:
    match exposed.by:
        case ExposedBy.LOADBALANCER | ExposedBy.NODEPORT if not exposed.cidrs:
            yield NoPods()
        case ExposedBy.LOADBALANCER | ExposedBy.NODEPORT | ExposedBy.CIDRS:
            yield Addresses(as_set(exposed.cidrs))
        case ExposedBy.APISERVER if exposed.source is not None:
            yield SelectedPods(exposed.source)
        case ExposedBy.APISERVER:
            yield from api_server(facts)
        case ExposedBy.INGRESS:
            yield from _controller(exposed, facts.ingress, facts.ingress_networks, facts)
        case ExposedBy.GATEWAY:
            yield from _controller(exposed, facts.gateway, facts.gateway_networks, facts)


def _controller(
    exposed: Exposed, known: PodFacts | None, balancers: tuple[Network, ...], facts: EffectiveFacts
) -> Iterator[Peer]:
    """Give the controller's pods, else its node where it is on the host's network, and balancers that reach pods."""
    if exposed.source is not None:
        yield SelectedPods(exposed.source)
        return
    if known is not None and known.host_network:
        yield Addresses(as_set(facts.node_networks))
    elif known is not None:
        yield SelectedPods(PodSelection(known.namespace, known.labels))
    if balancers:
        yield Addresses(as_set(balancers))


def api_server(facts: EffectiveFacts) -> Iterator[Peer]:
    """Give the API server: through its agents where the platform has them, from its own address or from any node."""
    for agent in facts.api_server_agents:
        if not agent.host_network:
            yield SelectedPods(PodSelection(agent.namespace, agent.labels))
    networks = (*facts.api_server_networks, *facts.node_networks)
    if networks:
        yield Addresses(as_set(networks))
