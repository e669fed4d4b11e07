"""Does the traffic of an exposed service carry the client's address, where the intent narrows the clients (P14)?"""

from __future__ import annotations

from generator.checks.codes import HIDDEN_CLIENT
from generator.checks.matching import Matching, labels_match
from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import Exposed, ExposedBy, Intent, Service
from generator.snapshot.model import KubeService

_BY_SERVICE = (ExposedBy.LOADBALANCER, ExposedBy.NODEPORT, ExposedBy.CIDRS)


def check_exposure(intent: Intent, matching: Matching) -> list[Diagnostic]:
    """Report client ranges behind a Service that rewrites the client's address (calico.md 4.8)."""
    return [
        _hidden(service, exposed, item)
        for service in intent.services.values()
        for exposed in service.exposed
        if exposed.by in _BY_SERVICE and exposed.cidrs
        for item in _rewriting(service, matching)
    ]


def _rewriting(service: Service, matching: Matching) -> list[KubeService]:
    workloads = matching.selected(service.pods)
    return [
        item
        for item in matching.services_of(service.pods.namespace)
        if item.type in ("LoadBalancer", "NodePort")
        and item.external_traffic_policy != "Local"
        and item.selector
        and any(labels_match(item.selector, workload.labels) for workload in workloads)
    ]


def _hidden(service: Service, exposed: Exposed, item: KubeService) -> Diagnostic:
    return problem(
        HIDDEN_CLIENT,
        f"Service '{item.name}' may replace the client's address by a node's, so the ranges would not match",
        place=exposed.origin.place,
        path=exposed.origin.path,
        hint=f"set externalTrafficPolicy: Local on it, or leave `cidrs` out of '{service.name}'",
    )
