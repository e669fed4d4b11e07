"""Checks that need more than the file: what the platform knows, and what day it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from generator.foundation.diagnostics import Diagnostic, problem, sort_diagnostics
from generator.foundation.spelling import did_you_mean
from generator.intent.codes import EXPIRED, UNKNOWN_NAME
from generator.intent.model import CapabilityNeed, Intent


def check_capabilities(intent: Intent, known: Collection[str]) -> list[Diagnostic]:
    """Report needs that are no service, no external and none of the platform's capabilities `known`."""
    problems: list[Diagnostic] = []
    candidates = {*intent.services, *intent.externals, *known, "self"}
    capabilities = ", ".join(sorted(known)) or "none"
    for _, service in sorted(intent.services.items()):
        for need in service.needs:
            if not isinstance(need, CapabilityNeed) or need.capability in known:
                continue
            name = need.capability
            hint = f"{did_you_mean(name, candidates)} capabilities of platform {intent.platform}: {capabilities}"
            summary = f"'{name}' is no service, no external and no capability of the platform"
            origin = need.origin
            problems.append(problem(UNKNOWN_NAME, summary, place=origin.place, path=origin.path, hint=hint.strip()))
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
