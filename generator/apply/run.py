"""A run from its call to its end: may it begin, is everything as it should be, is it wanted; then the executor.

Nothing is written, not even the Lease, before all of that is known and the question has been answered.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator.apply.codes import DECLINED, DRIFTED, NO_RUN, NOT_APPLYABLE, OUTCOME_UNKNOWN, RUN_UNFINISHED
from generator.apply.course import Course, back_course, forward_course
from generator.apply.events import Finished, StepBegun, Written
from generator.apply.executor import Executor, World
from generator.apply.freshness import NotFresh, require_fresh
from generator.apply.journal import FIRST, open_journal, read_journal
from generator.apply.late import find_late
from generator.apply.paused import Pausing, pauses_ended, pauses_in_force
from generator.apply.pauses import PauseRecord
from generator.apply.ports import Direction, LeaseLost, Progress, RunStatus
from generator.apply.position import find_progress
from generator.apply.records import GoingOn, HarmAccepted, RunBegun
from generator.apply.rehearsal import find_conflicts
from generator.apply.rights import Right, missing_rights, rights_of
from generator.apply.served import unserved
from generator.apply.status import live_manifests
from generator.apply.stops import RunStoppedEarly, stop_of_lease, stop_of_write
from generator.apply.sweep import find_drift
from generator.apply.tier_rights import missing_tier_rights
from generator.apply.way_back import require_way_back
from generator.cluster.backoff import Unreachable
from generator.cluster.faults import Fault
from generator.cluster.sameness import is_same
from generator.cluster.writes import Done, ObjectWrite, Writer
from generator.foundation.diagnostics import problem
from generator.foundation.digest import digest_text
from generator.foundation.errors import EnvironmentFailure, RefusedError
from generator.plan.model import Plan, WriteStep


@dataclass(frozen=True, slots=True)
class Question:
    """What is about to be done, for the one who says yes."""

    course: Course
    done: int
    harm: frozenset[str] = frozenset()  # that a rollback is accepted to do, by name

    @property
    def writes(self) -> int:
        """Return how many objects will be written."""
        ahead = self.course.steps[self.done : self.course.end]
        return sum(isinstance(step, WriteStep) for step in ahead)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of apply or rollback. `text` is the plan file's, `folder` that of the journal, `who` the caller.

    `words` are the commands that go on and back, for hints; `rights` are those that the run's own state needs.
    `end_pauses`: the plan may enforce what somebody has paused.
    """

    plan: Plan
    text: str
    folder: Path
    who: str
    ask: Callable[[Question], bool]
    go_on_words: str
    go_back_words: str
    until: str = ""
    namespaces: tuple[str, ...] = ()
    rights: tuple[Right, ...] = ()
    end_pauses: bool = False
    accepted: tuple[str, ...] = ()  # by name, of a rollback: harm that it may do

    @property
    def digest(self) -> str:
        """Return the digest that names the plan in journal and progress."""
        return digest_text(self.text)


def start_run(call: Call, world: World) -> Finished:
    """Carry a plan out from its first step; RingfenceError or NotFresh where it may not begin or does not end."""
    _require_applyable(call.plan)
    course = forward_course(call.plan, call.digest, call.until, call.namespaces)
    known = _known(call, world)
    if known is not None and known.status is RunStatus.FINISHED and known.direction is Direction.FORWARD:
        return _already_done(call, world, course)
    if known is not None and known.status is not RunStatus.FINISHED:
        what = "is being taken back" if known.direction is Direction.BACK else "has stopped half-way"
        hint = f"{call.go_back_words}" if known.direction is Direction.BACK else _both_ways(call)
        raise RefusedError([problem(RUN_UNFINISHED, f"a run of this plan {what}", hint=hint)])
    _preflight(call, world, course, 0)
    ended = _require_fresh(call, world, course, 0, going_on=False)
    begun = Progress(
        secrets.token_hex(8), call.digest, Direction.FORWARD, 0, 0, RunStatus.RUNNING, FIRST, "", _until(course)
    )
    done = _carry_out(call, world, course, begun, known, going_on=False)
    if ended:
        world.pauses.remove([(item.namespace, item.direction) for item in ended])
    return done


def go_on(call: Call, world: World) -> Finished:
    """Go on with a run that was stopped or killed, from this machine or another."""
    known = _known(call, world)
    if known is None or known.status is RunStatus.FINISHED:
        raise RefusedError(
            [problem(NO_RUN, "there is no unfinished run of this plan", hint="begin it without --continue")]
        )
    if known.direction is Direction.BACK:
        hint = f"finish it first: {call.go_back_words}"
        raise RefusedError([problem(RUN_UNFINISHED, "the run is being taken back", hint=hint)])
    course = forward_course(call.plan, call.digest, call.until, call.namespaces)
    if not call.until and not call.namespaces and known.until:
        kept = forward_course(call.plan, call.digest, known.until)
        course = kept if known.next < kept.end else course  # what was asked for is not done yet
    if course.end < known.next:
        summary = f"the run is past '{course.steps[course.end - 1].id}' already"
        raise RefusedError([problem(RUN_UNFINISHED, summary, hint=f"to go back: {call.go_back_words}")])
    _preflight(call, world, course, known.next)
    ended = _require_fresh(call, world, course, known.next, going_on=True)
    ahead = replace(known, until=_until(course))
    done = _carry_out(call, world, course, ahead, known, going_on=True)
    if ended:
        world.pauses.remove([(item.namespace, item.direction) for item in ended])
    return done


