"""The intent after loading: defaults filled in, names resolved, every item with its way in the file and its place.

This is what all other rooms read. The shape of the file itself is in `intent.file_model`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING

from generator.foundation.diagnostics import Place

if TYPE_CHECKING:
    from generator.intent.expectation import Expectation

Network = IPv4Network | IPv6Network
Labels = tuple[tuple[str, str], ...]  # sorted by key


class Layout(StrEnum):
    """Where the set lives: in a tier of its own that passes, or all in tier `default` (product.md 3)."""

    TIERS = "tiers"
    SINGLE_TIER = "single-tier"


class Isolation(StrEnum):
    """`strict`: only declared flows; `namespace`: everything inside a namespace may talk."""

    STRICT = "strict"
    NAMESPACE = "namespace"


class ExposedBy(StrEnum):
    """Who brings traffic to an exposed service."""

    INGRESS = "ingress"
    GATEWAY = "gateway"
    LOADBALANCER = "loadbalancer"
    NODEPORT = "nodeport"
    CIDRS = "cidrs"
    APISERVER = "apiserver"  # a webhook, an aggregated API, a CRD conversion: called by the API server


class DomainStrategy(StrEnum):
    """How a domain becomes addresses (product.md 3)."""

    LOCK = "lock"
    RANGES = "ranges"
    PROXY = "proxy"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an item stands: its way in the effective intent (`services.web.needs[cart]`) and the place in the file."""

    path: str
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, order=True)
class PortSpec:
    """A port as a pod listens on it: one protocol, and either a range of numbers or a name.

    `name` set means a named port (first and last are 0): those pods that have it.
    """

    protocol: str  # TCP, UDP or SCTP
    first: int
    last: int
    name: str = ""

    def __str__(self) -> str:
        if self.name:
            return self.name if self.protocol == "TCP" else f"{self.name}/{self.protocol}"
        number = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{number}/{self.protocol}"


@dataclass(frozen=True, slots=True)
class PodSelection:
    """Pods of one namespace by labels (all must match; empty means every pod) and, where given, service account."""

    namespace: str
    labels: Labels = ()
    service_account: str = ""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A service that is reached from outside its peers.

    `ports` are the service's unless narrowed. `cidrs` narrow the clients (empty: everybody outside the cluster; for
    `by: cidrs` never empty). `source` names the controller's pods where the profile does not know them.
    """

    by: ExposedBy
    ports: tuple[PortSpec, ...]
    cidrs: tuple[Network, ...]
    source: PodSelection | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class ServiceNeed:
    """The caller needs a service of this intent; `ports` are the callee's unless narrowed. `self` is one of these."""

    service: str  # key in Intent.services
    ports: tuple[PortSpec, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class PodsNeed:
    """The caller needs pods that this intent does not own: only the caller's egress is rendered."""

    pods: PodSelection
    ports: tuple[PortSpec, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class ExternalNeed:
    """The caller needs something outside the cluster, by the name it has under `externals`."""

    external: str
    ports: tuple[PortSpec, ...]  # the external's unless narrowed
    origin: Origin


@dataclass(frozen=True, slots=True)
class CapabilityNeed:
    """The caller needs what the platform gives (`kubernetes-api`, `node-metrics`, …); the profile knows what it is."""

    capability: str
    origin: Origin


Need = ServiceNeed | PodsNeed | ExternalNeed | CapabilityNeed


@dataclass(frozen=True, slots=True)
class Service:
    """A group of pods with one purpose. `name` is its key in the file, unique in the intent.

    `pods.labels` default to `app: NAME`. `schedule` is a cron line for what runs rarely, else "".
    """

    name: str
    pods: PodSelection
    ports: tuple[PortSpec, ...]
    exposed: tuple[Exposed, ...]
    needs: tuple[Need, ...]
    dns: bool
    schedule: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the cluster: domains, address ranges, or anywhere; never empty.

    `anywhere` means both families without private ranges, the cluster's own and metadata addresses (product.md 2).
    `strategy` counts for domains; None is the default of the platform. `ranges_file`, `proxy` belong to theirs.
    """

    name: str
    domains: tuple[str, ...]
    cidrs: tuple[Network, ...]
    anywhere: bool
    ports: tuple[PortSpec, ...]
    strategy: DomainStrategy | None
    ranges_file: str
    proxy: str  # name of a service or external that is the egress proxy, with strategy `proxy`
    origin: Origin


@dataclass(frozen=True, slots=True)
class SharedService:
    """A cluster service that reaches many (Prometheus): `to` are service names, None means all owned pods."""

    name: str
    source: PodSelection
    to: tuple[str, ...] | None
    ports: tuple[PortSpec, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class ThreatFeed:
    """A list of addresses to deny to and from; `owned_by` names another intent whose sets are used instead."""

    name: str
    file: str
    owned_by: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Exception_:
    """A named, dated allowance beside the rules: from a service to a service, pods or ranges."""

    name: str
    source: str  # service name
    to: ServiceNeed | PodsNeed | tuple[Network, ...]
    ports: tuple[PortSpec, ...]
    owner: str
    until: date
    reason: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class TierSettings:
    """The tier of layout `tiers`; `owned_by` names another intent that renders the Tier object for both."""

    name: str = "ringfence"
    order: float = 900.0
    owned_by: str = ""


@dataclass(frozen=True, slots=True)
class LayerSettings:
    """What a user changed of one layer: its order (None: the default) and whether it is rendered."""

    order: float | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What the user states of the cluster; it goes before the platform profile's defaults.

    Addresses are networks so that a host is its /32 or /128. Empty means: not stated.
    """

    pod_cidrs: tuple[Network, ...] = ()
    service_cidrs: tuple[Network, ...] = ()
    node_cidrs: tuple[Network, ...] = ()
    api_server: tuple[Network, ...] = ()
    dns_service: tuple[Network, ...] = ()
    node_local_dns: tuple[Network, ...] = ()
    ingress: PodSelection | None = None
    gateway: PodSelection | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """An old policy that this set takes over: by name (`kind/namespace/name`), or all that a selector matches."""

    identity: str
    selector: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Intent:
    """The whole intent. Everything in it is sorted, so equal files in another order give equal values.

    `owns` lists the owned namespaces; `owns_cluster` means every namespace but the profile's system ones, and then
    `owns` still holds those that are named. `calico` and `layout` are None where the profile decides.
    """

    name: str
    file: str
    platform: str
    calico: str | None
    layout: Layout | None
    owns: tuple[str, ...]
    owns_cluster: bool
    services: dict[str, Service]
    externals: dict[str, External]
    shared: dict[str, SharedService]
    feeds: dict[str, ThreatFeed]
    exceptions: tuple[Exception_, ...]
    isolation: Isolation
    tier: TierSettings
    layers: dict[str, LayerSettings]
    labels: Labels  # set on every object beside ours
    name_prefix: str  # of object names in tier `default`; in an own tier the tier's name is the prefix
    api_group: str | None  # projectcalico.org/v3 or crd.projectcalico.org/v1; None: the profile decides
    cluster: ClusterFacts
    lock_file: str
    replaces: tuple[Replaced, ...]
    expectations: tuple[Expectation, ...]
    digest: str  # of the effective intent
