"""Do the services select pods, each its own, and is every workload of an owned namespace covered?"""

from __future__ import annotations

from collections.abc import Sequence

from generator.checks.codes import NO_PODS, NOT_IN_SNAPSHOT, SHARED_PODS, UNCOVERED
from generator.checks.matching import Matching
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.spelling import nearest
from generator.intent.model import Intent, PodSelection, Service
from generator.intent.namespaces import is_listed
from generator.platforms.model import PlatformProfile
from generator.snapshot.model import Snapshot, Workload


def check_selections(
    intent: Intent, profile: PlatformProfile, snapshot: Snapshot, matching: Matching
) -> list[Diagnostic]:
    """Report services without pods, pods of two services, and workloads of no service."""
    found: list[Diagnostic] = []
    owners: dict[int, list[Service]] = {}
    for service in intent.services.values():
        chosen = matching.selected(service.pods)
        if not chosen:
            found.append(_nothing(service, snapshot, matching))
        for workload in chosen:
            owners.setdefault(id(workload), []).append(service)
    for workload in snapshot.workloads:
        services = owners.get(id(workload), [])
        if len(services) > 1:
            found.append(_shared(workload, services))
        elif not services and not workload.host_network and _is_owned(workload.namespace, intent, profile):
            found.append(_uncovered(workload))
    return found


def _is_owned(namespace: str, intent: Intent, profile: PlatformProfile) -> bool:
    whole = intent.owns_cluster and not is_listed(namespace, profile.system_namespaces.value)
    return whole or namespace in intent.owns


def _nothing(service: Service, snapshot: Snapshot, matching: Matching) -> Diagnostic:
    pods = service.pods
    origin = service.origin
    if not snapshot.complete and not matching.workloads_of(pods.namespace):
        summary = f"no workload of namespace '{pods.namespace}' is in the snapshot"
        return problem(NOT_IN_SNAPSHOT, summary, place=origin.place, path=origin.path)
    summary = f"'{service.name}' selects no pod: {_written(pods)} in namespace '{pods.namespace}'"
    return problem(
        NO_PODS,
        summary,
        place=origin.place,
        path=origin.path,
        hint=_nearest_label(pods, matching.workloads_of(pods.namespace)),
    )


def _written(pods: PodSelection) -> str:
    labels = ", ".join(f"{key}={value}" for key, value in pods.labels) or "every pod"
    return f"{labels}, service account {pods.service_account}" if pods.service_account else labels


def _nearest_label(pods: PodSelection, there: Sequence[Workload]) -> str:
    """Find the label of the namespace's pods that was probably meant; an unknown value first, then an unknown key."""
    labels = {pair for item in there for pair in item.labels}
    for key, value in pods.labels:
        if (key, value) in labels:
            continue
        values = {known for name, known in labels if name == key}
        close = nearest(value, values)
        if close is not None:
            return f"did you mean {key}: {close}?"
        close = nearest(key, {name for name, _ in labels})
        if close is not None and close != key:
            return f"did you mean the label '{close}'?"
        if values:
            return f"values of '{key}' there: {', '.join(sorted(values)[:5])}"
    if pods.service_account:
        accounts = {item.service_account for item in there}
        return f"service accounts there: {', '.join(sorted(filter(None, accounts))[:5])}"
    return ""


def _shared(workload: Workload, services: list[Service]) -> Diagnostic:
    names = " and ".join(f"'{service.name}'" for service in sorted(services, key=lambda item: item.name))
    summary = f"{workload.kind} {workload.namespace}/{workload.name} belongs to {names}"
    return problem(SHARED_PODS, summary, place=services[-1].origin.place, path=services[-1].origin.path)


def _uncovered(workload: Workload) -> Diagnostic:
    summary = f"{workload.kind} {workload.namespace}/{workload.name} belongs to no service of the intent"
    return problem(
        UNCOVERED, summary, place=workload.source.place(), hint="add it under services:, or move it elsewhere"
    )
