"""The way of layout `single-tier`: the bridge, which passes for pods that nothing isolates (product.md 6).

The first policy of tier `default` that selects a pod isolates it (field-notes L4). So before the first layer two
temporary policies, one a direction, select exactly the pods that no live policy isolates in that direction, last in
the tier, with Pass as their only rule: these pods then meet later tiers and profiles as before. Cut-over narrows them
namespace by namespace. A set that leaves is bridged in the same way: the bridge widens to the pods that nothing will
isolate any more, and then what isolated them can go in any order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.kinds import CALICO_V3, Kind
from generator.calico.names import DEFAULT_TIER, tier_of
from generator.calico.objects import ApiObject, Identity
from generator.compare.model import Status
from generator.foundation.diagnostics import Diagnostic
from generator.layers.model import ANNOTATION_WHY, LABEL_INTENT, LABEL_LAYER
from generator.layers.names import Names
from generator.plan.bridge_selectors import bridge_selectors, selectors_for_pods
from generator.plan.cutover import DIRECTION_WORDS, Course, in_order
from generator.plan.isolation import Isolation, Pods
from generator.plan.model import Move
from generator.plan.scoped import Reach, ScopedPolicy, named_spaces, read_reach, split_names
from generator.plan.stages import BRIDGE_LAYER, Stage
from generator.plan.subject import Subject, in_own_tier, is_bridge, is_default_deny, object_of, v3_of
from generator.plan.tiers_way import covered_by_own_tier, scoped_of

DIRECTIONS: Final = ("Egress", "Ingress")


@dataclass(frozen=True, slots=True)
class Bridges:
    """The bridge policies of a plan: for pods that come under the set, for pods that leave it, and old ones."""

    entering: tuple[ScopedPolicy, ...]
    leaving: tuple[ScopedPolicy, ...]
    staying: tuple[ScopedPolicy, ...]  # live, over pods that the set will not isolate; it only has to go
    problems: tuple[Diagnostic, ...]

    @property
    def new_names(self) -> list[Identity]:
        """Return the identities that the plan creates."""
        return sorted(item.identity for item in (*self.entering, *self.leaving) if item.live is None)


def plan_bridges(subject: Subject) -> Bridges:
    """Decide which pods are bridged, and by which policies."""
    problems: list[Diagnostic] = []
    live = [
        _live_bridge(change.live, subject)
        for change in subject.ours(Status.REMOVED)
        if is_bridge(change) and change.live is not None
    ]
    numbers = {direction: _first_free(live, direction, subject) for direction in DIRECTIONS}
    entering = _new_bridges(subject, _entering_pods(subject), numbers, problems)
    leaving = _new_bridges(subject, _leaving_pods(subject, live), numbers, problems)
    scope = frozenset(subject.scope)
    moving = [item for item in live if item.live_reach.spaces & scope]
    staying = [item for item in live if not item.live_reach.spaces & scope]
    return Bridges((*moving, *entering), tuple(leaving), tuple(staying), tuple(problems))


def bridge_moves(bridges: Bridges, subject: Subject) -> list[Move]:
    """Return the writes of the bridge: it stands before the first layer, narrows at cut-over and goes last."""
    courses: list[Course] = []
    for policy in bridges.entering:
        course = Course.of(policy)
        words = DIRECTION_WORDS[policy.direction]
        if policy.live is None:
            names = policy.live_reach.spaces | policy.target_reach.spaces
            purpose = f"Bridge {words} of the pods that no policy isolates today: pass, as if no layer were there."
            course.go(Stage.BRIDGE, Reach(names), purpose)
        for name in sorted(course.reach.spaces & frozenset(subject.scope), key=subject.ranks.__getitem__):
            purpose = f"Cut over {words} of namespace '{name}': take it out of the bridge."
            course.go(Stage.CUTOVER, Reach(course.reach.spaces - {name}), purpose, name)
        courses.append(course)
    for policy in bridges.leaving:
        course = Course.of(policy)
        words = DIRECTION_WORDS[policy.direction]
        for name in sorted(policy.target_reach.spaces, key=subject.ranks.__getitem__):
            purpose = f"Let {words} of namespace '{name}' go: pass where nothing of the new state isolates."
            course.go(Stage.RELEASE, Reach(course.reach.spaces | {name}), purpose, name)
        courses.append(course)
    moves = in_order(courses, subject.ranks)
    gone = {item.identity for item in (*bridges.entering, *bridges.leaving, *bridges.staying)}
    moves += [Move(Stage.BRIDGE_REMOVAL, identity, None, "Remove the bridge.") for identity in sorted(gone)]
    return moves


def isolation_moves(subject: Subject) -> list[Move]:
    """Return the writes of default denies without rules: wider before cut-over, narrower or gone afterwards."""
    courses = []
    for change in subject.ours(Status.CREATED, Status.CHANGED, Status.REMOVED):
        if not is_default_deny(change) or in_own_tier(change):
            continue
        policy = scoped_of(change, subject)
        course = Course.of(policy)
        words = DIRECTION_WORDS[policy.direction]
        if policy.target is not None:
            both = policy.live_reach.spaces | policy.target_reach.spaces
            reach = Reach(both, policy.live_reach.rest or policy.target_reach.rest)
            purpose = f"Put the default deny for {words} in place; pods that are bridged still pass."
            course.go(Stage.ISOLATION, reach, purpose)
            purpose = f"Let the default deny for {words} hold only the namespaces of the set."
            course.go(Stage.STALE_ALLOWS, policy.target_reach, purpose)
        course.end(Stage.STALE_ALLOWS, f"Remove the default deny for {words}.")
        courses.append(course)
    return in_order(courses, subject.ranks)


def _live_bridge(live: ApiObject, subject: Subject) -> ScopedPolicy:
    reach = read_reach(live.manifest, {name: {} for name in named_spaces(live.manifest)})
    identity = Identity(Kind.GLOBAL_NETWORK_POLICY, "", str(v3_of(live)["metadata"]["name"]))
    return ScopedPolicy(identity, subject.form, v3_of(live), live.manifest, reach, None, Reach(), keep_empty=True)


def _first_free(live: Iterable[ScopedPolicy], direction: str, subject: Subject) -> int:
    taken = {item.identity.name for item in live}
    number = 1
    while _name(subject, direction, number) in taken:
        number += 1
    return number


def _name(subject: Subject, direction: str, number: int) -> str:
    names = Names(subject.intent.name, subject.intent.name_prefix, "")
    return names.cluster_wide(f"bridge-{direction.lower()}", number)


Asked = list[tuple[str, str, Pods]]  # namespace, direction, the pods that are isolated there


def _entering_pods(subject: Subject) -> Asked:
    """Return where pods come under isolation that they have not today."""
    coming = [
        item.intended
        for item in subject.ours(Status.CREATED, Status.CHANGED)
        if item.intended is not None and not in_own_tier(item)
    ]
    then = Isolation.of(coming, subject.cluster)
    found: Asked = []
    for direction in DIRECTIONS:
        for namespace in subject.scope:
            today = subject.before.pods(namespace, direction)
            if today is not True and then.pods(namespace, direction) is not False:
                found.append((namespace, direction, today))
    return found


def _leaving_pods(subject: Subject, live: Iterable[ScopedPolicy]) -> Asked:
    """Return where pods lose isolation that what goes or shrinks gives them today.

    Namespaces whose traffic a tier of ours decides in the end do not meet tier `default` any more.
    """
    going = [
        item
        for item in subject.changes
        if item.live is not None
        and not is_bridge(item)
        and (item.status is Status.REMOVED or (item.status is Status.CHANGED and is_default_deny(item)))
        and tier_of(object_of(item)) == DEFAULT_TIER
    ]
    giving = Isolation.of([item.live for item in going if item.live is not None], subject.cluster)
    own = [item.live for item in going if item.live is not None and item.identity not in subject.replaced]
    ours = Isolation.of(own, subject.cluster)
    bridged = {
        (name, item.direction)
        for item in live
        for name in item.live_reach.spaces
        if name not in subject.scope and item.template["spec"].get("selector") == bridge_selectors(False)[0]
    }
    found: Asked = []
    for direction in DIRECTIONS:
        decided = covered_by_own_tier(subject, direction)
        for namespace in sorted(subject.universe):
            then = subject.after.pods(namespace, direction)
            if namespace in decided or then is True or (namespace, direction) in bridged:
                continue
            # A single old policy that is handed over goes in one write, and there is nothing in between to bridge.
            if ours.count(namespace, direction) or giving.count(namespace, direction) > 1:
                found.append((namespace, direction, then))
    return found


def _new_bridges(
    subject: Subject, asked: Asked, numbers: dict[str, int], problems: list[Diagnostic]
) -> list[ScopedPolicy]:
    """Make the policies: one for all namespaces with the same selector, further ones where selectors grow too long."""
    groups: dict[tuple[str, str], list[str]] = {}
    for namespace, direction, isolated in asked:
        for selector in selectors_for_pods(subject.cluster, namespace, isolated, direction, problems):
            groups.setdefault((direction, selector), []).append(namespace)
    policies = []
    for direction, selector in sorted(groups):
        for names in split_names(groups[direction, selector]):
            name = _name(subject, direction, numbers[direction])
            numbers[direction] += 1
            policies.append(
                ScopedPolicy(
                    Identity(Kind.GLOBAL_NETWORK_POLICY, "", name),
                    subject.form,
                    bridge_manifest(subject, name, direction, selector),
                    None,
                    Reach(),
                    None,
                    Reach(frozenset(names)),
                    keep_empty=True,
                )
            )
    return policies


def bridge_manifest(subject: Subject, name: str, direction: str, selector: str) -> dict[str, Any]:
    """Return a bridge without its namespaces. Without an order it is after every policy of the set, which all have one.

    A foreign policy without an order does not select these pods: they are those which nothing selects.
    """
    labels = {**dict(subject.intent.labels), LABEL_INTENT: subject.intent.name, LABEL_LAYER: BRIDGE_LAYER}
    return {
        "apiVersion": CALICO_V3,
        "kind": Kind.GLOBAL_NETWORK_POLICY.value,
        "metadata": {"name": name, "labels": dict(sorted(labels.items())), "annotations": {ANNOTATION_WHY: "bridge"}},
        "spec": {
            "tier": DEFAULT_TIER,
            "selector": selector,
            "namespaceSelector": "",
            "types": [direction],
            direction.lower(): [{"action": "Pass"}],
        },
    }
