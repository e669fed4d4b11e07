"""The course of a run: a plan's steps in one direction, how far to go, and what is live after each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator.apply.codes import UNTIL_UNKNOWN
from generator.apply.ports import Direction
from generator.calico.kinds import Kind
from generator.calico.objects import Identity
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean
from generator.plan.model import Manifest, Plan, Step, WaitStep, WriteStep
from generator.plan.rollback import rollback_steps
from generator.plan.stages import ORDER, Stage

Contents = Mapping[Identity, Manifest | None]


@dataclass(frozen=True, slots=True)
class Course:
    """Steps of one direction. `end` is how many are to be done in all; `reached` is as in `ports.Progress`."""

    plan: Plan
    digest: str  # of the plan file's text
    direction: Direction
    reached: int
    steps: tuple[Step, ...]
    end: int

    @property
    def is_back(self) -> bool:
        """Tell whether the run takes the plan back."""
        return self.direction is Direction.BACK

    def contents_at(self, done: int) -> dict[Identity, Manifest | None]:
        """Return each object that the plan writes as it is once `done` steps are; None where it is not there."""
        found = start_of(self.plan.steps)
        if self.is_back:
            found |= _after(self.plan.steps[: self.reached])
        return found | _after(self.steps[:done])

    def last_wait(self, done: int) -> WaitStep | None:
        """Return a wait for all that the steps done so far have written; None where they wrote nothing."""
        kinds = {step.write.identity.kind for step in self.steps[:done] if isinstance(step, WriteStep)}
        if self.is_back:
            before = self.plan.steps[: self.reached]
            kinds |= {step.write.identity.kind for step in before if isinstance(step, WriteStep)}
        if not kinds or done >= len(self.steps):
            return None
        ahead = self.steps[done]
        purpose = "Wait until every node has what was written before the run was interrupted."
        return WaitStep(f"again-{ahead.id}", ahead.stage, purpose, _sorted(kinds))


def forward_course(plan: Plan, digest: str, until: str = "", namespaces: Sequence[str] = ()) -> Course:
    """Return the whole plan, or its first steps: to the step `until`, or to the cut-over of all of `namespaces`.

    InputError where the plan has no such step, does not cut such a namespace over, or cuts others over before it.
    """
    end = len(plan.steps)
    if until:
        end = min(end, _until_step(plan, until))
    if namespaces:
        end = min(end, _until_namespaces(plan, namespaces))
    return Course(plan, digest, Direction.FORWARD, 0, plan.steps, end)


def back_course(plan: Plan, digest: str, reached: int) -> Course:
    """Return what takes the first `reached` steps back."""
    steps = rollback_steps(plan.steps, reached)
    return Course(plan, digest, Direction.BACK, reached, steps, len(steps))


def start_of(steps: Sequence[Step]) -> dict[Identity, Manifest | None]:
    """Return each object that is written as it is before the first step."""
    found: dict[Identity, Manifest | None] = {}
    for step in steps:
        if isinstance(step, WriteStep):
            found.setdefault(step.write.identity, step.write.before)
    return found


def is_cutting_over(step: WriteStep) -> bool:
    """Tell whether a write takes something away that flows may hang on, so that every node must be up to date."""
    return ORDER[step.stage] >= ORDER[Stage.CLOSING]


def _after(steps: Sequence[Step]) -> dict[Identity, Manifest | None]:
    return {step.write.identity: step.write.after for step in steps if isinstance(step, WriteStep)}


def _sorted(kinds: set[Kind]) -> tuple[Kind, ...]:
    return tuple(sorted(kinds))


def _until_step(plan: Plan, until: str) -> int:
    ids = [step.id for step in plan.steps]
    if until not in ids:
        hint = did_you_mean(until, ids) or "ringfence plan show PLAN lists the steps"
        raise InputError([problem(UNTIL_UNKNOWN, f"the plan has no step '{until}'", hint=hint)])
    return ids.index(until) + 1


def _until_namespaces(plan: Plan, namespaces: Sequence[str]) -> int:
    """Return how many steps end with the cut-over of these namespaces; their order is the plan's, as it was proven."""
    cuts = [
        (number, step.namespace)
        for number, step in enumerate(plan.steps)
        if isinstance(step, WriteStep) and step.stage is Stage.CUTOVER and step.namespace
    ]
    known = list(dict.fromkeys(name for _, name in cuts))
    for name in namespaces:
        if name not in known:
            hint = did_you_mean(name, known) or f"it cuts over: {', '.join(known) or 'none'}"
            raise InputError([problem(UNTIL_UNKNOWN, f"the plan does not cut namespace '{name}' over", hint=hint)])
    last = max(number for number, name in cuts if name in namespaces)
    others = list(dict.fromkeys(name for number, name in cuts if number < last and name not in namespaces))
    if others:
        hint = f"name them too, or stop earlier with --until; the plan's order is: {', '.join(known)}"
        names = ", ".join(others)
        raise InputError([problem(UNTIL_UNKNOWN, f"the plan cuts over before that: {names}", hint=hint)])
    return last + 1
