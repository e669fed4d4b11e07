"""A call of apply or rollback, put together: which plan, which cluster, where its journal is, who is asked and told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generator.apply.codes import DRIFTED, NO_RUN, PLAN_STALE, STOPPED
from generator.apply.course import Course
from generator.apply.events import Event, Finished, StepBegun, Stopped
from generator.apply.executor import World
from generator.apply.freshness import NotFresh
from generator.apply.lease import new_holder
from generator.apply.pauses import PauseBook
from generator.apply.run import Call, Question, state_rights
from generator.apply.state_copy import ClusterStateCopy
from generator.apply.stopping import StopFlag, SystemClock, stops_on_signals
from generator.apply.waits.build import WaitBy, build_waits
from generator.apply.waits.gates import CommandGate, Gate, QueryGate
from generator.apply.way_back import is_accepted_name
from generator.cli.attended import Reached, reach_cluster
from generator.cli.codes import USAGE
from generator.cli.leases import open_fence
from generator.cli.live import gather_refusals, read_text
from generator.cli.run_call import RunCall
from generator.cli.run_options import StreamFormat
from generator.cli.screen import note_ink, report_problems, result_ink, write_note, write_result
from generator.cluster.access import Connection
from generator.cluster.attended import Attended
from generator.cluster.kubeconfig import Opened
from generator.cluster.snapshot import read_cluster
from generator.foundation.diagnostics import problem
from generator.foundation.errors import InputError, RefusedError
from generator.plan.check import Standing
from generator.plan.model import Plan, WaitStep, WriteStep
from generator.plan.plan_file import read_plan
from generator.plan.stages import Stage
from generator.report.formats import count
from generator.report.plan_check import plan_check_text
from generator.report.run import event_json, event_text
from generator.snapshot.model import Snapshot


@dataclass(frozen=True, slots=True)
class Source:
    """The plan of a run: read, as text, and where its journal is by default."""

    plan: Plan
    text: str
    folder: Path
    name: str  # how the command line named it


def carry_out(call: RunCall, run: Callable[[Call, World], Finished]) -> None:
    """Do what the command is for; RingfenceError where it stops before its end."""
    flag = StopFlag()
    named = named_plan(call)
    reached = reach_cluster(call.options.kubeconfig, call.options.context, lambda: flag.asked)
    opened = reached.opened
    report_problems(opened.notes)
    source = named or kept_plan(call, opened)
    with _stopping(flag, source), _world(call, reached, source.plan, flag) as world:
        try:
            run(_call(call, opened, source), world)
        except NotFresh as stale:
            raise _refuse(source.plan, stale) from None


def named_plan(call: RunCall) -> Source | None:
    """Return the plan file that the call names; None where it names an intent, whose copy is in the cluster.

    It is read before the cluster is asked for, so that a misspelt file is not told as a missing cluster.
    """
    if (call.options.plan is None) == (call.options.intent is None):
        raise InputError(
            [problem(USAGE, "name either PLAN or --intent", hint="--intent finds the plan in the cluster")]
        )
    if call.options.plan is None:
        return None
    text = read_text(call.options.plan)
    plan = read_plan(text, call.options.plan)
    path = Path(call.options.plan) if call.options.plan != "-" else Path(plan.intent)
    return Source(plan, text, call.options.journal or path.with_name(f"{path.stem}.run"), call.options.plan)


def kept_plan(call: RunCall, opened: Opened) -> Source:
    """Return the plan that the cluster keeps of the intent that the call names."""
    assert call.options.intent is not None
    saved = ClusterStateCopy(opened.connection, SystemClock(), call.options.state_namespace, call.options.intent).load()
    if saved is None:
        summary = f"the cluster keeps no run of intent '{call.options.intent}'"
        raise RefusedError(
            [problem(NO_RUN, summary, hint=f"it would be in namespace '{call.options.state_namespace}'")]
        )
    folder = call.options.journal or Path(f"{call.options.intent}.run")
    return Source(read_plan(saved.plan, "the cluster's copy"), saved.plan, folder, f"--intent {call.options.intent}")


def _call(call: RunCall, opened: Opened, source: Source) -> Call:
    where = f" --journal {call.options.journal}" if call.options.journal is not None else ""
    return Call(
        plan=source.plan,
        text=source.text,
        folder=source.folder,
        who=new_holder(),
        ask=lambda question: call.options.yes or _ask(question, opened),
        go_on_words=f"ringfence apply {source.name} --continue{where}",
        go_back_words=f"ringfence rollback {source.name}{where}",
        until=call.until,
        namespaces=call.namespaces,
        rights=tuple(state_rights(call.options.state_namespace)),
        end_pauses=call.end_pauses,
        accepted=_accepted(call.accept),
    )


def _accepted(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of harm that a rollback may do; InputError for one that cannot be a name."""
    wrong = [name for name in names if not is_accepted_name(name)]
    if wrong:
        hint = "the refusal gives the names, as in opened:shop/web:shop/cart; unproven accepts whatever it may do"
        raise InputError([problem(USAGE, f"--accept {name}: no harm is named so", hint=hint) for name in wrong])
    return tuple(names)


