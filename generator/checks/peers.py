"""Needs towards pods that somebody else owns: is there such a pod, and what must its owner add?"""

from __future__ import annotations

from generator.checks.codes import CALLEE_ELSEWHERE, NO_PODS
from generator.checks.matching import Matching
from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import Intent, PodsNeed, Service
from generator.snapshot.model import Snapshot


def check_peers(intent: Intent, snapshot: Snapshot, matching: Matching) -> list[Diagnostic]:
    """Report needs whose callee is in a namespace of somebody else, with the rule that its owner needs."""
    return [
        finding
        for service in intent.services.values()
        for need in service.needs
        if isinstance(need, PodsNeed)
        for finding in _check_need(service, need, snapshot, matching)
    ]


def _check_need(service: Service, need: PodsNeed, snapshot: Snapshot, matching: Matching) -> list[Diagnostic]:
    where = need.pods.namespace
    labels = ", ".join(f"{key}={value}" for key, value in need.pods.labels) or "every pod"
    shown = snapshot.complete or bool(matching.workloads_of(where))
    if shown and not matching.selected(need.pods):
        summary = f"'{service.name}' needs pods with {labels} in '{where}'; there are none"
        return [problem(NO_PODS, summary, place=need.origin.place, path=need.origin.path)]
    caller = " && ".join(f"{key} == '{value}'" for key, value in service.pods.labels) or "all()"
    ports = ", ".join(str(port) for port in need.ports)
    return [
        problem(
            CALLEE_ELSEWHERE,
            f"'{where}' is not owned here: only the egress of '{service.name}' is rendered",
            place=need.origin.place,
            path=need.origin.path,
            hint=f"its owner admits: ports {ports} from namespace '{service.pods.namespace}', {caller}",
        )
    ]
