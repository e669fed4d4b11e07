"""Checks that need more than the file: what the platform knows, and what day it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from generator.foundation.diagnostics import Diagnostic, problem, sort_diagnostics
from generator.foundation.spelling import did_you_mean
from generator.intent.codes import EXPIRED, NOT_JUDGED, OWNED_PODS, UNKNOWN_NAME
from generator.intent.expectation import Expectation
from generator.intent.model import CapabilityNeed, Intent, PodsNeed
from generator.intent.namespaces import is_listed

_SPELLED = 100  # the nearest spelling costs a comparison with every name; a wholly wrong file needs no more of them


def check_capabilities(intent: Intent, known: Collection[str]) -> list[Diagnostic]:
    """Report needs that are no service, no external and none of the platform's capabilities `known`."""
    problems: list[Diagnostic] = []
    spelled: dict[str, str] = {}
    candidates = {*intent.services, *intent.externals, *known, "self"}
    capabilities = ", ".join(sorted(known)) or "none"
    for _, service in sorted(intent.services.items()):
        for need in service.needs:
            if not isinstance(need, CapabilityNeed) or need.capability in known:
                continue
            name = need.capability
            if name not in spelled:
                spelled[name] = did_you_mean(name, candidates) if len(spelled) < _SPELLED else ""
            hint = f"{spelled[name]} capabilities of platform {intent.platform}: {capabilities}"
            summary = f"'{name}' is no service, no external and no capability of the platform"
            origin = need.origin
            problems.append(problem(UNKNOWN_NAME, summary, place=origin.place, path=origin.path, hint=hint.strip()))
    return sort_diagnostics(problems)


def check_owned_pods(intent: Intent, system_namespaces: Collection[str]) -> list[Diagnostic]:
    """Report needs of pods that no service stands for, where the intent owns all namespaces but the system ones."""
    if not intent.owns_cluster:
        return []
    problems: list[Diagnostic] = []
    for _, service in sorted(intent.services.items()):
        for need in service.needs:
            if isinstance(need, PodsNeed) and not is_listed(need.pods.namespace, system_namespaces):
                namespace = need.pods.namespace
                summary = f"pods of '{namespace}' are needed, but the intent owns the cluster and has no service there"
                hint = "declare them under `services` and need them by name"
                origin = need.origin
                problems.append(problem(OWNED_PODS, summary, place=origin.place, path=origin.path, hint=hint))
    return sort_diagnostics(problems)


def expired_exceptions(intent: Intent, as_of: date) -> list[Diagnostic]:
    """Report exceptions whose last day lies before `as_of`."""
    problems: list[Diagnostic] = []
    for exception in intent.exceptions:
        if exception.until < as_of:
            summary = f"exception '{exception.name}' expired on {exception.until.isoformat()}"
            hint = f"take it out, or have {exception.owner} renew it"
            origin = exception.origin
            problems.append(problem(EXPIRED, summary, place=origin.place, path=origin.path, hint=hint))
    return sort_diagnostics(problems)


def unjudged_expectations(expectations: Sequence[Expectation], why: str = "without what is live") -> list[Diagnostic]:
    """Say that expectations are not held against anything, and why: silence would read as "they hold"."""
    if not expectations:
        return []
    origin = expectations[0].origin
    count = len(expectations)
    what = "1 expectation is" if count == 1 else f"{count} expectations are"
    summary = f"{what} not judged {why}"
    return [problem(NOT_JUDGED, summary, place=origin.place, path="expect")]
