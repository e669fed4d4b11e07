"""Does the traffic of an exposed service carry the client's address, where the intent narrows the clients (P14)?"""

from __future__ import annotations

from generator.checks.codes import HIDDEN_CLIENT
from generator.checks.matching import labels_match, selected_workloads
from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import Exposed, ExposedBy, Intent, Service
from generator.snapshot.model import KubeService, Snapshot

_BY_SERVICE = (ExposedBy.LOADBALANCER, ExposedBy.NODEPORT, ExposedBy.CIDRS)


def check_exposure(intent: Intent, snapshot: Snapshot) -> list[Diagnostic]:
    """Report client ranges behind a Service that rewrites the client's address (calico.md 4.8)."""
    return [
        _hidden(service, exposed, item)
        for service in intent.services.values()
        for exposed in service.exposed
        if exposed.by in _BY_SERVICE and exposed.cidrs
        for item in _rewriting(service, snapshot)
    ]


def _rewriting(service: Service, snapshot: Snapshot) -> list[KubeService]:
    workloads = selected_workloads(snapshot, service.pods)
    return [
        item
        for item in snapshot.services
        if item.namespace == service.pods.namespace
        and item.type in ("LoadBalancer", "NodePort")
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
