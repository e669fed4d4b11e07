"""Which writes can change what an end does, and whether one only widens or only narrows it.

A write that concerns no rule, set or tier which an end asks leaves it as it is in every state: it commutes with all
others there. An allow that is added where the end of its tier was decided before can only let more through, whatever
else is there; a deny only less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject
from generator.plan.proof.cluster import PlannedCluster
from generator.plan.proof.history import Event
from generator.plan.proof.stretches import Stretch
from generator.plan.proof.versions import (
    PolicyVersion,
    Timeline,
    is_set,
    plain_rules,
    same_but_for_selector,
    selectors_in,
)
from generator.reach.inventory import AddressGroup
from generator.reach.label_index import LabelIndex
from generator.reach.model import Action, Direction, PolicyClass, RuleView
from generator.selectors import Node

Concern = tuple[int, Direction]  # a label class, and the direction in which it is governed

_ON_PODS = frozenset({PolicyClass.NORMAL, PolicyClass.FORWARD})


class Effect(Enum):
    """What a write makes of an end, in every state of the others."""

    WIDENS = "widens"
    NARROWS = "narrows"
    UNCLEAR = "unclear"


class Relevance:
    """Looks up the writes that concern a class and direction, in the order of the API."""

    def __init__(self, cluster: PlannedCluster) -> None:
        self._cluster = cluster
        self._found: dict[Concern, list[Event]] = {}
        self._changed: dict[int, frozenset[Node]] = {}
        self._timelines = {timeline.identity: timeline for timeline in cluster.versions.timelines}
        self._by_selector = _classes_by_selector(cluster)
        for event in cluster.history.events:
            for concern in self._concerns(event):
                self._found.setdefault(concern, []).append(event)

    def events(self, concerns: Iterable[Concern]) -> list[Event]:
        """Return the writes that concern any of these, each once, in the order of the API."""
        found = {event.number: event for concern in concerns for event in self._found.get(concern, ())}
        return [found[number] for number in sorted(found)]

    def _concerns(self, event: Event) -> set[Concern]:
        kind = event.identity.kind
        if is_set(kind):
            return self._of_set(event)
        if kind is Kind.TIER:
            return {
                concern
                for timeline in self._cluster.versions.timelines
                for version in timeline.known
                if version.view.tier == event.identity.name
                for concern in self._of_version(version)
            }
        timeline = self._timelines.get(event.identity)
        return self._of_policy(event, timeline) if timeline is not None else set()

    def _of_version(self, version: PolicyVersion) -> set[Concern]:
        return {
            (number, direction)
            for number in self._cluster.index.select(version.view.selector)
            for direction in version.view.governs
        }

    def _of_policy(self, event: Event, timeline: Timeline) -> set[Concern]:
        before, after = versions_around(event, timeline)
        if before is None or after is None:
            return self._of_version(before) if before is not None else self._of_version(after) if after else set()
        found: set[Concern] = set()
        select = self._cluster.index.select
        first, second = select(before.view.selector), select(after.view.selector)
        for direction in Direction:
            concerned = first ^ second if same_but_for_selector(before, after, direction) else first | second
            if direction in before.view.governs or direction in after.view.governs:
                found |= {(number, direction) for number in concerned}
        return found

    def _of_set(self, event: Event) -> set[Concern]:
        return {
            concern for node in self.changed_selectors(event) for concern in self._by_selector.get(node, frozenset())
        }

    def changed_selectors(self, event: Event) -> frozenset[Node]:
        """Return the selectors in rules that find other addresses after the write of a set."""
        found = self._changed.get(event.number)
        if found is None:
            found = self._changed[event.number] = frozenset(self._find_changed(event))
        return found

    def _find_changed(self, event: Event) -> list[Node]:
        before, after = self._group(event.before), self._group(event.after)
        if before is not None and after is not None and before == after:
            return []
        groups = [group for group in (before, after) if group is not None]
        index = LabelIndex(group.labels for group in groups)
        return [node for node in self._by_selector if index.select(node)]

    def _group(self, obj: ApiObject | None) -> AddressGroup | None:
        found = self._cluster.groups_of([obj]) if obj is not None else ()
        return found[0] if found else None

    def grows(self, event: Event) -> bool | None:
        """Tell whether a write of a set adds addresses to it and takes none away; None where it does both."""
        before, after = self._group(event.before), self._group(event.after)
        if before is None or after is None:
            return after is not None
        if before.labels != after.labels or before.domains != after.domains:
            return None
        if before.nets - after.nets:
            return None if after.nets - before.nets else False
        return True

    def timeline(self, event: Event) -> Timeline | None:
        """Return the timeline of the policy that is written; None for a tier or set."""
        return self._timelines.get(event.identity)


def _classes_by_selector(cluster: PlannedCluster) -> dict[Node, frozenset[Concern]]:
    found: dict[Node, set[Concern]] = {}
    for view in cluster.versions.views():
        numbers = cluster.index.select(view.selector)
        for direction in view.governs:
            concerns = {(number, direction) for number in numbers}
            for node in set(selectors_in(view.rules(direction))):
                found.setdefault(node, set()).update(concerns)
    return {node: frozenset(concerns) for node, concerns in found.items()}


def versions_around(event: Event, timeline: Timeline) -> tuple[PolicyVersion | None, PolicyVersion | None]:
    """Return a policy before and after one of its writes."""
    position = timeline.events.index(event)
    return timeline.versions[position], timeline.versions[position + 1]


def common_effect(
    cluster: PlannedCluster, relevance: Relevance, events: Sequence[Event], concern: Concern, stretch: Stretch
) -> Effect:
    """Return what all these writes of a stretch do to a class and direction, if all do the same."""
    effects = {_effect(cluster, relevance, event, concern, stretch) for event in events}
    return effects.pop() if len(effects) == 1 else Effect.UNCLEAR


def _effect(cluster: PlannedCluster, relevance: Relevance, event: Event, concern: Concern, stretch: Stretch) -> Effect:
    if is_set(event.identity.kind):
        return _effect_of_set(cluster, relevance, event, concern, stretch)
    timeline = relevance.timeline(event)
    if timeline is None:
        return Effect.UNCLEAR
    number, direction = concern
    before, after = (
        version if version is not None and number in cluster.index.select(version.view.selector) else None
        for version in versions_around(event, timeline)
    )
    present = [version for version in (before, after) if version is not None and direction in version.view.governs]
    if not present or len({(version.view.tier, version.key) for version in present}) > 1:
        return Effect.UNCLEAR
    if not _is_settled(cluster, present[0].view.tier, concern, stretch):
        return Effect.UNCLEAR
    old, new = (
        version.view.rules(direction) if version is not None and direction in version.view.governs else ()
        for version in (before, after)
    )
    return _effect_of_rules(old, new)


def _effect_of_rules(old: Sequence[RuleView], new: Sequence[RuleView]) -> Effect:
    actions = {rule.action for rule in (*old, *new)} - {Action.LOG}
    if len(actions) > 1 or actions - {Action.ALLOW, Action.DENY}:
        return Effect.UNCLEAR
    more = _are_more(old, new)
    if more is None:
        return Effect.UNCLEAR
    return Effect.WIDENS if more is (actions != {Action.DENY}) else Effect.NARROWS


def _are_more(old: Sequence[RuleView], new: Sequence[RuleView]) -> bool | None:
    """Tell whether rules are the old ones and perhaps more, or only some of them; None where neither is so."""
    if not old or not new:
        return not old  # as most writes are: a policy comes or goes, and what its rules ask does not matter
    first, second = set(plain_rules(old)), set(plain_rules(new))
    if first <= second:
        return True
    return False if second <= first else None


def _effect_of_set(
    cluster: PlannedCluster, relevance: Relevance, event: Event, concern: Concern, stretch: Stretch
) -> Effect:
    grows = relevance.grows(event)
    if grows is None:
        return Effect.UNCLEAR
    changed = relevance.changed_selectors(event)
    number, direction = concern
    effects: set[Effect] = set()
    for timeline in cluster.by_class[number]:
        for version in timeline.known:
            for rule in version.view.rules(direction) if direction in version.view.governs else ():
                effects |= _effects_on_rule(rule, changed, grows=grows)
    return effects.pop() if len(effects) == 1 else Effect.UNCLEAR


def _effects_on_rule(rule: RuleView, changed: frozenset[Node], *, grows: bool) -> set[Effect]:
    found: set[Effect] = set()
    for side in (rule.source, rule.destination):
        if side.excluded in changed:
            found.add(Effect.UNCLEAR)
        if side.members in changed:
            match rule.action:
                case Action.ALLOW:
                    found.add(Effect.WIDENS if grows else Effect.NARROWS)
                case Action.DENY:
                    found.add(Effect.NARROWS if grows else Effect.WIDENS)
                case Action.LOG:
                    pass
                case _:
                    found.add(Effect.UNCLEAR)
    return found


def _is_settled(cluster: PlannedCluster, tier: str, concern: Concern, stretch: Stretch) -> bool:
    """Tell whether the end of a tier is the same for a class in all states, whichever of its policies have come.

    So it is where the tier passes anyhow, and where a policy that stays as it is keeps the class in the tier.
    """
    low, high = cluster.tiers_at(stretch.low)[tier][1], cluster.tiers_at(stretch.high)[tier][1]
    if cluster.tiers_move_in(stretch):
        return False
    if low.passes and high.passes:
        return True
    number, direction = concern
    return any(_stays(cluster, timeline, stretch, number, tier, direction) for timeline in cluster.by_class[number])


def _stays(
    cluster: PlannedCluster, timeline: Timeline, stretch: Stretch, number: int, tier: str, direction: Direction
) -> bool:
    column = cluster.column_of(timeline.identity)
    low, high = (stretch.low[column], stretch.high[column]) if column is not None else (0, 0)
    return all(
        version is not None
        and version.view.tier == tier
        and version.view.kind in _ON_PODS
        and direction in version.view.governs
        and number in cluster.index.select(version.view.selector)
        for version in timeline.between(low, high)
    )
