"""The way of layout `tiers`: the tier first and last, and the cut-over by widening its default deny (product.md 6)."""

from __future__ import annotations

from generator.compare.model import ObjectChange, Status
from generator.plan.cutover import DIRECTION_ORDER, DIRECTION_WORDS, in_order, widen_then_narrow
from generator.plan.model import Move
from generator.plan.scoped import Reach, ScopedPolicy, read_reach
from generator.plan.stages import Stage
from generator.plan.subject import Subject, in_own_tier, is_default_deny, object_of, v3_of


def own_tier_denies(subject: Subject) -> list[ScopedPolicy]:
    """Return the default denies in tiers of ours, those that are there and those that are to be, by identity."""
    return [
        scoped_of(change, subject)
        for change in subject.ours(Status.CREATED, Status.CHANGED, Status.SAME, Status.REMOVED)
        if is_default_deny(change) and in_own_tier(change)
    ]


def scoped_of(change: ObjectChange, subject: Subject) -> ScopedPolicy:
    """Return a global policy with the namespaces that it reaches today and is to reach."""
    live = change.live.manifest if change.live is not None else None
    target = change.intended.manifest if change.intended is not None else None
    if change.status is Status.SAME:
        target = live  # equal but for how it is written; it is left as it is
    return ScopedPolicy(
        identity=change.identity,
        form=subject.form,
        template=v3_of(object_of(change)),
        live=live,
        live_reach=read_reach(live, subject.universe) if live is not None else Reach(),
        target=target,
        target_reach=read_reach(target, subject.universe) if target is not None else Reach(),
    )


def tier_scope_moves(subject: Subject) -> list[Move]:
    """Return the cut-over of layout `tiers`: each namespace and direction in one write, egress first."""
    policies = own_tier_denies(subject)
    courses = [
        course
        for direction in sorted(DIRECTION_ORDER, key=lambda item: DIRECTION_ORDER[item])
        for course in widen_then_narrow(
            [policy for policy in policies if policy.direction == direction], DIRECTION_WORDS[direction], subject.ranks
        )
    ]
    return in_order(courses, subject.ranks)


def covered_by_own_tier(subject: Subject, direction: str) -> frozenset[str]:
    """Return the namespaces in which our own tier decides everything at the end, so that no later tier is met."""
    reaches = [
        policy.target_reach.spaces
        for policy in own_tier_denies(subject)
        if policy.target is not None and policy.direction in (direction, "")
    ]
    return frozenset[str]().union(*reaches)


def tier_moves(subject: Subject) -> list[Move]:
    """Return the writes of the Tier objects themselves."""
    moves = []
    for change in subject.ours(Status.CREATED, Status.CHANGED, Status.REMOVED):
        if change.identity.kind.value != "Tier":
            continue
        name = change.identity.name
        if change.intended is None:
            moves.append(Move(Stage.TIER_REMOVAL, change.identity, None, f"Remove the empty tier '{name}'."))
            continue
        verb = "Create" if change.live is None else "Change"
        purpose = f"{verb} the tier '{name}', which passes what it does not decide."
        moves.append(Move(Stage.TIER, change.identity, change.intended.manifest, purpose))
    return moves
