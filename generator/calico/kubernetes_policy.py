"""Kubernetes' NetworkPolicy, and Calico's staged form of it (calico.md 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from generator.calico.kinds import Kind
from generator.calico.metadata import Metadata
from generator.calico.resource import UnknownField


@dataclass(frozen=True, slots=True)
class LabelRequirement:
    """One test of a label: In, NotIn, Exists or DoesNotExist."""

    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Kubernetes' label selector; an empty one selects all, an absent one nothing."""

    match_labels: Mapping[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelRequirement, ...] = ()


@dataclass(frozen=True, slots=True)
class IPBlock:
    """A CIDR without some parts of it."""

    cidr: str = ""
    exceptions: tuple[str, ...] = field(default=(), metadata={"json": "except"})


@dataclass(frozen=True, slots=True)
class PolicyPeer:
    """Who is on the other side: pods by label and namespace, or addresses."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


@dataclass(frozen=True, slots=True)
class PolicyPort:
    """A port by number or name; without a protocol TCP is meant, without a port all of them."""

    protocol: str | None = None
    port: int | str | None = None
    end_port: int | None = None


@dataclass(frozen=True, slots=True)
class IngressRule:
    """What may come in; without peers from anywhere, without ports to all."""

    peers: tuple[PolicyPeer, ...] = field(default=(), metadata={"json": "from"})
    ports: tuple[PolicyPort, ...] = ()


@dataclass(frozen=True, slots=True)
class EgressRule:
    """What may go out; without peers to anywhere, without ports to all."""

    peers: tuple[PolicyPeer, ...] = field(default=(), metadata={"json": "to"})
    ports: tuple[PolicyPort, ...] = ()


@dataclass(frozen=True, slots=True)
class KubernetesNetworkPolicySpec:
    """What a Kubernetes NetworkPolicy says; None where a list is not written."""

    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[str, ...] | None = None
    ingress: tuple[IngressRule, ...] | None = None
    egress: tuple[EgressRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class StagedKubernetesNetworkPolicySpec(KubernetesNetworkPolicySpec):
    """A Kubernetes NetworkPolicy that only shows what it would do; it has no tier and no order."""

    staged_action: str = ""


@dataclass(frozen=True, slots=True)
class KubernetesNetworkPolicy:
    """networking.k8s.io/v1 NetworkPolicy."""

    kind: ClassVar[Kind] = Kind.KUBERNETES_NETWORK_POLICY
    metadata: Metadata
    spec: KubernetesNetworkPolicySpec = KubernetesNetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()


@dataclass(frozen=True, slots=True)
class StagedKubernetesNetworkPolicy:
    """The staged form of a Kubernetes NetworkPolicy."""

    kind: ClassVar[Kind] = Kind.STAGED_KUBERNETES_NETWORK_POLICY
    metadata: Metadata
    spec: StagedKubernetesNetworkPolicySpec = StagedKubernetesNetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()
