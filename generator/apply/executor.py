"""Carries the steps of a course out, one by one, and nothing else.

Around each write: the journal has it, the Lease is ours, the object is as the plan saw it, it is written, read back,
the journal has that, the cluster's copy has that. Killed anywhere in between, a run goes on from what journal, copy
and object say together. Every moment between two steps is a state that the plan proved, so a run may stop at any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from generator.apply.codes import FREEZING_OBJECT, NODES_TROUBLED, NOT_CONVERGED
from generator.apply.course import Course, is_cutting_over
from generator.apply.events import (
    Begun,
    Checked,
    Finished,
    NodeState,
    RefusedField,
    Retried,
    StepBegun,
    Stopped,
    Waited,
    Written,
)
from generator.apply.journal import Journal
from generator.apply.pauses import NO_PAUSES, Pauses
from generator.apply.ports import (
    NO_FAULTS,
    Certainty,
    FaultPoints,
    Fence,
    LeaseLost,
    NodeWait,
    Point,
    Progress,
    ReadCluster,
    RunStatus,
    StateCopy,
    Tell,
    WaitResult,
    Waits,
    Watch,
)
from generator.apply.records import (
    CheckDone,
    Record,
    RunFinished,
    RunStopped,
    WaitBegun,
    WaitDone,
    WriteBegun,
    WriteDone,
)
from generator.apply.stopping import StopFlag
from generator.apply.stops import RunStoppedEarly, Stop, stop_asked, stop_of_failure, stop_of_lease, stop_of_write
from generator.apply.sweep import find_drift
from generator.cluster.access import Connection, Request, Response
from generator.cluster.backoff import PATIENCE, Patience, send_once
from generator.cluster.clock import Clock, StopAsked
from generator.cluster.faults import Fault
from generator.cluster.writes import Done, ObjectWrite, Writer
from generator.foundation.errors import RingfenceError
from generator.plan.freeze import freezing_objects
from generator.plan.model import Check, CheckStep, Step, WaitStep, WriteStep

_PROBE: Final = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class World:
    """All that a run touches. `clock` is that of the writes, whose sleep no stop ends; the waits have their own."""

    connection: Connection
    clock: Clock
    fence: Fence
    state: StateCopy
    waits: Waits
    watch: Watch
    read: ReadCluster
    tell: Tell
    flag: StopFlag
    pauses: Pauses = NO_PAUSES
    force: bool = False  # take fields over from other field managers
    faults: FaultPoints = NO_FAULTS
    patience: Patience = PATIENCE


class Executor:
    """One run over one course, under a Lease that is held; `progress` is where it begins.

    `going_on` says that an earlier process may have done the first step's write.
    """

    def __init__(
        self, world: World, course: Course, journal: Journal, progress: Progress, *, going_on: bool, how_on: str
    ) -> None:
        self._world = world
        self._course = course
        self._journal = journal
        self._progress = progress
        self._going_on = going_on
        self._how_on = how_on
        self._swept = -1  # the number of steps done at the last look at all objects
        self._guessed = 0
        self._step = ""
        self._writer = Writer(world.connection, world.clock, self._guard, self._retried, world.patience, world.force)

    def run(self) -> Finished:
        """Carry the course out to its end; RingfenceError where it stops before."""
        course, tell = self._course, self._world.tell
        start = self._progress.next
        tell(Begun(course.plan.intent, course.direction.value, start, len(course.steps), self._going_on))
        try:
            self._confirm_again(start)
            for number in range(start, course.end):
                self._world.flag.check()
                self._begin(number)
                self._do(number, course.steps[number])
        except StopAsked:
            raise self._stop(stop_asked()) from None
        except LeaseLost as lost:
            raise self._stop(stop_of_lease(lost)) from None
        except RunStoppedEarly as early:
            raise self._stop(early.stop) from None
        except RingfenceError as error:
            raise self._stop(stop_of_failure(error), error) from None
        return self._finish()

    def _begin(self, number: int) -> None:
        step = self._course.steps[number]
        self._step = step.id
        kind = {WriteStep: "write", WaitStep: "wait", CheckStep: "check"}[type(step)]
        self._world.tell(StepBegun(step.id, number + 1, len(self._course.steps), kind, step.purpose))

    def _do(self, number: int, step: Step) -> None:
        match step:
            case WriteStep():
                self._write(number, step)
            case WaitStep():
                self._append(WaitBegun(step.id, number))
                certainty = self._wait(step)
                self._append(WaitDone(step.id, number, certainty.value))
                self._keep(number + 1)
            case CheckStep():
                for check in step.checks:
                    self._check(check, number)
                self._append(CheckDone(step.id, number))
                self._world.tell(Checked(step.id, tuple(check.value for check in step.checks)))
                self._keep(number + 1)

    # Writes

    def _write(self, number: int, step: WriteStep) -> None:
        faults = self._world.faults
        self._sweep_once(number)
        if is_cutting_over(step) and not self._course.is_back:
            self._refuse_troubles()
        faults.at(Point.BEFORE_JOURNAL, step.id)
        self._append(WriteBegun(step.id, number))
        faults.at(Point.BEFORE_REQUEST, step.id)
        write = step.write
        maybe_done = self._going_on and number == self._progress.next
        outcome = self._writer.write(
            ObjectWrite(
                write.identity,
                write.before,
                write.after,
                self._course.plan.target.version,
                restoring=self._course.is_back,
                maybe_done=maybe_done,
            )
        )
        faults.at(Point.AFTER_REQUEST, step.id)
        if not isinstance(outcome, Done):
            raise RunStoppedEarly(stop_of_write(step, outcome))
        self._going_on = False
        self._append(WriteDone(step.id, number, outcome.uid, outcome.resource_version))
        faults.at(Point.AFTER_JOURNAL, step.id)
        self._keep(number + 1)
        faults.at(Point.AFTER_PROGRESS, step.id)
        verb, name = write.verb.value, str(write.identity)
        self._world.tell(Written(step.id, verb, name, outcome.uid, outcome.resource_version, outcome.found))

    def _guard(self) -> None:
        self._world.fence.still_ours()

    def _retried(self, fault: Fault, seconds: float) -> None:
        self._world.tell(Retried(self._step, fault.words, seconds))

    # Waits

    def _confirm_again(self, start: int) -> None:
        """Confirm what an interrupted run has written: nodes may have gone back to an older state meanwhile."""
        wait = self._course.last_wait(start) if self._going_on else None
        if wait is not None and not isinstance(self._course.steps[start], WaitStep):
            self._step = wait.id
            self._wait(wait)
        else:
            self._world.watch.remember()

    def _wait(self, step: WaitStep) -> Certainty:
        result = self._world.waits.confirm(step, self._world.tell)
        if not result.lets_pass:
            raise RunStoppedEarly(self._not_converged(result))
        if result.certainty is Certainty.GUESSED:
            self._guessed += 1
        states = tuple(NodeState(node.name, node.certainty.value, node.detail) for node in result.nodes)
        self._world.tell(Waited(step.id, result.certainty.value, states))
        self._world.watch.remember()
        self._swept = -1
        return result.certainty

    def _not_converged(self, result: WaitResult) -> Stop:
        if result.refusal:
            return Stop(NOT_CONVERGED, result.refusal)
        missing = [_in_words(node) for node in result.nodes if node.certainty is Certainty.MISSING]
        within = f" within {result.limit:g} s (--timeout)" if result.limit else ""
        reason = f"not every node has what was written{within}: {'; '.join(missing)}"
        return Stop(NOT_CONVERGED, reason, f"mend these nodes, then {self._how_on}", environment=True)

    # Looks

    def _check(self, check: Check, number: int) -> None:
        match check:
            case Check.NOTHING_FREEZES:
                found = freezing_objects(self._world.read().policies)
                if found:
                    raise RunStoppedEarly(Stop(FREEZING_OBJECT, found[0].summary, found[0].hint))
            case Check.NODES_READY:
                self._refuse_troubles()
            case Check.AS_PLANNED | Check.SET_IN_PLACE:
                self._swept = -1
                self._sweep_once(number)

    def _refuse_troubles(self) -> None:
        troubles = self._world.watch.troubles()
        if troubles:
            raise RunStoppedEarly(Stop(NODES_TROUBLED, "; ".join(troubles), "wait until they are ready, then go on"))

    def _sweep_once(self, number: int) -> None:
        """Look at all objects of the plan, once after each wait and at each check that asks for it.

        The object of the step that an earlier process may have done is looked at when it is written.
        """
        if self._swept >= 0:
            return
        expected = self._course.contents_at(number)
        step = self._course.steps[number]
        if self._going_on and number == self._progress.next and isinstance(step, WriteStep):
            del expected[step.write.identity]
        stop = find_drift(self._writer, expected, self._course.plan)
        if stop is not None:
            raise RunStoppedEarly(stop)
        self._swept = number

    # What is kept

    def _append(self, record: Record) -> None:
        self._journal.append(record)

    def _keep(self, done: int, status: RunStatus = RunStatus.RUNNING, reason: str = "") -> None:
        kept = replace(self._progress, next=done, status=status, reason=reason, journal=self._journal.checksum)
        self._world.state.save_progress(kept)
        self._progress = kept

    def _finish(self) -> Finished:
        course = self._course
        if course.end < len(course.steps):
            done = self._stop_at_end()
        else:
            self._append(RunFinished(course.end))
            self._keep(course.end, RunStatus.FINISHED)
            done = Finished(course.direction.value, course.end, len(course.steps), self._guessed)
        self._world.tell(done)
        return done

    def _stop_at_end(self) -> Finished:
        """End a run where it was asked to stop beforehand; it is stopped, and done with what was asked."""
        course = self._course
        reason = f"done up to '{course.steps[course.end - 1].id}', as asked"
        self._append(RunStopped("", reason, course.end))
        self._keep(course.end, RunStatus.STOPPED, reason)
        return Finished(course.direction.value, course.end, len(course.steps), self._guessed)

    def _stop(self, stop: Stop, failure: RingfenceError | None = None) -> RingfenceError:
        """Leave word of a stop wherever that is possible, and return the error that ends the command.

        A `failure` from outside of the steps keeps its own words and code.
        """
        error = RunStoppedEarly(stop).as_error(self._how_on) if failure is None else failure
        code = error.diagnostics[0].code if failure is not None and error.diagnostics else stop.code.id
        done = self._progress.next
        ahead = self._course.steps[done].id if done < len(self._course.steps) else ""
        attempts: list[Callable[[], None]] = [lambda: self._append(RunStopped(code, stop.reason, done))]
        if stop.keeps_state and (not stop.environment or self._is_answered()):
            attempts.append(lambda: self._keep(done, RunStatus.STOPPED, stop.reason))
        for attempt in attempts:
            try:
                attempt()
            except (RingfenceError, LeaseLost, StopAsked):
                continue  # the journal and the copy each say enough alone, and the reason for the stop comes first
        total = len(self._course.steps)
        hint = stop.hint or self._how_on
        fields = tuple(RefusedField(item.path, item.message) for item in stop.fields)
        told = Stopped(code, stop.reason, ahead, done, total, hint, stop.versions, fields, stop.written)
        self._world.tell(told)
        return error

    def _is_answered(self) -> bool:
        """Tell whether the API server answers now; one that hangs would keep whoever waits for the end of a run."""
        answer = send_once(self._world.connection, Request("GET", "/readyz", timeout=_PROBE))
        return isinstance(answer, Response) and answer.status < 500


def _in_words(node: NodeWait) -> str:
    name = node.name or "all nodes"
    return f"{name} ({node.detail})" if node.detail else name
