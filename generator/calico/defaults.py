"""What servers fill in: types, tier, stagedAction, order and default action of tiers (calico.md 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.names import DEFAULT_TIER, STAGED_KINDS, TIERED_KINDS
from generator.calico.versions import Version, has_tiers

DEFAULT_TIER_ORDER: Final = 1_000_000
DEFAULT_TIER_ACTION: Final = "Deny"
DEFAULT_STAGED_ACTION: Final = "Set"


class WritePath(StrEnum):
    """The way by which an object reaches storage; they differ in how they default `types`."""

    GO = "go"
    NATIVE = "native"


def default_types(spec: Mapping[str, Any], path: WritePath = WritePath.GO) -> list[str]:
    """Return the types that a policy spec without types gets.

    Go (aggregated API server, calicoctl) counts rules; native CRDs ask which lists are present, and an explicit empty
    list is (calico.md 1.4).
    """
    if path is WritePath.GO:
        ingress, egress = bool(spec.get("ingress")), bool(spec.get("egress"))
    else:
        ingress, egress = spec.get("ingress") is not None, spec.get("egress") is not None
    if egress:
        return ["Ingress", "Egress"] if ingress else ["Egress"]
    return ["Ingress"]


def default_staged_kubernetes_types(spec: Mapping[str, Any], path: WritePath = WritePath.GO) -> list[str]:
    """Return the policyTypes that a staged Kubernetes policy without them gets: natively egress gives both (1.4)."""
    if path is WritePath.NATIVE and spec.get("egress") is not None:
        return ["Ingress", "Egress"]
    return default_types(spec, path)


def default_kubernetes_types(spec: Mapping[str, Any]) -> list[str]:
    """Return the policyTypes that kube-apiserver gives a NetworkPolicy without them: Ingress, and Egress with rules."""
    return ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def apply_defaults(
    kind: Kind, spec: Mapping[str, Any], path: WritePath = WritePath.GO, version: Version | None = None
) -> dict[str, Any]:
    """Return the spec as a server stores it: tier, types, stagedAction; of a Tier its order and default action.

    Before 3.29 there is no `spec.tier`. Rules are left as they are. Empty values count as unset on the Go path.
    """
    full = dict(spec)
    if kind in TIERED_KINDS:
        if not full.get("tier") and (version is None or has_tiers(version)):
            full["tier"] = DEFAULT_TIER
        # A staged deletion may say nothing but its tier, so the Go client fills in no types (calico.md 6.2).
        if not full.get("types") and not _is_deletion(kind, spec):
            full["types"] = default_types(spec, path)
    if kind in STAGED_KINDS and not full.get("stagedAction"):
        full["stagedAction"] = DEFAULT_STAGED_ACTION
    if kind is Kind.STAGED_KUBERNETES_NETWORK_POLICY and not full.get("policyTypes") and not _is_deletion(kind, spec):
        full["policyTypes"] = default_staged_kubernetes_types(spec, path)
    if kind is Kind.KUBERNETES_NETWORK_POLICY and not full.get("policyTypes"):
        full["policyTypes"] = default_kubernetes_types(spec)
    if kind is Kind.TIER:
        if full.get("order") is None:
            full["order"] = DEFAULT_TIER_ORDER
        if not full.get("defaultAction"):
            full["defaultAction"] = DEFAULT_TIER_ACTION
    return full


def _is_deletion(kind: Kind, spec: Mapping[str, Any]) -> bool:
    """Tell whether a staged policy stands for a deletion; in an enforced one the field is not known and is dropped."""
    return kind in STAGED_KINDS and spec.get("stagedAction") == "Delete"