def take_back(call: Call, world: World) -> Finished:
    """Take a run back from wherever it is; one that is being taken back already is gone on with."""
    known = _known(call, world)
    if known is None:
        raise RefusedError(
            [problem(NO_RUN, "nothing is known of a run of this plan", hint="there is nothing to take back")]
        )
    if known.direction is Direction.BACK:
        course = back_course(call.plan, call.digest, known.reached)
        if known.status is RunStatus.FINISHED:
            return _take_late_back(call, world, course, known)
        ahead = known
    else:
        reached = known.next + (1 if _next_is_done(call, world, known) else 0)
        course = back_course(call.plan, call.digest, reached)
        ahead = replace(known, direction=Direction.BACK, reached=reached, next=0, until="", namespaces=())
    _preflight(call, world, course, ahead.next)
    if known.direction is not Direction.BACK:
        _require_unpaused(call, world)
    harm = require_way_back(course, ahead.next, world.read, call.accepted)
    return _carry_out(call, world, course, ahead, known, going_on=known.direction is Direction.BACK, harm=harm)


def _take_late_back(call: Call, world: World, course: Course, known: Progress) -> Finished:
    """Take back what came through after the way back was over; a run that is killed here is called again."""
    done = Finished(Direction.BACK.value, course.end, course.end, 0)
    version = call.plan.target.version
    steps = tuple(late.back for late in find_late(call.plan, known, live_manifests(world.read(), version)))
    if not steps:
        return done
    again = replace(course, steps=steps, end=len(steps))
    _preflight(call, world, again, 0)
    if not call.ask(Question(again, 0)):
        raise RefusedError([problem(DECLINED, "nothing was written")])
    with world.fence.hold():
        writer = Writer(world.connection, world.clock, world.fence.still_ours, patience=world.patience)
        for number, step in enumerate(steps, 1):
            world.tell(StepBegun(step.id, number, len(steps), "write", step.purpose))
            write = step.write
            try:
                outcome = writer.write(ObjectWrite(write.identity, write.before, write.after, version, restoring=True))
            except LeaseLost as lost:
                raise RunStoppedEarly(stop_of_lease(lost)).as_error(f"once more: {call.go_back_words}") from None
            if not isinstance(outcome, Done):
                raise RunStoppedEarly(stop_of_write(step, outcome)).as_error(f"once more: {call.go_back_words}")
            name = str(write.identity)
            world.tell(Written(step.id, write.verb.value, name, outcome.uid, outcome.resource_version, outcome.found))
    return done


def _known(call: Call, world: World) -> Progress | None:
    """Return where a run of this plan is; None where none is under way. RefusedError where one of another plan is."""
    saved = world.state.load()
    entries = read_journal(call.folder)
    found = find_progress(entries, saved.progress if saved is not None else None)
    if found is None or found.plan == call.digest:
        return found
    if found.status is RunStatus.FINISHED:
        return None
    hint = "go on with that one or take it back: its plan is in the state namespace, --continue without PLAN finds it"
    raise RefusedError(
        [problem(RUN_UNFINISHED, "a run of another plan of this intent has stopped half-way", hint=hint)]
    )


def _require_applyable(plan: Plan) -> None:
    if plan.applyable and not plan.errored and not plan.is_refused:
        return
    if plan.is_refused or plan.errored:
        summary, hint = "the plan holds no steps that were proven", "ringfence plan show PLAN says what is in the way"
    else:
        summary, hint = "the plan was not made from a whole cluster", "make it with --live cluster"
    raise RefusedError([problem(NOT_APPLYABLE, summary, hint=hint)])


def _require_fresh(call: Call, world: World, course: Course, done: int, *, going_on: bool) -> Sequence[PauseRecord]:
    """Prove the plan again; return the pauses that it ends, as was asked for, and refuse it where nobody asked."""
    snapshot = world.read()
    recorded = world.pauses.read()
    pausing = Pausing(call.plan, pauses_in_force(snapshot, call.plan.intent, recorded, call.plan.scope))
    ended = pauses_ended(call.plan, snapshot, course.contents_at(course.end), pausing.pauses) if pausing.pauses else ()
    try:
        require_fresh(course, done, snapshot, going_on=going_on)
    except NotFresh as stale:
        raise pausing.because_of(stale, "" if going_on else _NEW_PLAN) from None
    if ended and not call.end_pauses:
        raise pausing.refusal(ended, _END_PAUSES)
    return ended


