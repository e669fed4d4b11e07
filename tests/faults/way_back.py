"""Planted faults of proving a rollback on what is live, each with the law that has to see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from generator.apply import run, way_back
from tests.apply import way_back_laws as laws
from tests.faults.calico import Fault


def proves_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run, "require_way_back", lambda *values: frozenset())


def proves_it_on_the_cluster_of_then(patch: pytest.MonkeyPatch) -> None:
    """Take the objects that were there when the plan was made for those that are there now."""
    real = way_back.judge_again

    def judge(plan: Any, steps: Any, snapshot: Any) -> Any:
        ours = {step.write.identity for step in plan.writes}
        then = tuple(obj for obj in snapshot.policies if any(obj.name == item.name for item in ours))
        return real(plan, steps, replace(snapshot, policies=then))

    patch.setattr(way_back, "judge_again", judge)


def proves_the_first_half(patch: pytest.MonkeyPatch) -> None:
    real = way_back.judge_again
    patch.setattr(way_back, "judge_again", lambda plan, steps, snapshot: real(plan, steps[: len(steps) // 8], snapshot))


def hears_no_accept(patch: pytest.MonkeyPatch) -> None:
    real = way_back.require_way_back
    patch.setattr(run, "require_way_back", lambda course, done, read, accepted: real(course, done, read, ()))


def forgets_what_was_accepted(patch: pytest.MonkeyPatch) -> None:
    real = way_back.require_way_back

    def require(*values: Any) -> frozenset[str]:
        real(*values)
        return frozenset()

    patch.setattr(run, "require_way_back", require)


def asks_for_more_than_is_needed(patch: pytest.MonkeyPatch) -> None:
    """Refuse whatever has changed."""
    patch.setattr(way_back, "judge_again", lambda plan, steps, snapshot: _refused(plan, snapshot))


def _refused(plan: Any, snapshot: Any) -> Any:
    from generator.plan.proving import Judged, unused_harm

    return Judged(plan.proof, (unused_harm("everything"),))


def takes_a_part_for_the_whole(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(way_back, "_obstacles", lambda snapshot: iter(()))


FAULTS_OF_THE_WAY_BACK: tuple[tuple[Fault, Callable[[], None]], ...] = (
    (proves_nothing, laws.way_back_that_opens_is_refused),
    (proves_nothing, laws.rest_of_a_way_back_is_proven_too),
    (proves_it_on_the_cluster_of_then, laws.way_back_that_opens_is_refused),
    (proves_the_first_half, laws.way_back_that_opens_is_refused),
    (hears_no_accept, laws.emergency_needs_no_proof),
    (hears_no_accept, laws.harm_that_is_accepted_by_name_is_no_obstacle),
    (forgets_what_was_accepted, laws.emergency_needs_no_proof),
    (forgets_what_was_accepted, laws.harm_that_is_accepted_by_name_is_no_obstacle),
    (asks_for_more_than_is_needed, laws.harmless_change_is_no_obstacle),
    (takes_a_part_for_the_whole, laws.what_was_not_read_proves_nothing),
)
