"""Planted faults of the planner that harm flows: the proof has to refuse what they make of a plan."""

from __future__ import annotations

from typing import Any

import pytest

from generator.plan import bridge_way, planner, rollback, sequence
from generator.plan.bridge_way import isolation_moves
from generator.plan.model import Move
from generator.plan.proof import stretches
from generator.plan.stages import ORDER, Stage
from tests.faults.calico import Fault
from tests.faults.plan import (
    bridge_after_the_layers,
    bridge_of_isolated_pods,
    bridge_that_allows,
    no_bridge,
    no_bridge_on_the_way_out,
    no_wait_before_cutover,
    policies_before_their_tier,
    sets_fill_before_the_denies,
    tier_removed_before_its_policies,
    wait_forgets_a_kind,
)


def cut_over_before_the_allows(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, Stage.CUTOVER, Stage.ALLOWS)


def allows_before_the_feeds_deny(patch: pytest.MonkeyPatch) -> None:
    # Behind the last of the allows in either order.
    _swap(patch, Stage.DENIES, Stage.RELEASE)


def replaced_policies_go_before_the_cut_over(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, Stage.STALE_ALLOWS, Stage.CUTOVER)


def bridge_goes_before_the_allows(patch: pytest.MonkeyPatch) -> None:
    _swap(patch, Stage.BRIDGE_REMOVAL, Stage.ALLOWS)


def _swap(patch: pytest.MonkeyPatch, one: Stage, other: Stage) -> None:
    patch.setattr(planner, "ORDER", {**ORDER, one: ORDER[other], other: ORDER[one]})


def no_bridge_for_ingress(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bridge_way, "DIRECTIONS", ("Egress",))


def no_bridge_for_egress(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bridge_way, "DIRECTIONS", ("Ingress",))


def no_wait_at_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sequence, "_needs_wait", lambda info, last, kinds: False)
    # Else the planner finds the waits that are needed again.
    patch.setattr(planner, "part_writes", lambda steps, holds: None)


def default_deny_with_a_deny_rule(patch: pytest.MonkeyPatch) -> None:
    """In tier `default`, where Kubernetes policies have the same order and the bridge comes later."""
    right = isolation_moves

    def denying(move: Move) -> Move:
        if move.after is None:
            return move
        spec = {**move.after["spec"]}
        spec |= {direction.lower(): [{"action": "Deny"}] for direction in spec["types"]}
        after = {**move.after, "spec": spec}
        return Move(move.stage, move.identity, after, move.purpose, move.namespace, move.direction)

    def broken(subject: Any) -> list[Move]:
        return [denying(move) for move in right(subject)]

    patch.setattr(planner, "isolation_moves", broken)


def rollback_in_the_order_of_creation(patch: pytest.MonkeyPatch) -> None:
    right = rollback.way_back
    for module in (rollback, stretches):
        patch.setattr(module, "way_back", lambda steps, done: sorted(right(steps, done)))


FAULTS_THAT_HARM_FLOWS: tuple[Fault, ...] = (
    cut_over_before_the_allows,
    allows_before_the_feeds_deny,
    sets_fill_before_the_denies,
    replaced_policies_go_before_the_cut_over,
    bridge_goes_before_the_allows,
    bridge_after_the_layers,
    bridge_of_isolated_pods,
    bridge_that_allows,
    no_bridge,
    no_bridge_for_ingress,
    no_bridge_for_egress,
    no_bridge_on_the_way_out,
    no_wait_at_all,
    no_wait_before_cutover,
    wait_forgets_a_kind,
    policies_before_their_tier,
    tier_removed_before_its_policies,
    default_deny_with_a_deny_rule,
    rollback_in_the_order_of_creation,
)
