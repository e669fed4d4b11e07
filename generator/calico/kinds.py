"""The kinds of policy objects: their groups, plurals and scope (calico.md 1.1, 1.5, 5.2, 7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CALICO_V3: Final = "projectcalico.org/v3"
CALICO_CRD: Final = "crd.projectcalico.org/v1"
KUBERNETES_NETWORKING: Final = "networking.k8s.io/v1"
POLICY_NETWORKING: Final = "policy.networking.k8s.io"
CALICO_GROUPS: Final = ("projectcalico.org", "crd.projectcalico.org")


class Kind(StrEnum):
    """A kind of object, told apart by meaning: Kubernetes' NetworkPolicy is not Calico's."""

    NETWORK_POLICY = "NetworkPolicy"
    GLOBAL_NETWORK_POLICY = "GlobalNetworkPolicy"
    STAGED_NETWORK_POLICY = "StagedNetworkPolicy"
    STAGED_GLOBAL_NETWORK_POLICY = "StagedGlobalNetworkPolicy"
    STAGED_KUBERNETES_NETWORK_POLICY = "StagedKubernetesNetworkPolicy"
    NETWORK_SET = "NetworkSet"
    GLOBAL_NETWORK_SET = "GlobalNetworkSet"
    TIER = "Tier"
    HOST_ENDPOINT = "HostEndpoint"
    PROFILE = "Profile"
    KUBERNETES_NETWORK_POLICY = "KubernetesNetworkPolicy"
    CLUSTER_NETWORK_POLICY = "ClusterNetworkPolicy"
    ADMIN_NETWORK_POLICY = "AdminNetworkPolicy"
    BASELINE_ADMIN_NETWORK_POLICY = "BaselineAdminNetworkPolicy"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """What a client must know of a kind; `manifest_kind` is what stands under `kind:` in a file."""

    kind: Kind
    manifest_kind: str
    plural: str
    namespaced: bool
    calico: bool


def _info(kind: Kind, plural: str, namespaced: bool, *, calico: bool = True, written: str = "") -> KindInfo:
    return KindInfo(kind, written or kind.value, plural, namespaced, calico)


KINDS: Final[dict[Kind, KindInfo]] = {
    info.kind: info
    for info in (
        _info(Kind.NETWORK_POLICY, "networkpolicies", True),
        _info(Kind.GLOBAL_NETWORK_POLICY, "globalnetworkpolicies", False),
        _info(Kind.STAGED_NETWORK_POLICY, "stagednetworkpolicies", True),
        _info(Kind.STAGED_GLOBAL_NETWORK_POLICY, "stagedglobalnetworkpolicies", False),
        _info(Kind.STAGED_KUBERNETES_NETWORK_POLICY, "stagedkubernetesnetworkpolicies", True),
        _info(Kind.NETWORK_SET, "networksets", True),
        _info(Kind.GLOBAL_NETWORK_SET, "globalnetworksets", False),
        _info(Kind.TIER, "tiers", False),
        _info(Kind.HOST_ENDPOINT, "hostendpoints", False),
        _info(Kind.PROFILE, "profiles", False),
        _info(Kind.KUBERNETES_NETWORK_POLICY, "networkpolicies", True, calico=False, written="NetworkPolicy"),
        _info(Kind.CLUSTER_NETWORK_POLICY, "clusternetworkpolicies", False, calico=False),
        _info(Kind.ADMIN_NETWORK_POLICY, "adminnetworkpolicies", False, calico=False),
        _info(Kind.BASELINE_ADMIN_NETWORK_POLICY, "baselineadminnetworkpolicies", False, calico=False),
    )
}

_CALICO_BY_NAME: Final = {info.manifest_kind: info.kind for info in KINDS.values() if info.calico}
_POLICY_NETWORKING_BY_NAME: Final = {
    kind.value: kind
    for kind in (Kind.CLUSTER_NETWORK_POLICY, Kind.ADMIN_NETWORK_POLICY, Kind.BASELINE_ADMIN_NETWORK_POLICY)
}


def find_kind(api_version: str, written: str) -> Kind | None:
    """Return the kind of a manifest's apiVersion and kind, or None where it is no policy object of any group."""
    group, _, _ = api_version.partition("/")
    if group in CALICO_GROUPS:
        return _CALICO_BY_NAME.get(written)
    if group in ("networking.k8s.io", "extensions") and written == "NetworkPolicy":
        return Kind.KUBERNETES_NETWORK_POLICY
    if group == POLICY_NETWORKING:
        return _POLICY_NETWORKING_BY_NAME.get(written)
    return None
