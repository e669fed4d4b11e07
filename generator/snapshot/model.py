"""The snapshot: immutable, sorted, each object with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generator.calico.objects import ApiObject
from generator.foundation.source import SourceMap
from generator.intent.model import Labels, PortSpec


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace; `assumed` where something refers to it but a partial snapshot does not hold it."""

    name: str
    labels: Labels
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class EnvValue:
    """A value that a container sees: from env, args, a ConfigMap; `redacted` where it looked like a secret.

    `kind` is env, arg, configmap (a whole map, envFrom), configmap-key, secret, or downward (the last two without a
    value). `source` and `path` say where the value itself stands: of a ConfigMap's value that is in the map.
    Userinfo in a URL is cut out before it is stored here.
    """

    name: str
    value: str
    kind: str
    origin: str  # name of the ConfigMap, or ""
    path: tuple[str | int, ...]
    source: SourceMap = field(compare=False, repr=False)
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class ContainerPort:
    """A port that a container declares."""

    port: PortSpec  # with its number
    name: str


@dataclass(frozen=True, slots=True)
class Container:
    """A container: its declared ports, the values it sees, the ports its probes use."""

    name: str
    image: str
    init: bool
    ports: tuple[ContainerPort, ...]
    values: tuple[EnvValue, ...]
    probes: tuple[str, ...]  # port numbers or names as written
    mounts: tuple[str, ...] = ()  # names of mounted ConfigMaps
    mounted_keys: tuple[tuple[str, str], ...] = ()  # (ConfigMap, key); key "" means the whole map


@dataclass(frozen=True, slots=True)
class Workload:
    """What makes pods: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, or a Pod.

    `labels` are those of its pods. `namespace` is where it stands or, in a partial snapshot, the default one. `owner`
    is set only of a live Pod whose controller is in the snapshot too: `Deployment/web`, the topmost one. Whoever asks
    for workloads, not for pods, passes those over (`resolve.top_workloads`).
    """

    kind: str
    namespace: str
    name: str
    labels: Labels
    service_account: str
    host_network: bool
    replicas: int
    schedule: str
    containers: tuple[Container, ...]
    annotations: Labels
    source: SourceMap = field(compare=False, repr=False)
    addresses: tuple[str, ...] = ()  # of a live Pod
    node: str = ""
    phase: str = ""
    owner: str = ""
    service_name: str = ""  # of a StatefulSet: its governing Service


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port of a Service; `target` is a number as text or a name, and `port` the service port."""

    name: str
    protocol: str
    port: int
    target: str
    node_port: int = 0


@dataclass(frozen=True, slots=True)
class KubeService:
    """A Kubernetes Service; `selector` None means: endpoints are made by hand."""

    namespace: str
    name: str
    type: str  # ClusterIP, NodePort, LoadBalancer, ExternalName
    selector: Labels | None
    ports: tuple[ServicePort, ...]
    cluster_ips: tuple[str, ...]
    external_name: str
    external_traffic_policy: str
    source: SourceMap = field(compare=False, repr=False)
    addresses: tuple[str, ...] = ()  # external IPs and those of its load balancer
    annotations: Labels = ()

    @property
    def headless(self) -> bool:
        """Tell whether the name leads straight to the pods, without translation of address or port."""
        return self.cluster_ips[:1] == ("None",)


@dataclass(frozen=True, slots=True)
class EndpointSlice:
    """Addresses and ports behind a Service."""

    namespace: str
    name: str
    service: str
    addresses: tuple[str, ...]
    ports: tuple[tuple[str, str, int], ...]  # name, protocol, port


@dataclass(frozen=True, slots=True)
class Route:
    """An Ingress or a Gateway API route that leads to Services.

    `paths` has the way to each backend. `parents` are `Gateway/namespace/name`, `Service/namespace/name`, or `mesh`;
    of an Ingress its class, where one is written.
    """

    kind: str  # Ingress, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute, VirtualService
    namespace: str
    name: str
    backends: tuple[tuple[str, str, str], ...]  # namespace, service, port (number or name as text)
    source: SourceMap = field(compare=False, repr=False)
    paths: tuple[tuple[str | int, ...], ...] = ()
    hosts: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiCallback:
    """Something that the API server calls: a webhook, an aggregated API, a CRD conversion."""

    kind: str
    name: str
    namespace: str
    service: str
    port: int
    source: SourceMap = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its addresses (InternalIP and tunnel addresses) and labels."""

    name: str
    labels: Labels
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account and its labels."""

    namespace: str
    name: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role bound to a service account: it (probably) talks to the API server. `verbs` and `resources` are merged."""

    namespace: str  # of the service account
    service_account: str
    role: str
    resources: tuple[str, ...]
    source: SourceMap = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ExternalHost:
    """Hosts outside the cluster that somebody declared (an Istio ServiceEntry), with (protocol, port)."""

    namespace: str
    name: str
    hosts: tuple[str, ...]
    addresses: tuple[str, ...]
    ports: tuple[tuple[str, int], ...]
    source: SourceMap = field(compare=False, repr=False)


IP_POOLS: Final = "ipPools"
FELIX: Final = "felix"
UNREAD: Final = "unread"
SEEN: Final = "seen"
RESOLVERS: Final = "resolvers"
HOST_PORTS: Final = "hostPorts"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A cluster as it was seen.

    `policies` holds every policy object: policies of all kinds, tiers, sets, host endpoints, as written. `others` is
    what was read and is no object we know, by kind, for the notes. `complete` is true only of a cluster read. `extra`
    has facts that only some snapshots tell: under IP_POOLS the nets of Calico's IP pools, under FELIX the settings of
    the FelixConfiguration `default` on which verdicts hang, under UNREAD the kinds that the cluster refused to show
    (`unread.py`), under SEEN what else a cluster tells of itself (`facts.py`), under RESOLVERS the workloads that ask
    others than the cluster's DNS for names (`resolvers.py`), under HOST_PORTS the ports of nodes that pods take for
    themselves (`host_ports.py`).
    """

    complete: bool
    origin: str
    namespaces: dict[str, Namespace]
    workloads: tuple[Workload, ...]
    services: tuple[KubeService, ...]
    endpoint_slices: tuple[EndpointSlice, ...]
    routes: tuple[Route, ...]
    callbacks: tuple[ApiCallback, ...]
    nodes: tuple[Node, ...]
    service_accounts: tuple[ServiceAccount, ...]
    grants: tuple[RoleGrant, ...]
    config_maps: Mapping[tuple[str, str], Mapping[str, EnvValue]]
    policies: tuple[ApiObject, ...]
    others: Mapping[str, int]
    extra: Mapping[str, Any] = field(default_factory=dict)
    external_hosts: tuple[ExternalHost, ...] = ()
    default_namespace: str = "default"  # what objects without a namespace were put into
