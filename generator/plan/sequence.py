"""From moves in stages to numbered steps: what stood there before each write, and the waits and checks between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from generator.calico.kinds import Kind
from generator.calico.objects import Identity
from generator.compare.model import ObjectDiff
from generator.foundation.diagnostics import problem
from generator.foundation.errors import RefusedError
from generator.plan.codes import NAME_TAKEN
from generator.plan.foreign_denies import Override
from generator.plan.model import Check, CheckStep, Manifest, Move, Step, WaitStep, Write, WriteStep
from generator.plan.risk import RiskRegister
from generator.plan.stages import DONE, STAGES, Stage, StageInfo
from generator.plan.subject import Subject

_INFO = {info.stage: info for info in STAGES}


def make_steps(
    subject: Subject, diff: ObjectDiff, moves: Sequence[Move], overrides: Iterable[Override] = ()
) -> tuple[Step, ...]:
    """Return the steps of the moves, which are sorted by stage; a move that changes nothing is left out."""
    objects = {change.identity: change.live.manifest for change in diff.changes if change.live is not None}
    writes = _writes(subject, dict(objects), moves, RiskRegister.of(subject, overrides))
    if not writes:
        return ()
    kinds = {item.identity.kind for item in subject.changes if item.live is not None and item.owner == diff.intent}
    steps: list[Step] = [
        CheckStep(
            "",
            Stage.START,
            "Check that nothing in the cluster freezes Felix, that every node is ready, and that the objects to be "
            "written are as the plan saw them.",
            (Check.NOTHING_FREEZES, Check.NODES_READY, Check.AS_PLANNED),
        )
    ]
    last: Stage | None = None
    for stage, group in groupby(writes, key=lambda step: step.stage):
        info = _INFO[stage]
        if _needs_wait(info, last, kinds):
            reason = info.wait if last is not None else _INFO[Stage.TIER].wait
            steps.append(_wait(stage, reason.format(before=_done(last)), kinds))
        if stage is Stage.CUTOVER:
            purpose = "Check that calico-node and Typha have not restarted since: a node may be back at an older state."
            steps.append(CheckStep("", stage, purpose, (Check.NODES_READY, Check.AS_PLANNED)))
        for step in group:
            steps.append(step)
            kinds.add(step.write.identity.kind)
        last = stage
    steps.append(_wait(Stage.END, _INFO[Stage.END].wait, kinds))
    steps.append(CheckStep("", Stage.END, "Check that what is live is the set.", (Check.SET_IN_PLACE,)))
    return number_steps(steps)


def _needs_wait(info: StageInfo, last: Stage | None, kinds: set[Kind]) -> bool:
    """Tell whether a wait stands before a stage: always, save at the start of a first run and where a stage joins."""
    if last is None:
        return bool(kinds)
    return last not in info.joins


def _done(stage: Stage | None) -> str:
    """Return what a stage has done, in the words of the wait behind it."""
    return DONE.get(stage, "what was written") if stage is not None else ""


def _wait(stage: Stage, reason: str, kinds: set[Kind]) -> WaitStep:
    return WaitStep("", stage, f"Wait: {reason}.", tuple(sorted(kinds)))


def _writes(
    subject: Subject, objects: dict[Identity, Manifest], moves: Sequence[Move], risks: RiskRegister
) -> list[WriteStep]:
    allowed = {change.identity for change in subject.changes}
    steps: list[WriteStep] = []
    made: set[Identity] = set()
    for move in moves:
        before = objects.get(move.identity)
        if before == move.after:
            continue
        if before is not None and move.identity not in allowed | made:
            hint = "choose another namePrefix for the intent, or rename that object"
            raise RefusedError([problem(NAME_TAKEN, f"{move.identity} is there and not ours", hint=hint)])
        steps.append(
            WriteStep(
                "",
                move.stage,
                move.purpose,
                Write(move.identity, before, move.after),
                move.namespace,
                move.direction,
                risks.risks_of(move, before),
            )
        )
        if move.after is None:
            del objects[move.identity]
        else:
            objects[move.identity] = move.after
            made.add(move.identity)
    return steps


def number_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps with ids that say their place."""
    width = len(str(len(steps)))
    return tuple(_with_id(step, f"step-{number:0{width}d}") for number, step in enumerate(steps, start=1))


def _with_id(step: Step, id: str) -> Step:
    match step:
        case WriteStep(_, stage, purpose, write, namespace, direction, risks):
            return WriteStep(id, stage, purpose, write, namespace, direction, risks)
        case WaitStep(_, stage, purpose, kinds):
            return WaitStep(id, stage, purpose, kinds)
        case CheckStep(_, stage, purpose, checks):
            return CheckStep(id, stage, purpose, checks)
