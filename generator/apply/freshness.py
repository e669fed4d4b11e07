"""Is a plan still what it was made for, on the cluster as it is read now, wherever the run is?

The plan is held against the cluster as it would be had the run not begun: its own objects as they were at the start,
everything else as it is now. So the whole plan is proven again, the rest of it and every way back included, and what it
cuts and opens is compared with what was agreed to. That its objects are as its steps left them is looked at apart.
"""

from __future__ import annotations

from dataclasses import replace

from generator.apply.course import Course, start_of
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject, Identity, as_api_object
from generator.cluster.sameness import is_same
from generator.foundation.diagnostics import Diagnostic
from generator.foundation.source import SourceMap
from generator.plan.check import Drift, PlanCheck, Standing, check_plan
from generator.plan.model import Manifest, WriteStep
from generator.snapshot.model import Snapshot

_NO_SOURCE = SourceMap("plan", "")


class NotFresh(Exception):
    """The plan may not be carried out on what is live; `check` says why, `more` what else is to be known."""

    def __init__(self, check: PlanCheck, more: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(check.standing.value)
        self.check = check
        self.more = more


def require_fresh(course: Course, done: int, snapshot: Snapshot, *, going_on: bool) -> PlanCheck:
    """Prove the course's plan again, with `done` steps done; NotFresh where it does not hold or something has drifted.

    `going_on`: the write of the next step may have happened.
    """
    version = course.plan.target.version
    live = {identity_of(obj, version): obj for obj in snapshot.policies}
    drifts = _drifts(course, done, live, going_on=going_on)
    if drifts:
        raise NotFresh(PlanCheck(Standing.DRIFTED, snapshot.complete, drifts, None, (), (), ()))
    check = check_plan(course.plan, as_at_start(course, snapshot))
    if check.standing is not Standing.FRESH or not check.complete:
        raise NotFresh(check)
    return check


def _drifts(course: Course, done: int, live: dict[Identity, ApiObject], *, going_on: bool) -> tuple[Drift, ...]:
    version = course.plan.target.version
    ahead = course.steps[done] if done < len(course.steps) else None
    found: list[Drift] = []
    for identity, wanted in sorted(course.contents_at(done).items()):
        there = live.get(identity)
        manifest = there.manifest if there is not None else None
        wishes: list[Manifest | None] = [wanted]
        if going_on and isinstance(ahead, WriteStep) and ahead.write.identity == identity:
            wishes.append(ahead.write.after)
        if not any(is_same(identity.kind, manifest, wish, version) for wish in wishes):
            begun = any(
                is_same(identity.kind, manifest, step.write.after, version)
                for step in course.plan.writes
                if step.write.identity == identity
            )
            found.append(Drift(identity, wanted, manifest, begun))
    return tuple(found)


def as_at_start(course: Course, snapshot: Snapshot) -> Snapshot:
    """Return the cluster as it would be had the run not begun: the plan's objects as at its start, the rest as now."""
    start = start_of(course.plan.steps)
    live = {identity_of(obj, course.plan.target.version): obj for obj in snapshot.policies}
    others = [obj for identity, obj in live.items() if identity not in start]
    ours: list[ApiObject] = []
    for identity, manifest in start.items():
        if manifest is None:
            continue
        there = live.get(identity)
        same = there is not None and is_same(identity.kind, there.manifest, manifest, course.plan.target.version)
        first = there if same else as_api_object(manifest, _NO_SOURCE)
        if first is not None:
            ours.append(first)
    return replace(snapshot, policies=tuple(sorted([*others, *ours], key=_key)))


def _key(obj: ApiObject) -> tuple[str, str, str, str]:
    return obj.kind.value, obj.namespace, obj.name, obj.api_version
