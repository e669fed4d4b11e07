"""Planted faults of the proof: each takes something for safe, or for the same, that is not.

Every kind of argument has one in which its precondition is false: untouched, only widens, only narrows, all states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from generator.plan.proof import bounds, history, inclusions, possible_pods, prove, relevance
from generator.plan.proof.bounds import Ends
from generator.plan.proof.cluster import PlannedCluster
from generator.plan.proof.history import Event, State
from generator.plan.proof.relevance import Effect, Relevance
from generator.plan.proof.stretches import Stretch, Walk
from tests.faults.calico import Fault

# Untouched: a write that changes no verdict commutes with all others.


def tiers_concern_nobody(patch: pytest.MonkeyPatch) -> None:
    _without(patch, lambda event: event.identity.kind.value == "Tier")


def sets_concern_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Relevance, "changed_selectors", lambda self, event: frozenset())


def policies_that_change_concern_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(relevance, "same_but_for_selector", lambda before, after, direction: True)


def _without(patch: pytest.MonkeyPatch, passed_over: Any) -> None:
    right = Relevance._concerns

    def broken(self: Relevance, event: Event) -> Any:
        return set() if passed_over(event) else right(self, event)

    patch.setattr(Relevance, "_concerns", broken)


# Only widens, only narrows.


def every_tier_is_settled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(relevance, "_is_settled", lambda cluster, tier, concern, stretch: True)


def sets_always_grow(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Relevance, "grows", lambda self, event: True)


def denies_widen(patch: pytest.MonkeyPatch) -> None:
    right = relevance._effect_of_rules

    def broken(old: Any, new: Any) -> Effect:
        return Effect.UNCLEAR if right(old, new) is Effect.UNCLEAR else Effect.WIDENS

    patch.setattr(relevance, "_effect_of_rules", broken)


def any_change_of_rules_widens(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(relevance, "_effect_of_rules", lambda old, new: Effect.WIDENS)


def what_most_writes_do_all_do(patch: pytest.MonkeyPatch) -> None:
    def broken(cluster: Any, found: Any, events: Sequence[Event], concern: Any, stretch: Any) -> Effect:
        return relevance._effect(cluster, found, events[0], concern, stretch)

    patch.setattr(bounds, "common_effect", broken)


# All states.


def only_the_last_state_bounds(patch: pytest.MonkeyPatch) -> None:
    right = Ends._combine
    patch.setattr(Ends, "_combine", lambda self, key, states: right(self, key, states[-1:]))


def first_and_last_state_bound_all(patch: pytest.MonkeyPatch) -> None:
    right = Ends.joint_states
    patch.setattr(Ends, "joint_states", lambda self, keys, stretch: _ends_of(right(self, keys, stretch)))


def _ends_of(states: list[State]) -> list[State]:
    return [states[0], states[-1]]


def kinds_go_hand_in_hand(patch: pytest.MonkeyPatch) -> None:
    """Nodes take in the writes in the order of the API, whatever their kinds."""

    def broken(self: Ends, keys: Any, stretch: Stretch) -> list[State]:
        state, found = list(stretch.low), [stretch.low]
        for event in self.cluster.history.events:
            if stretch.has(event):
                state[event.column] = event.place + 1
                found.append(tuple(state))
        return found

    patch.setattr(Ends, "joint_states", broken)


# Who is there.


def no_pod_comes_again_elsewhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(possible_pods, "_made_again", lambda pods, zones, possible, numbers: {})


# Which states there are.


def the_way_back_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """It is seen only where the way back is wrong too: the right one meets no state that the way forward does not."""
    patch.setattr(prove, "find_stretches", lambda history, steps: Walk(history, steps).forward())


def a_wait_is_for_every_kind(patch: pytest.MonkeyPatch) -> None:
    right = Walk._follow

    def broken(self: Walk, moves: Any, low: Any, high: Any, *, step: int) -> list[Stretch]:
        wide = [self._every_column if isinstance(move, tuple) else move for move in moves]
        return right(self, wide, low, high, step=step)

    patch.setattr(Walk, "_follow", broken)


def what_is_written_again_keeps_its_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(history, "_written_again", lambda steps: set())


def what_policies_and_sets_say_comes_in_turn(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(history, "_is_taken_in_alone", lambda write: False)


# The inclusions.


def both_ends_have_one_state(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PlannedCluster, "has_one_node", True)


def nothing_is_ever_cut(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inclusions.Inclusions, "_cut", lambda self, stretch, leaving, arriving: iter(()))


def ends_are_like_before_or_after(patch: pytest.MonkeyPatch) -> None:
    """One end as before and the other as after are taken for safe together."""
    right = inclusions.Inclusions._compare

    def broken(self: Any, key: Any, found: Any) -> Any:
        end = right(self, key, found)
        like = end.like_before or end.like_after
        return inclusions._End(end.bounds, end.before, end.after, like, like, end.loss, end.is_before)

    patch.setattr(inclusions.Inclusions, "_compare", broken)


FAULTS_OF_THE_PROOF: tuple[Fault, ...] = (
    tiers_concern_nobody,
    sets_concern_nobody,
    policies_that_change_concern_nobody,
    every_tier_is_settled,
    sets_always_grow,
    denies_widen,
    any_change_of_rules_widens,
    what_most_writes_do_all_do,
    only_the_last_state_bounds,
    first_and_last_state_bound_all,
    kinds_go_hand_in_hand,
    a_wait_is_for_every_kind,
    what_policies_and_sets_say_comes_in_turn,
    no_pod_comes_again_elsewhere,
    both_ends_have_one_state,
    nothing_is_ever_cut,
    ends_are_like_before_or_after,
)
