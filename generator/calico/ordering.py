"""In which order Calico looks at tiers and policies (calico.md 2.1)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from generator.calico.defaults import DEFAULT_TIER_ORDER
from generator.calico.kinds import Kind
from generator.calico.names import DEFAULT_TIER, effective_name, sort_name, tier_of
from generator.calico.objects import ApiObject
from generator.calico.scalars import decode_number
from generator.calico.versions import Version, has_tiers, knows_kind

KUBERNETES_ORDER: Final = 1000.0
# Tiers that exist without anybody having written them (calico.md 1.3); in 3.26 to 3.28 `default` is the only one.
_FIXED: Final = {
    "default": (float(DEFAULT_TIER_ORDER), Version(3, 26), None),
    "adminnetworkpolicy": (1000.0, Version(3, 29), Version(3, 32)),
    "baselineadminnetworkpolicy": (10_000_000.0, Version(3, 30), Version(3, 32)),
    "kube-admin": (1000.0, Version(3, 32), None),
    "kube-baseline": (10_000_000.0, Version(3, 32), None),
}

_KUBERNETES: Final = frozenset({Kind.KUBERNETES_NETWORK_POLICY, Kind.STAGED_KUBERNETES_NETWORK_POLICY})
SortKey = tuple[float, bytes]


def fixed_tier_orders(version: Version) -> dict[str, float]:
    """Return the tiers that every cluster of this version has, with their order."""
    return {
        name: order
        for name, (order, since, until) in _FIXED.items()
        if since <= version and (until is None or version < until)
    }


def order_of(obj: ApiObject) -> float:
    """Return the order of a policy or tier; infinity where a policy has none, 1,000,000 where a tier has none.

    Kubernetes' policies have 1000, its cluster-wide ones their priority. An order that does not decode counts as none.
    """
    if obj.kind in _KUBERNETES:
        return KUBERNETES_ORDER
    spec = obj.manifest.get("spec")
    values = spec if isinstance(spec, Mapping) else {}
    match obj.kind:
        case Kind.CLUSTER_NETWORK_POLICY | Kind.ADMIN_NETWORK_POLICY:
            written = decode_number(values.get("priority"))
            return math.inf if written is None else float(written)
        case Kind.TIER:
            written = decode_number(values.get("order"))
            return float(DEFAULT_TIER_ORDER if written is None else written)
        case _:
            written = decode_number(values.get("order"))
            return math.inf if written is None else float(written)


def policy_sort_key(obj: ApiObject, version: Version) -> SortKey:
    """Return the key by which a policy is sorted within its tier: order, then the name of that version, bytewise."""
    return named_sort_key(obj, obj.namespace, effective_name(obj), version)


def named_sort_key(obj: ApiObject, namespace: str, name: str, version: Version) -> SortKey:
    """Return the same of a policy of which namespace and effective name are known already."""
    tier = DEFAULT_TIER if obj.kind is Kind.KUBERNETES_NETWORK_POLICY else tier_of(obj)
    return order_of(obj), sort_name(obj.kind, namespace, name, tier, version).encode()


def sort_policies(policies: Iterable[ApiObject], version: Version) -> list[ApiObject]:
    """Return the policies of one tier in the order in which they are looked at, staged ones with the rest."""
    return sorted(policies, key=lambda obj: policy_sort_key(obj, version))


def sort_tiers(names: Iterable[str], orders: Mapping[str, float | None], version: Version) -> list[str]:
    """Return tier names in the order in which tiers are looked at.

    `orders` are the written tiers: None for no order, which is 1,000,000 (calico.md 1.3). Fixed tiers need not be
    among them. A tier that nobody wrote comes after every one that exists, by name; its policies still count (2.2).
    """
    known: dict[str, float | None] = {**fixed_tier_orders(version), **orders}

    def key(name: str) -> tuple[bool, float, bytes]:
        order = known.get(name)
        return name not in known, float(DEFAULT_TIER_ORDER if order is None else order), name.encode()

    return sorted(set(names), key=key)


def sort_into_tiers(objects: Iterable[ApiObject], version: Version) -> list[tuple[str, list[ApiObject]]]:
    """Return the policies among the objects, tier by tier, all in the order in which Calico looks at them.

    Kinds that the version does not read are left out; so are tiers without a policy.
    """
    tiers: dict[str, list[ApiObject]] = {}
    orders: dict[str, float | None] = {}
    for obj in objects:
        if not knows_kind(version, obj.kind):
            continue
        if obj.kind is Kind.TIER:
            orders[obj.name] = order_of(obj)
        elif obj.kind in _POLICY_KINDS:
            tier = tier_of(obj) if has_tiers(version) else "default"
            tiers.setdefault(tier, []).append(obj)
    return [(name, sort_policies(tiers[name], version)) for name in sort_tiers(tiers, orders, version)]


_POLICY_KINDS: Final = frozenset(Kind) - {
    Kind.TIER,
    Kind.NETWORK_SET,
    Kind.GLOBAL_NETWORK_SET,
    Kind.HOST_ENDPOINT,
    Kind.PROFILE,
}