@contextmanager
def _world(call: RunCall, reached: Reached, plan: Plan, flag: StopFlag) -> Iterator[World]:
    connection, namespace = reached.attended, call.options.state_namespace
    waiting = connection.stoppable
    awake, clock = SystemClock(connection), SystemClock(waiting)
    told = _teller(call.options.format, connection)
    gates: list[Gate] = [CommandGate(command, clock) for command in call.options.gates or ()]
    if call.options.gate_query is not None:
        if call.options.prometheus is None:
            raise InputError([problem(USAGE, "--gate-query needs --prometheus")])
        gates.append(QueryGate(call.options.prometheus, call.options.gate_query, clock))
    by = WaitBy(call.options.wait_by.value)
    if by is WaitBy.PROMETHEUS and call.options.prometheus is None:
        raise InputError([problem(USAGE, "--wait-by prometheus needs --prometheus")])
    asked = call.options.prometheus or ""
    waits = build_waits(
        waiting,
        clock,
        plan,
        namespace,
        told,
        by=by,
        pause=call.options.pause,
        limit=call.options.timeout,
        gates=gates,
        prometheus=asked,
    )
    try:
        yield World(
            connection=connection,
            clock=awake,
            fence=open_fence(connection, clock, namespace, plan.intent),
            state=ClusterStateCopy(connection, awake, namespace, plan.intent),
            waits=waits,
            watch=waits,
            read=lambda: _read(reached.opened, waiting, clock),
            tell=told,
            flag=flag,
            pauses=PauseBook(connection, awake, namespace, plan.intent),
            force=call.force,
        )
    finally:
        connection.end()
        waits.close()


def _read(opened: Opened, connection: Connection, clock: SystemClock) -> Snapshot:
    snapshot, problems = read_cluster(connection, clock, server=opened.server)
    report_problems(gather_refusals(problems))
    return snapshot


def _teller(format: StreamFormat, attended: Attended) -> Callable[[Event], None]:
    """Return who tells what a run does, and lets the connection know how much hangs on it."""
    ink = result_ink()

    def tell(event: Event) -> None:
        if isinstance(event, StepBegun):
            attended.begin()
        elif isinstance(event, Stopped):
            attended.end()
        write_result(event_json(event) if format is StreamFormat.JSON else event_text(event, ink))

    return tell


@contextmanager
def _stopping(flag: StopFlag, source: Source) -> Iterator[None]:
    def first() -> None:
        write_note("stopping between two steps; once more stops at once\n")

    try:
        with stops_on_signals(flag, first):
            yield
    except KeyboardInterrupt:
        hint = f"go on: ringfence apply {source.name} --continue; go back: ringfence rollback {source.name}"
        raise RefusedError([problem(STOPPED, "stopped at once, in the middle of a step", hint=hint)]) from None


def _ask(question: Question, opened: Opened) -> bool:
    """Ask on standard error; no answer, or no terminal and nothing to read, is no."""
    write_note(question_text(question, opened.server, opened.context))
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def question_text(question: Question, server: str, context: str) -> str:
    """Write what is about to be done, as a question."""
    course: Course = question.course
    ahead = course.steps[question.done : course.end]
    waits = sum(isinstance(step, WaitStep) for step in ahead)
    removals = sum(isinstance(step, WriteStep) and step.write.after is None for step in ahead)
    cuts = dict.fromkeys(
        step.namespace
        for step in ahead
        if isinstance(step, WriteStep) and step.stage is Stage.CUTOVER and step.namespace
    )
    what = "take back what was written for" if course.is_back else "carry out the plan of"
    lines = [f"{what} intent '{course.plan.intent}' on {server} (context {context}):"]
    lines.append(f"  {count(question.writes, 'write')}, {removals} of them removals, and {count(waits, 'wait')}")
    if question.done:
        lines.append(f"  from step {question.done + 1} of {len(course.steps)}")
    if course.end < len(course.steps):
        lines.append(f"  up to {course.steps[course.end - 1].id}, step {course.end} of {len(course.steps)}")
    if cuts and not course.is_back:
        lines.append(f"  cut over: {', '.join(cuts)}")
    if question.harm:
        lines.append(f"  with what is accepted: {', '.join(sorted(question.harm))}")
    return "\n".join([*lines, "go ahead? [y/N] "])


def _refuse(plan: Plan, stale: NotFresh) -> RefusedError:
    write_note(plan_check_text(plan, stale.check, note_ink()))
    if stale.check.standing is Standing.DRIFTED:
        found = problem(DRIFTED, "an object is not as the plan expects it", hint="make the plan anew")
    else:
        found = problem(PLAN_STALE, "the plan does not hold on what is live now", hint="make the plan anew")
    return RefusedError([*stale.more, found])
