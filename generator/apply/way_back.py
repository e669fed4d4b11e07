"""Is a rollback safe on the cluster as it is read now? Policies and pods of others may have come since the run began.

Two proofs are enough, each alone: that what is left of the way back does no harm between what is live now and what it
ends in; or that the whole plan, back from every step of it, does none between its own two sides, with everything that
is not the plan's as it is now. An emergency must not wait for either: whoever names the harm may go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from generator.apply.codes import WAY_BACK_UNPROVEN
from generator.apply.course import Course
from generator.apply.freshness import as_at_start
from generator.apply.ports import ReadCluster
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import RefusedError
from generator.plan.freeze import freezing_objects
from generator.plan.model import Plan, WriteStep
from generator.plan.proof.breach_names import is_breach_name
from generator.plan.proving_again import judge_again
from generator.snapshot.model import Snapshot

UNPROVEN: Final = "unproven"  # accepted by this name: harm that nobody has named, because nothing is proven
_WAYS_OUT: Final = (
    "mend what is named; or go back all the same with --accept NAME, as named, or --accept unproven; or run the "
    "break-glass bundle beside the plan"
)


def is_accepted_name(text: str) -> bool:
    """Tell whether a text has the form of what a rollback may accept."""
    return text == UNPROVEN or is_breach_name(text)


def require_way_back(course: Course, done: int, read: ReadCluster, accepted: Sequence[str]) -> frozenset[str]:
    """Prove what is left of a way back, `done` of its steps done; return the names of harm that it is accepted to do.

    RefusedError with a flow for each harm, where it does not hold. With `unproven` accepted nothing is read or proven.
    """
    if UNPROVEN in accepted:
        return frozenset({UNPROVEN})
    ahead = course.steps[done:]
    if not any(isinstance(step, WriteStep) for step in ahead):
        return frozenset()
    plan = replace(course.plan, accepted=(*course.plan.accepted, *accepted))
    snapshot = read()
    problems = list(_obstacles(snapshot))
    if not problems:
        judged = judge_again(plan, ahead, snapshot)
        if judged.holds:
            return judged.accepted
        if _plan_holds(plan, course, snapshot):
            return frozenset()
        problems = list(judged.problems)
    summary = "the way back is not proven on what is live now, and nothing was written"
    raise RefusedError([problem(WAY_BACK_UNPROVEN, summary, hint=_WAYS_OUT), *problems])


def _obstacles(snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Yield what keeps every proof from meaning anything."""
    if not snapshot.complete:
        yield problem(WAY_BACK_UNPROVEN, "the cluster could not be read as a whole", hint="what is missing is named")
    yield from freezing_objects(snapshot.policies)


def _plan_holds(plan: Plan, course: Course, snapshot: Snapshot) -> bool:
    return judge_again(plan, plan.steps, as_at_start(course, snapshot)).holds
