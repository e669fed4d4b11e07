"""What the platform and the snapshot say of the cluster around the services: facts for `cluster:`, and what is unknown.

A line that the layers cannot render without a fact that nobody stated is proposed as a comment, not as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from generator.calico.versions import parse_version
from generator.discover.proposal import Evidence, ProposedFact, ProposedTarget
from generator.foundation.diagnostics import NOWHERE
from generator.foundation.errors import InputError
from generator.intent.model import ClusterFacts
from generator.platforms import EffectiveFacts, effective_facts, load_profile
from generator.platforms.model import PlatformProfile
from generator.snapshot.facts import read_seen
from generator.snapshot.model import Snapshot
from generator.snapshot.resolve import ServiceTable

_API_SERVER = ("default", "kubernetes")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The platform as far as discovery needs it, and what the snapshot adds to it."""

    effective: EffectiveFacts
    capabilities: frozenset[str]
    facts: tuple[ProposedFact, ...]
    unknown: dict[str, str]  # a word of `exposed`, and why it cannot be rendered as it is
    target: tuple[ProposedTarget, ...] = ()


def read_surroundings(snapshot: Snapshot, platform: str) -> Surroundings:
    """Load the profile and look into the snapshot; raises InputError for a platform that there is none of."""
    profile = load_profile(platform)
    effective = effective_facts(profile, ClusterFacts())
    facts = tuple(_facts(snapshot, effective))
    stated = {fact.key for fact in facts}
    unknown: dict[str, str] = {}
    on_nodes = effective.ingress is not None and effective.ingress.host_network and "nodes" not in stated
    if (effective.ingress is None or on_nodes) and not effective.ingress_networks:
        unknown["ingress"] = f"platform {platform} does not say which pods bring it; state cluster.ingress"
    unknown["gateway"] = "which pods bring it is not known; state cluster.gateway"
    agents = [agent for agent in effective.api_server_agents if not agent.host_network]
    if not agents and not {"nodes", "apiServer"} & stated:
        unknown["apiserver"] = "the API server's addresses are not known; state cluster.apiServer or cluster.nodes"
    return Surroundings(effective, frozenset(profile.capabilities), facts, unknown, tuple(_target(snapshot, profile)))


def _target(snapshot: Snapshot, profile: PlatformProfile) -> Iterator[ProposedTarget]:
    """Go through what the cluster is and the profile does not say; a set for another would not be taken there."""
    seen = read_seen(snapshot)
    try:
        version = parse_version(seen.calico).minor_text if seen.calico else ""
    except InputError:
        version = ""  # whoever renders is told that it is not supported
    if version and version != parse_version(profile.calico.value).minor_text:
        yield ProposedTarget("calico", version, Evidence(NOWHERE, f"the cluster's is {seen.calico}"))
    if seen.api_group and seen.api_group != profile.api_group.value:
        yield ProposedTarget("apiGroup", seen.api_group, Evidence(NOWHERE, "the one that the cluster uses"))


def _facts(snapshot: Snapshot, effective: EffectiveFacts) -> Iterator[ProposedFact]:
    """Go through what a snapshot can say: nodes, API server, DNS; a directory of an application holds none of it."""
    nodes = _addresses(address for node in snapshot.nodes for address in node.addresses)
    if nodes:
        yield ProposedFact("nodes", nodes, Evidence(NOWHERE, f"addresses of {len(snapshot.nodes)} nodes"))
    server = _addresses(
        address
        for item in snapshot.endpoint_slices
        if (item.namespace, item.service) == _API_SERVER
        for address in item.addresses
    )
    if server:
        yield ProposedFact("apiServer", server, Evidence(NOWHERE, "endpoints of Service kubernetes"))
    if effective.dns_service is not None:
        service = ServiceTable.of(snapshot).find(*effective.dns_service)
        addresses = _addresses(service.cluster_ips) if service is not None else ()
        if service is not None and addresses:
            evidence = Evidence(service.source.place(("spec", "clusterIP")), f"Service {service.name}")
            yield ProposedFact("dns", addresses, evidence)


def _addresses(texts: Iterable[str]) -> tuple[str, ...]:
    found = set()
    for text in texts:
        try:
            found.add(ip_address(text))
        except ValueError:
            continue
    return tuple(str(item) for item in sorted(found, key=lambda item: (item.version, int(item))))
