"""Which kinds leave a mark in Felix's metrics that can be counted, and which do not (dataplane.md 9).

Policies of every kind add up in one gauge, tiers have a gauge of their own, and every update of a network set, of
either kind, counts one. A kind that is not in `MEASURES` gives no sign, and a wait for it is a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from generator.calico.kinds import KINDS, KUBERNETES_NETWORKING, POLICY_NETWORKING, Kind


class Measure(StrEnum):
    """A number that a node shows."""

    POLICIES = "felix_cluster_num_policies"
    TIERS = "felix_cluster_num_tiers"
    SET_UPDATES = 'felix_calc_graph_updates_processed{type="NetworkSetKey"}'


MEASURES: Final[Mapping[Kind, Measure]] = {
    Kind.NETWORK_POLICY: Measure.POLICIES,
    Kind.GLOBAL_NETWORK_POLICY: Measure.POLICIES,
    Kind.KUBERNETES_NETWORK_POLICY: Measure.POLICIES,
    Kind.TIER: Measure.TIERS,
    Kind.NETWORK_SET: Measure.SET_UPDATES,
    Kind.GLOBAL_NETWORK_SET: Measure.SET_UPDATES,
}

# Felix may count these with the policies, by version. Nothing of them is confirmed; what happens to them is reckoned
# with, because it moves the same number.
COUNTED_TOO: Final = (
    Kind.STAGED_NETWORK_POLICY,
    Kind.STAGED_GLOBAL_NETWORK_POLICY,
    Kind.STAGED_KUBERNETES_NETWORK_POLICY,
    Kind.CLUSTER_NETWORK_POLICY,
    Kind.ADMIN_NETWORK_POLICY,
    Kind.BASELINE_ADMIN_NETWORK_POLICY,
)

_POLICY_VERSIONS: Final = {
    Kind.CLUSTER_NETWORK_POLICY: "v1alpha2",
    Kind.ADMIN_NETWORK_POLICY: "v1alpha1",
    Kind.BASELINE_ADMIN_NETWORK_POLICY: "v1alpha1",
}


def api_version_of(kind: Kind, calico: str) -> str:
    """Return the apiVersion of a kind on a server that is asked for Calico's kinds in group-version `calico`."""
    if KINDS[kind].calico:
        return calico
    if kind is Kind.KUBERNETES_NETWORK_POLICY:
        return KUBERNETES_NETWORKING
    return f"{POLICY_NETWORKING}/{_POLICY_VERSIONS[kind]}"


def collection_of(kind: Kind, calico: str) -> str:
    """Return the path of all objects of a kind."""
    return f"/apis/{api_version_of(kind, calico)}/{KINDS[kind].plural}"


def object_of(kind: Kind, calico: str, namespace: str, name: str) -> str:
    """Return the path of one object of a kind; one that has namespaces is in `namespace`."""
    where = f"namespaces/{namespace}/" if KINDS[kind].namespaced else ""
    return f"/apis/{api_version_of(kind, calico)}/{where}{KINDS[kind].plural}/{name}"
