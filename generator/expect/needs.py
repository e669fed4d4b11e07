"""Needs that an intent declares, as statements that a cluster can be held against.

The set allows every one of them; a policy of others may deny it all the same, before ours or at the other end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from generator.expect.codes import NEED_BREAKS, NEED_STAYS_DENIED
from generator.expect.findings import example
from generator.expect.model import Judged, Outcome
from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.expectation import End, Expectation, ExternalEnd, PodsEnd
from generator.intent.model import CapabilityNeed, ExternalNeed, Intent, Need, PodSelection, PodsNeed, ServiceNeed


def declared_needs(intent: Intent) -> tuple[Expectation, ...]:
    """Return what each service needs of other pods and of address ranges; what the platform gives is not asked."""
    found = (
        Expectation(True, PodsEnd(name, service.pods), end, need.ports, need.origin)
        for name, service in sorted(intent.services.items())
        for need in service.needs
        if not isinstance(need, CapabilityNeed) and need.ports
        for end in _ends(need, intent)
    )
    return tuple(found)


def need_problems(before: Iterable[Judged], after: Sequence[Judged]) -> list[Diagnostic]:
    """Return a warning for each need that is denied afterwards: one that lives now, and one that is denied now too.

    What selects nobody, or is not known, is nothing that breaks.
    """
    lives = {str(item.expectation): item.outcome is Outcome.HOLDS for item in before}
    return [_problem(item, lives.get(str(item.expectation), False)) for item in violated(after)]


def violated(judged: Iterable[Judged]) -> Iterator[Judged]:
    """Go through those that are denied."""
    return (item for item in judged if item.outcome is Outcome.VIOLATED)


def _ends(need: Need, intent: Intent) -> Iterator[End]:
    match need:
        case ServiceNeed(service=name):
            yield PodsEnd(name, intent.services[name].pods)
        case PodsNeed(pods=pods):
            yield PodsEnd(_text(pods), pods)
        case ExternalNeed(external=name):
            external = intent.externals[name]
            if external.cidrs or external.anywhere:
                # Of domains nobody knows the addresses here.
                yield ExternalEnd(name, replace(external, domains=()))
        case CapabilityNeed():
            pass


def _text(pods: PodSelection) -> str:
    labels: Mapping[str, str] = dict(pods.labels)
    return f"{pods.namespace}/{','.join(f'{key}={value}' for key, value in sorted(labels.items())) or '*'}"


def _problem(item: Judged, lives: bool) -> Diagnostic:
    origin = item.expectation.origin
    shown = str(item.expectation).replace(" must reach ", " needs ")
    hint = example(item.breaches[0]) if item.breaches else item.why
    if lives:
        return problem(NEED_BREAKS, f"'{shown}' would break", place=origin.place, path=origin.path, hint=hint)
    summary = f"'{shown}' is denied now, and stays so"
    return problem(NEED_STAYS_DENIED, summary, place=origin.place, path=origin.path, hint=hint)
