"""A platform profile after loading, every fact with its source and whether anybody has verified it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from generator.foundation.diagnostics import Place
from generator.intent.model import Labels, Layout, Network, PortSpec

T = TypeVar("T")


class Presence(StrEnum):
    """Whether a part that some clusters have is there."""

    ALWAYS = "always"
    POSSIBLE = "possible"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """A value with where it is from; `verified` only if the source was opened and says so."""

    value: T
    source: str
    verified: bool
    path: str = ""
    place: Place = field(default=Place(""), compare=False)
    file: str = ""  # the published manifest that holds the value, by its path in the collection of such files


@dataclass(frozen=True, slots=True)
class PodFacts:
    """Pods of the platform: namespace, labels that all have, the ports they listen on, host network or not."""

    namespace: str
    labels: Labels
    ports: tuple[PortSpec, ...]
    host_network: bool = False


@dataclass(frozen=True, slots=True)
class DnsFacts:
    """How pods ask for names.

    `pods` answer on their target ports (None: no such pods, as with an external resolver). `service` is (namespace,
    name). `service_addresses` are known ClusterIPs; empty means they must come from the intent or a snapshot.
    `node_local` are addresses of a node-local cache or of the platform's resolver, reached with no translation.
    `resolvers` are outside the cluster. `node_ports` are the ports on both.
    """

    pods: Fact[PodFacts] | None
    service: Fact[tuple[str, str]] | None
    service_addresses: Fact[tuple[Network, ...]]
    node_local: Fact[tuple[Network, ...]]
    node_local_presence: Fact[Presence]
    resolvers: Fact[tuple[Network, ...]]
    ports: Fact[tuple[PortSpec, ...]]


@dataclass(frozen=True, slots=True)
class CapabilityPeer:
    """One target of a capability: a Service (its endpoints), pods, or address ranges; exactly one is set."""

    service: tuple[str, str] | None = None  # (namespace, name)
    pods: PodFacts | None = None
    networks: tuple[Network, ...] = ()
    nodes: bool = False  # the cluster's node addresses, which the intent or a snapshot must state
    ports: tuple[PortSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Capability:
    """What a service can need of the platform, by name (`kubernetes-api`, `node-metrics`, `cloud-identity`, …)."""

    name: str
    title: str
    peers: tuple[CapabilityPeer, ...]
    fact: Fact[str]


@dataclass(frozen=True, slots=True)
class WebhookFacts:
    """A webhook or aggregated API that the platform itself brings: which pods, which port."""

    name: str
    pods: PodFacts
    fact: Fact[str]


@dataclass(frozen=True, slots=True)
class PlatformProfile:
    """One kind of cluster."""

    name: str
    title: str
    calico: Fact[str]  # default version, such as "3.32"
    calico_versions: Fact[tuple[str, ...]]
    enterprise: bool
    api_group: Fact[str]
    layout: Fact[Layout]
    dns: DnsFacts
    system_namespaces: Fact[tuple[str, ...]]
    metadata_addresses: Fact[tuple[Network, ...]]  # guardrails deny these, IPv4 and IPv6
    metadata_exempt: Fact[tuple[tuple[Network, PortSpec], ...]]  # address and port that the platform needs
    api_server_sources: Fact[tuple[PodFacts, ...]]  # agents through which the API server calls pods (konnectivity)
    api_server_ports: Fact[tuple[PortSpec, ...]]
    kubelet_ports: Fact[tuple[PortSpec, ...]]
    node_ports: Fact[tuple[PortSpec, ...]]  # range of NodePorts
    metrics: Fact[tuple[PortSpec, ...]]  # host ports that are scraped
    ingress: Fact[PodFacts] | None
    ingress_networks: Fact[tuple[Network, ...]]  # load balancers that reach pods directly
    pod_cidrs: Fact[tuple[Network, ...]]
    service_cidrs: Fact[tuple[Network, ...]]
    capabilities: dict[str, Capability]
    webhooks: tuple[WebhookFacts, ...]
    digest: str = ""
    facts: tuple[Fact[Any], ...] = ()  # all of them, in order of path
