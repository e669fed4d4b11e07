"""Planted faults of exports: files that say something else than the plan, or leave out what keeps its states apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from generator.plan import exports
from generator.plan.exports import argo, commits, flux, kustomize, single
from generator.plan.exports.commits import cut_commits
from generator.plan.exports.hooks import GUARD_COMMAND, Hooks
from generator.plan.exports.model import Commit, Span
from generator.plan.proving import Judged
from generator.plan.record import Method, Order, ProofRecord
from tests.faults.calico import Fault


def _holds(*_: object, **__: object) -> Judged:
    return Judged(ProofRecord(Method.EVERY_STATE, Order.OPEN_FIRST, 0, 0, (), ()), ())


def two_commits_change_places(patch: pytest.MonkeyPatch) -> None:
    right = cut_commits

    def broken(*args: Any) -> tuple[Commit, ...]:
        found = list(right(*args))
        found[0], found[-1] = found[-1], found[0]
        return tuple(found)

    patch.setattr(exports, "cut_commits", broken)


def stretches_are_one(patch: pytest.MonkeyPatch) -> None:
    right = commits._stretches

    def broken(steps: Sequence[Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        yield "", tuple(step for _, part in right(steps) for step in part)

    patch.setattr(commits, "_stretches", broken)
    patch.setattr(commits, "judge_any_order", _holds)


def any_order_is_supposed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(commits, "judge_any_order", _holds)


def what_goes_goes_in_the_order_of_creation(patch: pytest.MonkeyPatch) -> None:
    right = cut_commits

    def broken(*args: Any) -> tuple[Commit, ...]:
        found = right(*args)
        kept = [item for item in found if not item.removed]
        return (*kept, *reversed([item for item in found if item.removed]))

    patch.setattr(exports, "cut_commits", broken)


def nobody_waits_for_the_nodes(patch: pytest.MonkeyPatch) -> None:
    right = Hooks.wait

    def broken(self: Hooks, number: int) -> dict[str, Any]:
        job = right(self, number)
        job["spec"]["template"]["spec"]["containers"][0]["args"] = list(GUARD_COMMAND)
        return job

    patch.setattr(Hooks, "wait", broken)


def the_wait_comes_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flux, "PARTS", ("guard", "begin", "wait", "policies", "marker"))
    right = argo._hook
    patch.setattr(argo, "_hook", lambda manifest, phase, wave, policy: right(manifest, "PreSync", wave, policy))


def any_commit_may_be_next(patch: pytest.MonkeyPatch) -> None:
    right = Hooks.guard

    def broken(self: Hooks, number: int) -> dict[str, Any]:
        job = right(self, number)
        job["spec"]["template"]["spec"].pop("volumes", None)
        return job

    patch.setattr(Hooks, "guard", broken)


def a_state_is_marked_only_behind_its_wait(patch: pytest.MonkeyPatch) -> None:
    """The mark of the state that is under way stays that of the one before it."""
    right = Hooks.begun

    def broken(self: Hooks, number: int) -> dict[str, Any]:
        return {**right(self, number), "data": {f"may-go-to-{item:02d}": "" for item in range(self.states)}}

    patch.setattr(Hooks, "begun", broken)


def one_mark_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Hooks, "mark_name", lambda self, mark: "mark")


def anybody_may_go_back_to_the_first(patch: pytest.MonkeyPatch) -> None:
    right = Hooks.guard

    def broken(self: Hooks, number: int) -> dict[str, Any]:
        job = right(self, number)
        if number == 0:
            del job["spec"]["template"]["spec"]["containers"][-1]
        return job

    patch.setattr(Hooks, "guard", broken)


def a_failed_sync_takes_the_marks_along(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(argo, "_MARK_STAYS", "HookFailed")


def a_mark_is_pruned(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flux, "_STAYS", {})


def contents_stand_too_long(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        Span, "stands_in", lambda self, number: self.since <= number and (self.until is None or number <= self.until)
    )


def nothing_is_removed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(kustomize, "_deletions", lambda title, writes: "")


def a_content_is_that_of_before(patch: pytest.MonkeyPatch) -> None:
    right = cut_commits

    def broken(*args: Any) -> tuple[Commit, ...]:
        found = list(right(*args))
        last = found[-1]
        found[-1] = replace(last, writes=last.writes[:-1])
        return tuple(found)

    patch.setattr(exports, "cut_commits", broken)


def a_single_sync_is_always_safe(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(single, "judge_any_order", _holds)


FAULTS_OF_EXPORTS: tuple[Fault, ...] = (
    two_commits_change_places,
    stretches_are_one,
    any_order_is_supposed,
    what_goes_goes_in_the_order_of_creation,
    nobody_waits_for_the_nodes,
    the_wait_comes_first,
    any_commit_may_be_next,
    a_state_is_marked_only_behind_its_wait,
    one_mark_for_all,
    anybody_may_go_back_to_the_first,
    a_failed_sync_takes_the_marks_along,
    a_mark_is_pruned,
    contents_stand_too_long,
    nothing_is_removed,
    a_content_is_that_of_before,
)
