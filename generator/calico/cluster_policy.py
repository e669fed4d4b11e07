"""Kubernetes' cluster-wide policies: ClusterNetworkPolicy v1alpha2, and v1alpha1's two kinds (calico.md 5.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from generator.calico.kinds import Kind
from generator.calico.kubernetes_policy import LabelSelector
from generator.calico.metadata import Metadata
from generator.calico.resource import UnknownField


@dataclass(frozen=True, slots=True)
class NamespacedPods:
    """Pods by label in namespaces by label."""

    namespace_selector: LabelSelector = field(default_factory=LabelSelector)
    pod_selector: LabelSelector = field(default_factory=LabelSelector)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the policy is about: all pods of some namespaces, or some pods of them."""

    namespaces: LabelSelector | None = None
    pods: NamespacedPods | None = None


@dataclass(frozen=True, slots=True)
class ClusterPeer:
    """The other side of a rule; exactly one is set. Calico knows neither nodes nor domain names."""

    namespaces: LabelSelector | None = None
    pods: NamespacedPods | None = None
    nodes: LabelSelector | None = None
    networks: tuple[str, ...] = ()
    domain_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Ports from start to end, both included."""

    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class DestinationPort:
    """A port number or a range."""

    number: int = 0
    range: NumberRange | None = None


@dataclass(frozen=True, slots=True)
class ProtocolPorts:
    """Ports of one protocol; without any all of them."""

    destination_port: DestinationPort | None = None


@dataclass(frozen=True, slots=True)
class ClusterProtocol:
    """What a ClusterNetworkPolicy rule asks of protocol and port; exactly one is set."""

    tcp: ProtocolPorts | None = None
    udp: ProtocolPorts | None = None
    sctp: ProtocolPorts | None = None
    destination_named_port: str = ""


@dataclass(frozen=True, slots=True)
class ClusterIngressRule:
    """One ingress rule: Accept, Deny or Pass."""

    name: str = ""
    action: str = ""
    peers: tuple[ClusterPeer, ...] = field(default=(), metadata={"json": "from"})
    protocols: tuple[ClusterProtocol, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterEgressRule:
    """One egress rule: Accept, Deny or Pass."""

    name: str = ""
    action: str = ""
    peers: tuple[ClusterPeer, ...] = field(default=(), metadata={"json": "to"})
    protocols: tuple[ClusterProtocol, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterNetworkPolicySpec:
    """What a ClusterNetworkPolicy says; `tier` is Admin or Baseline, a lower priority goes first."""

    tier: str = ""
    priority: int | None = None
    subject: Subject = Subject()
    ingress: tuple[ClusterIngressRule, ...] = ()
    egress: tuple[ClusterEgressRule, ...] = ()


@dataclass(frozen=True, slots=True)
class AdminPortNumber:
    """A port of a protocol."""

    protocol: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class AdminPortRange:
    """Ports of a protocol from start to end."""

    protocol: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class AdminPort:
    """What a v1alpha1 rule asks of the port; exactly one is set."""

    port_number: AdminPortNumber | None = None
    named_port: str | None = None
    port_range: AdminPortRange | None = None


@dataclass(frozen=True, slots=True)
class AdminIngressRule:
    """One ingress rule of v1alpha1: Allow, Deny or Pass; ports None where they are not written."""

    name: str = ""
    action: str = ""
    peers: tuple[ClusterPeer, ...] = field(default=(), metadata={"json": "from"})
    ports: tuple[AdminPort, ...] | None = None


@dataclass(frozen=True, slots=True)
class AdminEgressRule:
    """One egress rule of v1alpha1: Allow, Deny or Pass; ports None where they are not written."""

    name: str = ""
    action: str = ""
    peers: tuple[ClusterPeer, ...] = field(default=(), metadata={"json": "to"})
    ports: tuple[AdminPort, ...] | None = None


@dataclass(frozen=True, slots=True)
class AdminNetworkPolicySpec:
    """What an AdminNetworkPolicy says; a lower priority goes first."""

    priority: int | None = None
    subject: Subject = Subject()
    ingress: tuple[AdminIngressRule, ...] = ()
    egress: tuple[AdminEgressRule, ...] = ()


@dataclass(frozen=True, slots=True)
class BaselineAdminNetworkPolicySpec:
    """What the one BaselineAdminNetworkPolicy says."""

    subject: Subject = Subject()
    ingress: tuple[AdminIngressRule, ...] = ()
    egress: tuple[AdminEgressRule, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterNetworkPolicy:
    """policy.networking.k8s.io/v1alpha2, read from Calico 3.32."""

    kind: ClassVar[Kind] = Kind.CLUSTER_NETWORK_POLICY
    metadata: Metadata
    spec: ClusterNetworkPolicySpec = ClusterNetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()


@dataclass(frozen=True, slots=True)
class AdminNetworkPolicy:
    """policy.networking.k8s.io/v1alpha1, read by Calico 3.29 to 3.31."""

    kind: ClassVar[Kind] = Kind.ADMIN_NETWORK_POLICY
    metadata: Metadata
    spec: AdminNetworkPolicySpec = AdminNetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()


@dataclass(frozen=True, slots=True)
class BaselineAdminNetworkPolicy:
    """policy.networking.k8s.io/v1alpha1, read by Calico 3.30 and 3.31."""

    kind: ClassVar[Kind] = Kind.BASELINE_ADMIN_NETWORK_POLICY
    metadata: Metadata
    spec: BaselineAdminNetworkPolicySpec = BaselineAdminNetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()
