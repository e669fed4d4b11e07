"""The smallest change of an intent that lets a denied flow through, proved before it is shown.

*Smallest*: candidates come in a fixed order, from the narrowest to the widest (`inside.py`, `outward.py`). The first
one under which the flow is allowed, nothing that was allowed is cut, and nothing is opened but the asked port between
the two ends that it names, is it. Where none is that tight, the one that opens the fewest pairs of places is it, then
the one with the fewest edits; what it opens besides is shown with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from generator.calico.metadata import effective_labels
from generator.compare.diff import owner_of
from generator.foundation.errors import InputError, RefusedError
from generator.intent import LoadedIntent
from generator.layers.model import LABEL_LAYER
from generator.reach.decision import Verdict
from generator.reach.ends import NoSuchEnd, resolve_end
from generator.reach.engine import Engine
from generator.reach.flow import End, Flow, FlowVerdict, evaluate_flow
from generator.reach.to_service import find_front, possible_flows
from generator.reach.unknown import UnknownReason
from generator.snapshot.model import Snapshot
from generator.suggest.amend import amend_intent
from generator.suggest.asked import PROTOCOLS, Asked
from generator.suggest.inside import between_pods, from_addresses, whole_namespace
from generator.suggest.model import Candidate, Denial, Edit, Obstacle, Refusal, Suggestion
from generator.suggest.opening import Opening, measure_opening
from generator.suggest.outward import names_again, to_addresses

Put = Callable[[LoadedIntent], Snapshot]  # what would be live with an intent in place; InputError where it is refused
_GUARDS: Final = {"threat-feeds": Obstacle.FEED, "guardrails": Obstacle.GUARDRAIL}


@dataclass(frozen=True, slots=True)
class Prospect:
    """A flow in the cluster as it would be with the intent in place, and what puts another intent there."""

    engine: Engine
    verdict: FlowVerdict
    asked: Asked
    put: Put


@dataclass(frozen=True, slots=True)
class _Tried:
    candidate: Candidate
    opening: Opening
    overridden: Denial | None


def find_suggestion(prospect: Prospect) -> Suggestion | Refusal | None:
    """Return the smallest change under which the flow is allowed, or why there is none; None unless it is denied."""
    if prospect.verdict.verdict is not Verdict.DENY:
        return None
    asked = _asked_behind_service(prospect)
    if isinstance(asked, Refusal):
        return asked
    guarded = _guarded(prospect)
    if guarded is Obstacle.FEED:
        return _refuse(prospect, guarded)
    best: _Tried | None = None
    refusal: Refusal | None = None
    for candidate in _candidates(asked):
        if guarded is not None and any(edit.way == "externals" for edit in candidate.edits):
            refusal = _refuse(prospect, guarded)
            continue
        found = _prove(prospect, candidate)
        if isinstance(found, Refusal):
            refusal = refusal if refusal is not None and _rank(refusal) <= _rank(found) else found
            continue
        if not found.opening.beyond and not found.opening.unsure:
            return _suggest(found)
        best = found if best is None or _width(found) < _width(best) else best
    if best is not None:
        return _suggest(best)
    return refusal or _refuse(prospect, _why_nothing(prospect, asked))


def _guarded(prospect: Prospect) -> Obstacle | None:
    """Tell whether a guardrail or a threat feed of the intent denies; an address that an external names leaves both."""
    denials = Denial(prospect.engine, prospect.asked.flow, prospect.verdict).decisions
    origins = [item.decided_by.origin for item in denials if item.decided_by is not None]
    ours = [obj for obj in origins if obj is not None and owner_of(obj) == prospect.asked.intent.name]
    layers = {effective_labels(obj).get(LABEL_LAYER) for obj in ours}
    return next((found for layer, found in _GUARDS.items() if layer in layers), None)


def _candidates(asked: Asked) -> Iterator[Candidate]:
    if asked.transport.protocol not in PROTOCOLS:
        yield from whole_namespace(asked)
        return
    source, destination = asked.flow.source, asked.flow.destination
    if source.pod is None:
        yield from from_addresses(asked)
    elif destination.pod is None:
        yield from names_again(asked)
        yield from to_addresses(asked)
    else:
        yield from names_again(asked)
        yield from between_pods(asked)


def _asked_behind_service(prospect: Prospect) -> Asked | Refusal:
    """Return the flow as it arrives: of one to a Service the first that is denied at a pod behind it."""
    asked = prospect.asked
    front = find_front(prospect.engine, asked.flow)
    if front is None:
        return asked
    sent = possible_flows(prospect.engine, asked.flow, front)
    if isinstance(sent, UnknownReason):
        return _refuse(prospect, Obstacle.NO_BACKEND)
    for one in sent:
        if one.flow.destination.pod and evaluate_flow(prospect.engine, one.flow).verdict is Verdict.DENY:
            return Asked(asked.loaded, one.flow, asked.owned, asked.pods, asked.capabilities, asked.as_of)
    return _refuse(prospect, Obstacle.NO_BACKEND)


def _prove(prospect: Prospect, candidate: Candidate) -> _Tried | Refusal:
    """Apply a change, render it, follow the flow, and take the differential."""
    edits = candidate.edits
    amended = amend_intent(prospect.asked.loaded, candidate.overlay)
    if amended is None:
        return _refuse(prospect, Obstacle.INVALID, edits)
    try:
        snapshot = prospect.put(amended)
    except (InputError, RefusedError):
        return _refuse(prospect, Obstacle.INVALID, edits)
    engine = Engine(snapshot, prospect.engine.environment)
    try:
        flow = _same_flow(engine, prospect.asked.flow)
    except NoSuchEnd:
        return _refuse(prospect, Obstacle.INVALID, edits)
    verdict = evaluate_flow(engine, flow)
    if verdict.verdict is not Verdict.ALLOW:
        unknown = verdict.verdict is Verdict.UNKNOWN
        return Refusal(Obstacle.UNKNOWN if unknown else Obstacle.POLICY, Denial(engine, flow, verdict), edits)
    opening = measure_opening(prospect.engine, engine, candidate.need)
    if opening.cuts:
        return Refusal(Obstacle.CUTS, Denial(engine, flow, verdict), edits)
    return _Tried(candidate, opening, _overridden(prospect, snapshot))


def _overridden(prospect: Prospect, snapshot: Snapshot) -> Denial | None:
    """Return what the policies of others alone would make of the flow, where they deny it (product.md 3)."""
    ours = prospect.asked.intent.name
    others = replace(snapshot, policies=tuple(item for item in snapshot.policies if owner_of(item) != ours))
    engine = Engine(others, prospect.engine.environment)
    flow = _same_flow(engine, prospect.asked.flow)
    verdict = evaluate_flow(engine, flow)
    return Denial(engine, flow, verdict) if verdict.verdict is Verdict.DENY else None


def _same_flow(engine: Engine, flow: Flow) -> Flow:
    def end(old: End) -> End:
        if old.pod is None and not old.is_host:
            return old
        found = resolve_end(engine, old.name, old.address[0])
        return End(found.name, old.address, found.pod, found.node, old.apart)

    return Flow(end(flow.source), end(flow.destination), flow.transport)


def _refuse(prospect: Prospect, obstacle: Obstacle, edits: tuple[Edit, ...] = ()) -> Refusal:
    return Refusal(obstacle, Denial(prospect.engine, prospect.asked.flow, prospect.verdict), edits)


def _why_nothing(prospect: Prospect, asked: Asked) -> Obstacle:
    if not (asked.is_owned(asked.flow.source) or asked.is_owned(asked.flow.destination)):
        return Obstacle.NOT_OURS
    return Obstacle.NO_WORDS if asked.transport.protocol not in PROTOCOLS else Obstacle.POLICY


def _rank(refusal: Refusal) -> tuple[int, int]:
    """The one that comes nearest: with the fewest places that still deny; one that cannot be rendered says least."""
    order = (Obstacle.GUARDRAIL, Obstacle.UNKNOWN, Obstacle.CUTS, Obstacle.POLICY, Obstacle.INVALID)
    place = order.index(refusal.obstacle) if refusal.obstacle in order else len(order)
    return place, len(refusal.still.decisions)


def _width(tried: _Tried) -> tuple[int, int]:
    return tried.opening.pairs, len(tried.candidate.edits)


def _suggest(tried: _Tried) -> Suggestion:
    candidate, opening = tried.candidate, tried.opening
    return Suggestion(
        candidate.edits,
        candidate.overlay,
        opening.changes,
        opening.beyond,
        opening.unsure,
        candidate.fill_in,
        tried.overridden,
    )
