"""A plan as one sync, where it is safe without any wait.

Whoever gets all objects at once writes each of them once, as it is at the end, in an order that nobody knows.
Temporary objects are never seen. That is proven anew, forward and back; where it is not safe the wait that it would
take is named.
"""

from __future__ import annotations

from dataclasses import replace

from generator.calico.kinds import Kind
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import RefusedError
from generator.plan.codes import NEEDS_WAITS
from generator.plan.exports.commits import judge_any_order
from generator.plan.exports.model import Commit
from generator.plan.model import Plan, WaitStep, Write, WriteStep
from generator.plan.proving import Judged
from generator.snapshot.model import Snapshot


def single_commit(plan: Plan, snapshot: Snapshot) -> tuple[Commit, ...]:
    """Return the plan as one commit, none where nothing is written; RefusedError where it needs a wait."""
    writes = net_writes(plan)
    tiers = [step for step in writes if step.write.identity.kind is Kind.TIER]
    judged = judge_any_order(plan, snapshot, writes)
    if not judged.holds:
        flows = (problem(NEEDS_WAITS, item.summary) for item in judged.problems)
        raise RefusedError([_refusal(plan, judged), *flows])
    if len(tiers) > 1:
        raise RefusedError([problem(NEEDS_WAITS, f"{len(tiers)} tiers are written, and their order is not known")])
    return (Commit(writes, True, "every node must have all that was written"),) if writes else ()


def net_writes(plan: Plan) -> tuple[WriteStep, ...]:
    """Return one write for each object: from what it is before the plan to what it is after it."""
    found: dict[object, WriteStep] = {}
    for step in plan.writes:
        first = found.pop(step.write.identity, step).write
        if first.before is not None or step.write.after is not None:
            found[step.write.identity] = replace(step, write=Write(step.write.identity, first.before, step.write.after))
    return tuple(step for step in found.values() if step.write.before != step.write.after)


def _refusal(plan: Plan, judged: Judged) -> Diagnostic:
    """Name the wait that stands between the two writes which a node has got in the wrong order."""
    if judged.between is None:
        return problem(NEEDS_WAITS, "a single sync is not safe in every state in between", hint=_HINT)
    later, earlier = judged.between
    numbers = {step.id: number for number, step in enumerate(plan.steps)}
    first, last = sorted((numbers[earlier], numbers[later]))
    waits = [step for step in plan.steps[first:last] if isinstance(step, WaitStep)]
    what = f"a node may have {later} without {earlier}"
    if not waits:
        return problem(NEEDS_WAITS, f"{what}; their order counts, and a single sync keeps none", hint=_HINT)
    reason = waits[-1].purpose.removeprefix("Wait: ").rstrip(".")
    return problem(NEEDS_WAITS, f"{what}; between them stands {waits[-1].id}: {reason}", hint=_HINT)


_HINT = "export it without --single: one commit for each stretch between waits"
