"""Names of policies: the portable one that makes two objects the same, the stored one, and the one that sorts.

Up to 3.31 Calico stores a policy as `<tier>.<name>`; from 3.32 as written (calico.md 1.6). A diff that compared raw
names would see every policy of tier `default` deleted and created at once (landmine L8).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from generator.calico.kinds import KINDS, Kind
from generator.calico.metadata import is_stored_form, stored_metadata
from generator.calico.objects import ApiObject, Identity
from generator.calico.versions import Version, keeps_names, parse_version

DEFAULT_TIER: Final = "default"
ADMIN_TIER: Final = "adminnetworkpolicy"
BASELINE_TIER: Final = "baselineadminnetworkpolicy"
KUBE_ADMIN_TIER: Final = "kube-admin"
KUBE_BASELINE_TIER: Final = "kube-baseline"

TIERED_KINDS: Final = frozenset(
    {
        Kind.NETWORK_POLICY,
        Kind.GLOBAL_NETWORK_POLICY,
        Kind.STAGED_NETWORK_POLICY,
        Kind.STAGED_GLOBAL_NETWORK_POLICY,
    }
)
STAGED_KINDS: Final = frozenset(
    {Kind.STAGED_NETWORK_POLICY, Kind.STAGED_GLOBAL_NETWORK_POLICY, Kind.STAGED_KUBERNETES_NETWORK_POLICY}
)

_KUBERNETES_PREFIX: Final = "knp.default."
# How Calico's own API shows Kubernetes' policies up to 3.31: kind and prefix of the view, kind of the real object.
_VIEWS: Final = (
    (Kind.NETWORK_POLICY, _KUBERNETES_PREFIX, Kind.KUBERNETES_NETWORK_POLICY),
    (Kind.GLOBAL_NETWORK_POLICY, f"kanp.{ADMIN_TIER}.", Kind.ADMIN_NETWORK_POLICY),
    (Kind.GLOBAL_NETWORK_POLICY, f"kbanp.{BASELINE_TIER}.", Kind.BASELINE_ADMIN_NETWORK_POLICY),
)
# The string that stands for a kind in the sort key of 3.32 (calico.md 2.1).
_SORT_KIND: Final = {
    Kind.CLUSTER_NETWORK_POLICY: "KubernetesClusterNetworkPolicy",
    Kind.ADMIN_NETWORK_POLICY: "KubernetesAdminNetworkPolicy",
    Kind.BASELINE_ADMIN_NETWORK_POLICY: "KubernetesBaselineAdminNetworkPolicy",
}


def identity_of(obj: ApiObject, version: str | None = None) -> Identity:
    """Return what makes two objects the same one; the API group is never part of it.

    Without a `version`, or with one up to 3.31, `foo` and `default.foo` in tier `default` are one policy, because
    servers up to 3.31 store the one as the other; the portable name is the short one. With a version from 3.32 they
    are two (calico.md 1.6), except for a stored object without the name annotation, which Calico itself shows under
    the short name (7.1). Up to 3.31 Calico shows Kubernetes' policies as `knp.default.…`, `kanp.…` and `kbanp.…`;
    these have the identity of the object that they are a view of (5.1, 5.2).
    """
    name = effective_name(obj)
    if obj.kind not in TIERED_KINDS or (version is not None and keeps_names(parse_version(version))):
        return Identity(obj.kind, obj.namespace, name)
    for view, prefix, real in _VIEWS:
        if obj.kind is view and name.startswith(prefix) and len(name) > len(prefix):
            return Identity(real, obj.namespace, name.removeprefix(prefix))
    return Identity(obj.kind, obj.namespace, portable_name(name, tier_of(obj)))


def effective_name(obj: ApiObject) -> str:
    """Return the v3 name: of a stored object the one in its annotation, else the stored name as Calico shows it."""
    if not is_stored_form(obj):
        return obj.name
    stored = stored_metadata(obj)
    if stored is not None and isinstance(stored.get("name"), str) and stored["name"]:
        return str(stored["name"])
    if obj.kind in TIERED_KINDS:
        return portable_name(obj.name, tier_of(obj))
    return obj.name


def tier_of(obj: ApiObject) -> str:
    """Return the tier of a policy object: `default` where none is written, the fixed tier of Kubernetes' kinds."""
    spec = obj.manifest.get("spec")
    written = spec.get("tier") if isinstance(spec, Mapping) else None
    match obj.kind:
        case Kind.ADMIN_NETWORK_POLICY:
            return ADMIN_TIER
        case Kind.BASELINE_ADMIN_NETWORK_POLICY:
            return BASELINE_TIER
        case Kind.CLUSTER_NETWORK_POLICY:
            return KUBE_BASELINE_TIER if str(written).lower() == "baseline" else KUBE_ADMIN_TIER
        case kind if kind in TIERED_KINDS and isinstance(written, str) and written:
            return written
        case _:
            return DEFAULT_TIER


def portable_name(name: str, tier: str) -> str:
    """Return the name without the prefix `default.` in tier default; in any other tier the name as it is."""
    prefix = f"{DEFAULT_TIER}."
    if tier == DEFAULT_TIER and name.startswith(prefix) and len(name) > len(prefix):
        return name.removeprefix(prefix)
    return name


def prefixed_name(name: str, tier: str) -> str:
    """Return `<tier>.<name>`, the prefix once."""
    return name if name.startswith(f"{tier}.") else f"{tier}.{name}"


def stored_name(kind: Kind, name: str, tier: str, version: Version) -> str:
    """Return the name of the `crd.projectcalico.org` object that holds this one (calico.md 1.6)."""
    if kind not in TIERED_KINDS or keeps_names(version):
        return name
    return prefixed_name(name, tier)


def sort_name(kind: Kind, namespace: str, name: str, tier: str, version: Version) -> str:
    """Return the text by which policies of one tier and one order are sorted, bytewise (calico.md 2.1).

    From 3.32 `name/namespace/Kind`, up to 3.31 the internal key; so an upgrade can turn two policies round.
    """
    if keeps_names(version):
        return f"{name}/{namespace}/{_SORT_KIND.get(kind, kind.value)}"
    match kind:
        case Kind.KUBERNETES_NETWORK_POLICY | Kind.STAGED_KUBERNETES_NETWORK_POLICY:
            key = f"{_KUBERNETES_PREFIX}{name}"
        case Kind.ADMIN_NETWORK_POLICY:
            key = f"kanp.{ADMIN_TIER}.{name}"
        case Kind.BASELINE_ADMIN_NETWORK_POLICY:
            key = f"kbanp.{BASELINE_TIER}.{name}"
        case _:
            key = name if name.startswith(_KUBERNETES_PREFIX) else prefixed_name(name, tier)
    staged = f"staged:{key}" if kind in STAGED_KINDS else key
    return f"{namespace}/{staged}" if KINDS[kind].namespaced else staged
