"""Planted faults of pause and resume."""

from __future__ import annotations

import pytest

from generator.apply import paused, pausing, run
from generator.plan.model import Manifest, Plan, Write
from generator.plan.scoped import with_names
from tests.faults.calico import Fault


def the_plans_write_whatever_is_live(patch: pytest.MonkeyPatch) -> None:
    """A second pause puts the first namespace back into enforcement."""

    def paused(plan: Plan, planned: Write, live: Manifest | None, namespace: str) -> Write | None:
        return Write(planned.identity, live, planned.after)

    patch.setattr(pausing, "_paused", paused)


def resume_writes_the_plans_object(patch: pytest.MonkeyPatch) -> None:
    """Whatever else is paused or not cut over yet is enforced with it."""

    def resumed(plan: Plan, planned: Write, live: Manifest | None, namespace: str) -> Write | None:
        return Write(planned.identity, live, planned.before) if live is not None else None

    patch.setattr(pausing, "_resumed", resumed)


def resume_of_what_nobody_paused(patch: pytest.MonkeyPatch) -> None:
    right = pausing.resume_writing
    from tests.apply import test_pausing

    patch.setattr(
        test_pausing, "resume_writing", lambda plan, snapshot, ways, paused: right(plan, snapshot, ways, ways)
    )


def the_selector_is_written_anew(patch: pytest.MonkeyPatch) -> None:
    """Back is what means the same, not what was there."""

    def with_scope(manifest: Manifest, names: frozenset[str]) -> Manifest:
        return with_names(manifest, sorted(names, reverse=True))

    patch.setattr(pausing, "with_scope", with_scope)


def nothing_is_proven(patch: pytest.MonkeyPatch) -> None:
    from tests.apply import test_pausing

    patch.setattr(test_pausing, "require_proven", lambda plan, snapshot, steps: None)


def changes_of_others_do_not_matter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pausing, "is_same", lambda kind, found, wanted, version: found is not None)


FAULTS_OF_PAUSES: tuple[Fault, ...] = (
    the_plans_write_whatever_is_live,
    resume_writes_the_plans_object,
    resume_of_what_nobody_paused,
    the_selector_is_written_anew,
    nothing_is_proven,
    changes_of_others_do_not_matter,
)


def nobody_has_paused(patch: pytest.MonkeyPatch) -> None:
    """A plan ends a pause, and what is paused is a change of others."""
    patch.setattr(run, "pauses_in_force", lambda snapshot, intent, recorded, scope=(): ())


def a_plan_ends_no_pause(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(run, "pauses_ended", lambda plan, snapshot, left, pauses: ())


def whatever_has_changed_is_a_pause(patch: pytest.MonkeyPatch) -> None:
    """What somebody has changed in a paused namespace is not told."""
    patch.setattr(paused, "is_of_pause", lambda plan, drift, pauses: True)


def a_record_is_a_pause(patch: pytest.MonkeyPatch) -> None:
    """What was paused long ago and is enforced again is in the way of everything."""
    patch.setattr(run, "pauses_in_force", lambda snapshot, intent, recorded, scope=(): tuple(recorded))


FAULTS_OF_PAUSED_RUNS: tuple[Fault, ...] = (
    nobody_has_paused,
    a_plan_ends_no_pause,
    whatever_has_changed_is_a_pause,
    a_record_is_a_pause,
)
