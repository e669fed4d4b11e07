"""The versions of each object, lowered once, and whom each write can concern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject, Identity
from generator.calico.ordering import SortKey, policy_sort_key
from generator.calico.versions import knows_kind
from generator.foundation.diagnostics import Diagnostic
from generator.plan.proof.history import Event, History
from generator.reach.environment import Dataplane, Environment
from generator.reach.lower import POLICY_KINDS, Lowered, lower_policy
from generator.reach.model import Direction, PolicyView, RuleView
from generator.selectors import Node


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy as it is between two writes; it is in force (no staged kind) and Felix accepts it."""

    view: PolicyView
    key: SortKey


@dataclass(frozen=True, slots=True)
class Timeline:
    """One policy object: its versions, and the events between them; None where it is not there or has no effect."""

    identity: Identity
    versions: tuple[PolicyVersion | None, ...]
    events: tuple[Event, ...]

    def at(self, applied: int) -> PolicyVersion | None:
        """Return the version of a node that has so many writes of this kind."""
        number = 0
        for event in self.events:
            if event.place < applied:
                number += 1
        return self.versions[number]

    def between(self, low: int, high: int) -> tuple[PolicyVersion | None, ...]:
        """Return all versions that a node can have that has at least `low` and at most `high` writes of this kind."""
        first = sum(event.place < low for event in self.events)
        last = sum(event.place < high for event in self.events)
        return self.versions[first : last + 1]

    @property
    def known(self) -> Iterator[PolicyVersion]:
        """Go through the versions that have an effect."""
        return (version for version in self.versions if version is not None)


@dataclass(slots=True)
class Versions:
    """All policies of a plan over time; `undecodable` is what leaves every verdict unknown."""

    timelines: list[Timeline]
    undecodable: list[Diagnostic]

    def views(self) -> Iterator[PolicyView]:
        """Go through all versions of all policies."""
        for timeline in self.timelines:
            for version in timeline.known:
                yield version.view


def lower_versions(history: History, environment: Environment) -> Versions:
    """Lower every version of every policy."""
    problems = Lowered()
    events: dict[Identity, list[Event]] = {}
    for event in history.events:
        events.setdefault(event.identity, []).append(event)
    timelines = []
    for identity in sorted({*history.start, *events}):
        if identity.kind not in POLICY_KINDS or not knows_kind(environment.version, identity.kind):
            continue
        own = tuple(events.get(identity, ()))
        objects = [history.start.get(identity), *(event.after for event in own)]
        versions = tuple(_lower(obj, environment, problems) for obj in objects)
        timelines.append(Timeline(identity, versions, own))
    return Versions(timelines, problems.undecodable)


def _lower(obj: ApiObject | None, environment: Environment, problems: Lowered) -> PolicyVersion | None:
    if obj is None:
        return None
    view = lower_policy(
        obj,
        environment.version,
        problems,
        as_stored=environment.loaded_as_stored,
        dataplane=environment.dataplane or Dataplane.IPTABLES,
    )
    if view is None or view.staged:
        return None
    return PolicyVersion(view, policy_sort_key(obj, environment.version))


def same_but_for_selector(before: PolicyVersion, after: PolicyVersion, direction: Direction) -> bool:
    """Tell whether two versions ask the same in a direction of whoever both select."""
    first, second = before.view, after.view
    return (
        before.key == after.key
        and first.tier == second.tier
        and first.kind == second.kind
        and (direction in first.governs) == (direction in second.governs)
        and plain_rules(first.rules(direction)) == plain_rules(second.rules(direction))
    )


def plain_rules(rules: Sequence[RuleView]) -> tuple[RuleView, ...]:
    """Return what rules ask and do, without where they stand and come from."""
    return tuple(replace(rule, index=0, converted=-1, notes=()) for rule in rules)


def selectors_in(rules: Iterable[RuleView]) -> Iterator[Node]:
    """Go through the selectors by which rules find addresses."""
    for rule in rules:
        for side in (rule.source, rule.destination):
            yield from (node for node in (side.members, side.excluded) if node is not None)


def is_set(kind: Kind) -> bool:
    """Tell whether objects of a kind are sets of addresses."""
    return kind in (Kind.NETWORK_SET, Kind.GLOBAL_NETWORK_SET)
