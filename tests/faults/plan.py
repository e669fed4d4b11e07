"""Planted faults of the plan room: each makes the planner wrong in one way that a law of every plan must catch."""

from __future__ import annotations

from typing import Any

import pytest

from generator.calico.objects import Identity
from generator.compare.model import ObjectDiff
from generator.plan import bridge_way, claims, cutover, foreign_denies, meeting, planner, sequence
from generator.plan.isolation import Pods
from generator.plan.model import Write
from generator.plan.scoped import Reach, ScopedPolicy
from generator.plan.stages import ORDER, Stage
from tests.faults.calico import Fault

PODS_ONLY = "projectcalico.org/orchestrator == 'k8s'"


def policies_before_their_tier(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, Stage.TIER, Stage.ALLOWS)


def tier_removed_before_its_policies(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, Stage.TIER_REMOVAL, Stage.STALE_ALLOWS)


def bridge_after_the_layers(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, Stage.BRIDGE, Stage.ALLOWS)


def sets_fill_before_the_denies(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, Stage.SETS, Stage.DENIES)


def _swap(patch: pytest.MonkeyPatch, one: Stage, other: Stage) -> None:
    patch.setattr(planner, "ORDER", {**ORDER, one: ORDER[other], other: ORDER[one]})


def no_wait_before_cutover(patch: pytest.MonkeyPatch) -> None:
    right = sequence._needs_wait

    def broken(info: Any, last: Any, kinds: Any) -> bool:
        return info.stage is not Stage.CUTOVER and right(info, last, kinds)

    patch.setattr(sequence, "_needs_wait", broken)


def wait_forgets_a_kind(patch: pytest.MonkeyPatch) -> None:
    right = sequence._wait
    patch.setattr(sequence, "_wait", lambda stage, reason, kinds: right(stage, reason, set(sorted(kinds)[:1])))


def rollback_forgets_the_content(patch: pytest.MonkeyPatch) -> None:
    def broken(write: Write) -> Write:
        before = None if write.before is None else {**write.before, "spec": {}}
        return Write(write.identity, write.after, before)

    patch.setattr(Write, "inverse", broken)


def rollback_only_deletes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Write, "inverse", lambda write: Write(write.identity, write.after or write.before, None))


def bridge_that_allows(patch: pytest.MonkeyPatch) -> None:
    right = bridge_way.bridge_manifest

    def broken(subject: Any, name: str, direction: str, selector: str) -> dict[str, Any]:
        manifest = right(subject, name, direction, selector)
        manifest["spec"][direction.lower()] = [{"action": "Allow"}]
        return manifest

    patch.setattr(bridge_way, "bridge_manifest", broken)


def bridge_of_one_direction(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bridge_way, "DIRECTIONS", ("Egress",))


def bridge_of_isolated_pods(patch: pytest.MonkeyPatch) -> None:
    def broken(cluster: Any, namespace: str, isolated: Pods, direction: str, problems: Any) -> tuple[str, ...]:
        return (PODS_ONLY,)

    patch.setattr(bridge_way, "selectors_for_pods", broken)


def no_bridge(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bridge_way, "_entering_pods", lambda subject: [])


def no_bridge_on_the_way_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bridge_way, "_leaving_pods", lambda subject, live: [])


def cutover_of_all_at_once(patch: pytest.MonkeyPatch) -> None:
    right = ScopedPolicy.objects_at

    def broken(policy: ScopedPolicy, reach: Reach) -> Any:
        return right(policy, policy.target_reach if policy.target is not None else reach)

    patch.setattr(ScopedPolicy, "objects_at", broken)


def foreign_policies_are_taken_over(patch: pytest.MonkeyPatch) -> None:
    def broken(diff: ObjectDiff, replaced: frozenset[Identity]) -> frozenset[Identity]:
        return frozenset(change.identity for change in diff.changes if change.status == "foreign")

    patch.setattr(planner, "to_be_removed", broken)
    patch.setattr(planner, "refuse_foreign_writes", lambda subject, diff, replaced: None)


def old_tier_is_let_go_first(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, Stage.RELEASE, Stage.STALE_SETS)


def default_deny_reaches_too_far(patch: pytest.MonkeyPatch) -> None:
    right = cutover.widen_then_narrow
    from generator.plan import tiers_way

    def broken(policies: Any, word: str, ranks: Any) -> Any:
        courses = right(policies, word, ranks)
        for course in courses:
            course.moves = [item for item in course.moves if item[1].stage is not Stage.RELEASE]
        return courses

    patch.setattr(tiers_way, "widen_then_narrow", broken)


def allows_and_denies_always_meet(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(foreign_denies, "may_meet", lambda allows, denies: True)


def one_side_alone_is_looked_at(patch: pytest.MonkeyPatch) -> None:
    def broken(one: meeting.Extent, other: meeting.Extent) -> bool:
        return not one.source.isdisjoint(other.source)

    patch.setattr(meeting.Extent, "meets", broken)


def denies_are_looked_at_last(patch: pytest.MonkeyPatch) -> None:
    def broken(objects: Any, version: Any) -> Any:
        policies = [obj for obj in objects if obj.kind.value.endswith("Policy")]
        return [("", sorted(policies, key=lambda obj: "theirs" in obj.name))]

    patch.setattr(foreign_denies, "sort_into_tiers", broken)


def cluster_wide_policies_have_every_pod(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(foreign_denies, "_is_subject", lambda obj, workload, cluster: True)


def default_denies_claim_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims, "policy_selection", lambda obj: None)


def namespaces_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claims, "_reached", lambda obj, scope: list(scope))


FAULTS_OF_FOREIGN_DENIES: tuple[Fault, ...] = (
    allows_and_denies_always_meet,
    one_side_alone_is_looked_at,
    denies_are_looked_at_last,
    cluster_wide_policies_have_every_pod,
)

FAULTS_OF_PLANS: tuple[Fault, ...] = (
    policies_before_their_tier,
    tier_removed_before_its_policies,
    bridge_after_the_layers,
    sets_fill_before_the_denies,
    no_wait_before_cutover,
    wait_forgets_a_kind,
    rollback_forgets_the_content,
    rollback_only_deletes,
    bridge_that_allows,
    bridge_of_one_direction,
    bridge_of_isolated_pods,
    no_bridge,
    no_bridge_on_the_way_out,
    cutover_of_all_at_once,
    foreign_policies_are_taken_over,
    old_tier_is_let_go_first,
    default_deny_reaches_too_far,
)
