"""The kinds that a read of a cluster asks for, and what hangs on each; Secrets are not among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.calico.kinds import KINDS, POLICY_NETWORKING, Kind

CALICO_API: Final = "projectcalico.org"
CALICO_STORED: Final = "crd.projectcalico.org"


class Need(StrEnum):
    """What a kind is read for, and so what is unknown without it."""

    DECIDES = "decides"  # verdicts hang on it
    MANAGES = "manages"  # a plan asks it who calls whom; verdicts do without
    TELLS = "tells"  # evidence for a proposed intent, facts and notes


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """A kind by its group and plural; `group` of Calico's kinds is the group that is in use."""

    group: str
    plural: str
    need: Need

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


_BUILT_IN: Final = {
    Need.DECIDES: {
        "": ("namespaces", "nodes", "pods", "serviceaccounts", "services"),
        "discovery.k8s.io": ("endpointslices",),
        "networking.k8s.io": ("networkpolicies",),
        POLICY_NETWORKING: ("adminnetworkpolicies", "baselineadminnetworkpolicies", "clusternetworkpolicies"),
    },
    Need.MANAGES: {
        "": ("replicationcontrollers",),
        "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
        "batch": ("cronjobs", "jobs"),
        "argoproj.io": ("rollouts",),
        "apps.openshift.io": ("deploymentconfigs",),
        "admissionregistration.k8s.io": ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
        "apiregistration.k8s.io": ("apiservices",),
        "apiextensions.k8s.io": ("customresourcedefinitions",),
        "rbac.authorization.k8s.io": ("clusterrolebindings", "clusterroles", "rolebindings", "roles"),
    },
    Need.TELLS: {
        "networking.k8s.io": ("ingresses", "servicecidrs"),
        "gateway.networking.k8s.io": ("grpcroutes", "httproutes", "tcproutes", "tlsroutes", "udproutes"),
        "networking.istio.io": ("serviceentries", "virtualservices"),
        "route.openshift.io": ("routes",),
        "traefik.io": ("ingressroutes", "ingressroutetcps"),
    },
}
_STAGED: Final = (Kind.STAGED_NETWORK_POLICY, Kind.STAGED_GLOBAL_NETWORK_POLICY, Kind.STAGED_KUBERNETES_NETWORK_POLICY)
_CALICO_MORE: Final = {"felixconfigurations": Need.DECIDES, "ippools": Need.TELLS, "clusterinformations": Need.TELLS}


def wanted_kinds(calico_group: str, *, evidence: bool) -> Iterator[Wanted]:
    """Go through what is asked for; `evidence` adds ConfigMaps, which only a proposed intent looks at.

    Endpoints are not among them: every Service has EndpointSlices, those of hand-made Endpoints too.
    """
    for need, groups in _BUILT_IN.items():
        for group, plurals in groups.items():
            yield from (Wanted(group, plural, need) for plural in plurals)
    if evidence:
        yield Wanted("", "configmaps", Need.TELLS)
    if not calico_group:
        return
    for kind, info in KINDS.items():
        if info.calico:
            yield Wanted(calico_group, info.plural, Need.MANAGES if kind in _STAGED else Need.DECIDES)
    for plural, need in _CALICO_MORE.items():
        yield Wanted(calico_group, plural, need)
