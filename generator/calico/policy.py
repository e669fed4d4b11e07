"""Calico's policies, enforced and staged (calico.md 1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from generator.calico.kinds import Kind
from generator.calico.metadata import Metadata
from generator.calico.resource import UnknownField
from generator.calico.rule import Rule


@dataclass(frozen=True, slots=True)
class NetworkPolicySpec:
    """What a NetworkPolicy says; None for a rule list or `types` that is not written, which defaulting tells apart."""

    tier: str = ""
    order: int | float | None = None
    ingress: tuple[Rule, ...] | None = None
    egress: tuple[Rule, ...] | None = None
    selector: str = ""
    types: tuple[str, ...] | None = None
    service_account_selector: str = ""
    performance_hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GlobalNetworkPolicySpec:
    """What a GlobalNetworkPolicy says: as a NetworkPolicy, and what concerns namespaces and host endpoints."""

    tier: str = ""
    order: int | float | None = None
    ingress: tuple[Rule, ...] | None = None
    egress: tuple[Rule, ...] | None = None
    selector: str = ""
    types: tuple[str, ...] | None = None
    do_not_track: bool = False
    pre_dnat: bool = field(default=False, metadata={"json": "preDNAT"})
    apply_on_forward: bool = False
    service_account_selector: str = ""
    namespace_selector: str = ""
    performance_hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StagedNetworkPolicySpec(NetworkPolicySpec):
    """A NetworkPolicy that only shows what it would do."""

    staged_action: str = ""


@dataclass(frozen=True, slots=True)
class StagedGlobalNetworkPolicySpec(GlobalNetworkPolicySpec):
    """A GlobalNetworkPolicy that only shows what it would do."""

    staged_action: str = ""


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """Calico's namespaced policy."""

    kind: ClassVar[Kind] = Kind.NETWORK_POLICY
    metadata: Metadata
    spec: NetworkPolicySpec = NetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()


@dataclass(frozen=True, slots=True)
class GlobalNetworkPolicy:
    """Calico's cluster-wide policy; it may select host endpoints as well as pods."""

    kind: ClassVar[Kind] = Kind.GLOBAL_NETWORK_POLICY
    metadata: Metadata
    spec: GlobalNetworkPolicySpec = GlobalNetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()


@dataclass(frozen=True, slots=True)
class StagedNetworkPolicy:
    """The staged form of a NetworkPolicy."""

    kind: ClassVar[Kind] = Kind.STAGED_NETWORK_POLICY
    metadata: Metadata
    spec: StagedNetworkPolicySpec = StagedNetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()


@dataclass(frozen=True, slots=True)
class StagedGlobalNetworkPolicy:
    """The staged form of a GlobalNetworkPolicy."""

    kind: ClassVar[Kind] = Kind.STAGED_GLOBAL_NETWORK_POLICY
    metadata: Metadata
    spec: StagedGlobalNetworkPolicySpec = StagedGlobalNetworkPolicySpec()
    unknown: tuple[UnknownField, ...] = ()
