"""What is true of the cluster: the platform profile, with what the intent states laid over it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from generator.intent.model import ClusterFacts, Labels, Network, PodSelection, PortSpec
from generator.intent.namespaces import is_listed
from generator.platforms.model import PlatformProfile, PodFacts, Presence


@dataclass(frozen=True, slots=True)
class EffectiveFacts:
    """The facts that layers use. Empty tuples and None mean: not known.

    `dns_addresses` are reached without translation of the address: a node-local cache, and then the DNS Service's
    own address too (calico.md 9.2). `exemptions` are what guardrails must leave open.
    """

    dns_pods: PodFacts | None
    dns_service: tuple[str, str] | None
    dns_addresses: tuple[Network, ...]
    dns_ports: tuple[PortSpec, ...]
    dns_resolvers: tuple[Network, ...]
    system_namespaces: tuple[str, ...]
    metadata_addresses: tuple[Network, ...]
    exemptions: tuple[tuple[Network, PortSpec], ...]
    api_server_agents: tuple[PodFacts, ...]
    api_server_networks: tuple[Network, ...]
    node_networks: tuple[Network, ...]
    ingress: PodFacts | None
    ingress_networks: tuple[Network, ...]
    gateway: PodFacts | None
    gateway_networks: tuple[Network, ...]
    own_networks: tuple[Network, ...]  # pods, services, nodes, API server, DNS

    def is_system_namespace(self, name: str) -> bool:
        """Tell whether a namespace is the platform's; entries that end in `*` are prefixes."""
        return is_listed(name, self.system_namespaces)


def effective_facts(profile: PlatformProfile, stated: ClusterFacts, needed: Collection[str] = ()) -> EffectiveFacts:
    """Lay what the intent states of the cluster over the profile; a statement replaces the profile's whole value.

    `needed` are the capabilities that some service needs: their addresses are left open by guardrails, others are not.
    """
    dns = profile.dns
    node_local = stated.node_local_dns or dns.node_local.value
    has_node_local = bool(stated.node_local_dns) or dns.node_local_presence.value is not Presence.NEVER
    service_addresses = stated.dns_service or dns.service_addresses.value
    addresses = _sorted((*node_local, *service_addresses)) if has_node_local else ()
    pods = stated.pod_cidrs or profile.pod_cidrs.value
    services = stated.service_cidrs or profile.service_cidrs.value
    own = (*pods, *services, *stated.node_cidrs, *stated.api_server, *service_addresses, *node_local)
    return EffectiveFacts(
        dns_pods=dns.pods.value if dns.pods is not None else None,
        dns_service=dns.service.value if dns.service is not None else None,
        dns_addresses=addresses,
        dns_ports=dns.ports.value,
        dns_resolvers=_sorted(dns.resolvers.value),
        system_namespaces=profile.system_namespaces.value,
        metadata_addresses=_sorted(profile.metadata_addresses.value),
        exemptions=_exemptions(profile, addresses, needed),
        api_server_agents=profile.api_server_sources.value,
        api_server_networks=_sorted(stated.api_server),
        node_networks=_sorted(stated.node_cidrs),
        ingress=_stated_pods(stated.ingress) or (profile.ingress.value if profile.ingress is not None else None),
        ingress_networks=() if stated.ingress is not None else _sorted(profile.ingress_networks.value),
        gateway=_stated_pods(stated.gateway),
        gateway_networks=() if stated.gateway is not None else _sorted(profile.ingress_networks.value),
        own_networks=_sorted(own),
    )


def _exemptions(
    profile: PlatformProfile, dns_addresses: tuple[Network, ...], needed: Collection[str]
) -> tuple[tuple[Network, PortSpec], ...]:
    """Collect addresses and ports that guardrails must leave open; which of them they could deny is theirs to see."""
    found = set(profile.metadata_exempt.value)
    found.update((net, port) for net in dns_addresses for port in profile.dns.ports.value)
    found.update((net, port) for net in profile.dns.resolvers.value for port in profile.dns.ports.value)
    for name in sorted(set(needed) & set(profile.capabilities)):
        for peer in profile.capabilities[name].peers:
            found.update((net, port) for net in peer.networks for port in peer.ports)
    return tuple(sorted(found, key=lambda item: (item[0].version, int(item[0].network_address), item[1])))


def _stated_pods(selection: PodSelection | None) -> PodFacts | None:
    if selection is None:
        return None
    labels: Labels = selection.labels
    return PodFacts(selection.namespace, labels, ())


def _sorted(networks: tuple[Network, ...]) -> tuple[Network, ...]:
    return tuple(sorted(set(networks), key=lambda net: (net.version, int(net.network_address), net.prefixlen)))
