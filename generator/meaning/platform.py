"""What the platform adds: DNS for everybody who may ask, and the capabilities that services need."""

from __future__ import annotations

from collections.abc import Iterator

from generator.intent.model import CapabilityNeed, PodSelection, PortSpec, Service
from generator.meaning.address_ranges import as_set
from generator.meaning.model import Addresses, AskingPods, Backends, Grant, Ownership, Peer, Ports, SelectedPods, Way
from generator.meaning.services import api_server, both_ends
from generator.platforms.effective import EffectiveFacts
from generator.platforms.model import CapabilityPeer, PlatformProfile


def dns(facts: EffectiveFacts) -> Iterator[Grant]:
    """Give DNS as the platform runs it; egress alone, for the resolvers' own namespace is the platform's.

    A resolver on the host's network has no labels for a policy, so it is known by its Service's endpoints.
    """
    pods = facts.dns_pods
    if pods is not None and not pods.host_network:
        peer = SelectedPods(PodSelection(pods.namespace, pods.labels))
        yield _asking(peer, pods.ports, "platform.dns.pods")
    elif pods is not None and facts.dns_service is not None:
        yield _asking(Backends(*facts.dns_service), None, "platform.dns.service")
    for networks, why in ((facts.dns_addresses, "nodeLocal"), (facts.dns_resolvers, "resolvers")):
        if networks:
            yield _asking(Addresses(as_set(networks)), facts.dns_ports, f"platform.dns.{why}")


def _asking(peer: Peer, ports: Ports, why: str) -> Grant:
    return Grant("dns", why, Way.LEAVING, AskingPods(), peer, ports)


def webhooks(profile: PlatformProfile, facts: EffectiveFacts, ownership: Ownership) -> Iterator[Grant]:
    """Give that the API server reaches the platform's own webhooks, where they live in an owned namespace."""
    for webhook in profile.webhooks:
        pods = webhook.pods
        if ownership.owns(pods.namespace) and not pods.host_network:
            subject = SelectedPods(PodSelection(pods.namespace, pods.labels))
            for peer in api_server(facts):
                yield Grant("system", f"platform.webhooks.{webhook.name}", Way.ARRIVING, subject, peer, pods.ports)


def capabilities_of(
    service: Service, profile: PlatformProfile, facts: EffectiveFacts, ownership: Ownership
) -> Iterator[Grant]:
    """Give what a service's needs of the platform mean."""
    for need in service.needs:
        if isinstance(need, CapabilityNeed):
            for target in profile.capabilities[need.capability].peers:
                yield from _capability(service, need.origin.path, target, facts, ownership)


def _capability(
    service: Service, why: str, target: CapabilityPeer, facts: EffectiveFacts, ownership: Ownership
) -> Iterator[Grant]:
    if target.pods is not None:
        pods = PodSelection(target.pods.namespace, target.pods.labels)
        yield from both_ends("system", why, service.pods, pods, target.ports, ownership)
    elif target.service is not None:
        yield _leaving(service, why, Backends(*target.service), None)
    elif target.nodes:
        yield _leaving(service, why, Addresses(as_set(facts.node_networks)), target.ports)
    else:
        yield _leaving(service, why, Addresses(as_set(target.networks)), target.ports)


def _leaving(service: Service, why: str, peer: Peer, ports: tuple[PortSpec, ...] | None) -> Grant:
    return Grant("system", why, Way.LEAVING, SelectedPods(service.pods), peer, ports)
