"""What stands in the way of a plan, and what a reader must know of it: refusals, unresolved points, warnings."""

from __future__ import annotations

from collections.abc import Iterator

from generator.calico.applies import DIRECTIONS
from generator.calico.kinds import Kind
from generator.calico.manifest import read_manifest
from generator.calico.names import DEFAULT_TIER, TIERED_KINDS, tier_of
from generator.calico.objects import Identity
from generator.calico.validator import find_divergent, judge_go
from generator.compare.model import ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import RefusedError
from generator.plan.bridge_way import Bridges
from generator.plan.codes import (
    EFFECT_UNCERTAIN,
    FOREIGN_WRITE,
    ISOLATED_ALREADY,
    NEW_NAMESPACES,
    PARTIAL_SNAPSHOT,
    REPLACED_OUTSIDE,
    TIER_ABSENT,
    TIER_IN_USE,
)
from generator.plan.isolation import Isolation
from generator.plan.subject import Subject, object_of
from generator.snapshot.codes import KIND_UNREAD
from generator.snapshot.unread import unread_kinds


def refuse_foreign_writes(subject: Subject, diff: ObjectDiff, replaced: frozenset[Identity]) -> None:
    """Raise RefusedError where the difference would write what is neither ours nor handed over, or orphan policies."""
    problems = [
        problem(FOREIGN_WRITE, f"{item.identity} is neither ours nor replaced", place=item.live.source.place())
        for item in subject.changes
        if item.live is not None
        and item.status in (Status.CHANGED, Status.REMOVED)
        and item.owner != subject.intent.name
        and item.identity not in replaced
    ]
    problems += _tiers_in_use(subject, diff)
    if problems:
        raise RefusedError(problems)


def _tiers_in_use(subject: Subject, diff: ObjectDiff) -> Iterator[Diagnostic]:
    going = {item.identity.name for item in subject.ours(Status.REMOVED) if item.identity.kind is Kind.TIER}
    gone = {item.identity for item in subject.changes if item.status is Status.REMOVED}
    for change in diff.changes if going else ():
        if change.live is None or change.identity in gone or change.live.kind not in TIERED_KINDS:
            continue
        tier = tier_of(change.live)
        if tier in going:
            summary = f"tier '{tier}' would go, and {change.identity} is in it"
            hint = "let the intent that owns the policy own the tier too, or take the policy off first"
            yield problem(TIER_IN_USE, summary, place=change.live.source.place(), hint=hint)


def find_obstacles(subject: Subject, diff: ObjectDiff, bridges: Bridges) -> list[Diagnostic]:
    """Return what leaves the plan unresolved: steps are given all the same, and it cannot be applied."""
    return [*_unread(subject), *_absent_tiers(subject, diff), *_uncertain_effects(subject, diff, bridges)]


def _unread(subject: Subject) -> Iterator[Diagnostic]:
    """Report the kinds that the cluster refused to show: also those that only tell who calls whom."""
    for kind in unread_kinds(subject.snapshot):
        summary = f"{kind.name} may not be read, so it is not known what the plan would do to it"
        yield problem(KIND_UNREAD, summary, hint="ask for the right to list it, then plan again")


def _absent_tiers(subject: Subject, diff: ObjectDiff) -> Iterator[Diagnostic]:
    there = {item.identity.name for item in diff.changes if item.identity.kind is Kind.TIER}
    wanted = {
        tier_of(object_of(item))
        for item in subject.ours(Status.CREATED, Status.CHANGED)
        if item.identity.kind in TIERED_KINDS
    }
    for name in sorted(wanted - there - {DEFAULT_TIER}):
        hint = "apply the intent that renders the tier first, or drop tier.ownedBy"
        yield problem(TIER_ABSENT, f"no Tier '{name}' is live, and the set does not render it", hint=hint)


def _uncertain_effects(subject: Subject, diff: ObjectDiff, bridges: Bridges) -> Iterator[Diagnostic]:
    """Report live policies whose isolation a bridge hangs on and which Calico may take for absent (calico.md 7.3)."""
    names = {name for item in (*bridges.entering, *bridges.leaving) for name in item.target_reach.spaces}
    if not names:
        return
    for change in diff.changes:
        obj = change.live
        if obj is None or obj.kind not in (Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY):
            continue
        if tier_of(obj) != DEFAULT_TIER or (obj.namespace and obj.namespace not in names):
            continue
        refused = [item for item in judge_go(read_manifest(obj)) if item.path[:1] == ("spec",)]
        if refused:
            summary = f"{change.identity} is not valid ({refused[0].summary}), so it may isolate its pods or not"
            yield problem(EFFECT_UNCERTAIN, summary, place=obj.source.place(refused[0].path))


def warnings_of(subject: Subject) -> list[Diagnostic]:
    """Return what a reader must know before the plan is used."""
    found: list[Diagnostic] = []
    if not subject.snapshot.complete:
        summary = "the live input is partial: the plan has to be proven again on the cluster before it is applied"
        found.append(problem(PARTIAL_SNAPSHOT, summary, hint="plan from a read of the whole cluster"))
    if subject.rest:
        summary = "namespaces that appear during the run are not led over one by one"
        found.append(problem(NEW_NAMESPACES, summary, hint="create no namespaces until the plan has ended"))
    found += _replaced_outside(subject)
    found += _isolated_already(subject)
    found += find_divergent(subject.snapshot.policies)
    return found


def _replaced_outside(subject: Subject) -> Iterator[Diagnostic]:
    if subject.rest:
        return
    for change in subject.changes:
        if change.identity not in subject.replaced or change.live is None:
            continue
        alone = Isolation.of([change.live], subject.cluster)
        outside = sorted(
            name
            for name in subject.universe
            if name not in subject.scope and any(alone.pods(name, way) is not False for way in DIRECTIONS)
        )
        if outside:
            summary = f"{change.identity} also selects pods of namespaces {', '.join(outside[:5])}"
            hint = "these pods lose the policy; own their namespaces too, or do not replace it"
            yield problem(REPLACED_OUTSIDE, summary, place=change.live.source.place(), hint=hint)


def _isolated_already(subject: Subject) -> Iterator[Diagnostic]:
    """Name the namespaces that a bridge would be for and which the policies of others isolate as a whole."""
    if subject.target.tier != DEFAULT_TIER:
        return
    for namespace in subject.scope:
        ways = [way.lower() for way in DIRECTIONS if subject.by_others.pods(namespace, way) is True]
        if ways:
            summary = f"{' and '.join(ways)} of namespace '{namespace}': isolated already by policies of others"
            yield problem(ISOLATED_ALREADY, summary)