def _require_unpaused(call: Call, world: World) -> None:
    """Refuse a way back while somebody has paused something: resume could not end it any more after that."""
    recorded = world.pauses.read()
    if recorded:
        found = pauses_in_force(world.read(), call.plan.intent, recorded, call.plan.scope)
        if found:
            raise Pausing(call.plan, found).refusal(found, "")


_END_PAUSES = "; or let the plan enforce it: --end-pauses"
_NEW_PLAN = "; or make the plan anew on what is live and apply that with --end-pauses"


def _preflight(call: Call, world: World, course: Course, done: int) -> None:
    writes = [step for step in course.steps[done:] if isinstance(step, WriteStep)]
    clock = world.clock
    try:
        found = unserved(world.connection, clock, call.plan)
        if not found:
            found = missing_rights(world.connection, clock, sorted({*rights_of(writes), *call.rights}))
            found = found or missing_tier_rights(world.connection, clock, writes)
        if not found and not course.is_back:
            found = find_conflicts(_reader(world), writes)
    except Unreachable as error:
        raise EnvironmentFailure([problem(OUTCOME_UNKNOWN, error.fault.words)]) from None
    if found:
        raise RefusedError(found)


def _already_done(call: Call, world: World, course: Course) -> Finished:
    stop = find_drift(_reader(world), course.contents_at(len(course.steps)), call.plan)
    if stop is not None:
        _require_unpaused(call, world)
        raise RunStoppedEarly(stop).as_error("the plan has been carried out; make a new one")
    return Finished(Direction.FORWARD.value, len(course.steps), len(course.steps), 0)


def _next_is_done(call: Call, world: World, known: Progress) -> bool:
    """Tell whether the write of the step that a run forward was at has happened; RefusedError where nobody can tell."""
    step = call.plan.steps[known.next] if known.next < len(call.plan.steps) else None
    if not isinstance(step, WriteStep):
        return False
    write, version = step.write, call.plan.target.version
    like = write.after if write.after is not None else write.before
    assert like is not None
    try:
        found = _reader(world).read(write.identity, like)
    except Unreachable as error:
        raise EnvironmentFailure([problem(OUTCOME_UNKNOWN, error.fault.words)]) from None
    if isinstance(found, Fault):
        raise EnvironmentFailure([problem(OUTCOME_UNKNOWN, f"{write.identity}: {found.words}")])
    if is_same(write.identity.kind, found, write.before, version):
        return False
    if is_same(write.identity.kind, found, write.after, version):
        return True
    hint = "the break-glass bundle beside the plan restores it whatever it is"
    raise RefusedError([problem(DRIFTED, f"{write.identity} is neither as before its step nor as after", hint=hint)])


def _reader(world: World) -> Writer:
    return Writer(world.connection, world.clock, patience=world.patience, force=world.force)


def _carry_out(
    call: Call,
    world: World,
    course: Course,
    ahead: Progress,
    known: Progress | None,
    *,
    going_on: bool,
    harm: frozenset[str] = frozenset(),
) -> Finished:
    if not call.ask(Question(course, ahead.next, harm)):
        raise RefusedError([problem(DECLINED, "nothing was written")])
    with world.fence.hold():
        if _known(call, world) != known:
            hint = "look with ringfence status, then decide again"
            raise RefusedError([problem(RUN_UNFINISHED, "another run has written meanwhile", hint=hint)])
        journal = open_journal(call.folder, call.text)
        try:
            same_journal = known is not None and any(entry.checksum == known.journal for entry in journal.entries)
            if same_journal and ahead.direction is (known.direction if known is not None else None):
                journal.append(GoingOn(ahead.next, call.who))
            else:
                direction = ahead.direction.value
                journal.append(RunBegun(ahead.run, call.digest, direction, ahead.reached, ahead.next, call.who))
            for name in sorted(harm):
                journal.append(HarmAccepted(name, call.who))
            begun = replace(ahead, journal=journal.checksum, status=RunStatus.RUNNING, reason="")
            try:
                world.fence.still_ours()
                world.state.save_plan(call.text)
                world.state.save_progress(begun)
            except LeaseLost as lost:
                raise RunStoppedEarly(stop_of_lease(lost)).as_error(call.go_on_words) from None
            how_on = call.go_back_words if course.is_back else _both_ways(call)
            return Executor(world, course, journal, begun, going_on=going_on, how_on=how_on).run()
        finally:
            journal.close()


def _until(course: Course) -> str:
    return course.steps[course.end - 1].id if 0 < course.end < len(course.steps) else ""


def _both_ways(call: Call) -> str:
    return f"go on: {call.go_on_words}; go back: {call.go_back_words}"


def state_rights(namespace: str) -> Sequence[Right]:
    """Return what the Lease and the copy of the run's state need."""
    leases = [Right("coordination.k8s.io", "leases", namespace, verb) for verb in ("get", "create", "update")]
    maps = [Right("", "configmaps", namespace, verb) for verb in ("get", "list", "create", "update", "delete")]
    return (*leases, *maps)
