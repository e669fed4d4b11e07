"""Cuts a plan into commits, and proves that each may reach the nodes in any order.

Argo CD and Flux keep no order among the objects of one sync that a plan could lean on: Argo CD applies those of one
kind and wave side by side (gitops-engine, pkg/sync/sync_context.go, `runTasks`), Flux by kind, namespace and name
(fluxcd/pkg, ssa/sort.go). So a stretch between two waits is one commit only where it is proven for every order of its
objects; else it is cut further, in the order of the plan, until each part is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from generator.calico.kinds import Kind
from generator.foundation.errors import RefusedError
from generator.plan.exports.model import Commit
from generator.plan.model import Plan, Step, WaitStep, WriteStep
from generator.plan.proving import Judged
from generator.plan.proving_again import judge_again
from generator.snapshot.model import Snapshot

Batch = tuple[WriteStep, ...]

_SPLIT: Final = "the next one writes an object again, or must not come before it"


def cut_commits(plan: Plan, snapshot: Snapshot | None) -> tuple[Commit, ...]:
    """Return the commits of a plan; without a snapshot nothing can be proven anew, so each holds one of a kind.

    RefusedError where the plan does not hold on the snapshot.
    """
    stretches = list(_stretches(plan.steps))
    key = _kind if snapshot is None else _identity
    batches = [batch for _, stretch in stretches for batch in cut(stretch, key)]
    if snapshot is not None:
        batches = _in_any_order(plan, snapshot, batches)
    reasons = {stretch[-1].id: reason for reason, stretch in stretches}
    return tuple(Commit(batch, snapshot is not None, reasons.get(batch[-1].id, _SPLIT)) for batch in batches)


def judge_any_order(plan: Plan, snapshot: Snapshot, steps: Sequence[Step]) -> Judged:
    """Prove steps of a plan, or made of it, on a snapshot for every order of the objects between two waits."""
    return judge_again(plan, steps, snapshot, any_order=True)


def _in_any_order(plan: Plan, snapshot: Snapshot, batches: Sequence[Batch]) -> list[Batch]:
    """Cut batches further until each is safe in any order, and say so only once that is proven.

    A refusal names a write that a node may have while an earlier one of its batch has not come: there it is cut. With
    one object of a kind in each it is what the plan itself was proven for.
    """
    found = list(batches)
    while True:
        judged = judge_any_order(plan, snapshot, tuple(_steps(plan, found)))
        if judged.holds:
            return found
        later = judged.between[0] if judged.between is not None else ""
        finer = [part for batch in found for part in _cut_before(batch, later)]
        if len(finer) == len(found):
            finer = [part for batch in found for part in cut(batch, _kind)]
        if len(finer) == len(found):
            raise RefusedError(list(judged.problems))
        found = finer


def _cut_before(batch: Batch, id: str) -> list[Batch]:
    """Cut a batch in two before a write that is not its first."""
    place = next((number for number, step in enumerate(batch) if step.id == id), 0)
    return [batch[:place], batch[place:]] if place else [batch]


def _steps(plan: Plan, batches: Sequence[Batch]) -> Iterator[Step]:
    """Give the writes with a wait for everything after each commit."""
    kinds = tuple(sorted({step.write.identity.kind for step in plan.writes}))
    for batch in batches:
        yield from batch
        yield WaitStep(f"after-{batch[-1].id}", batch[-1].stage, "Wait: the end of a commit.", kinds)


def cut(writes: Sequence[WriteStep], key: Callable[[WriteStep], object]) -> list[Batch]:
    """Cut writes, in their order, into the fewest runs in which no key stands twice."""
    found: list[list[WriteStep]] = []
    seen: set[object] = set()
    for step in writes:
        if not found or key(step) in seen:
            found.append([])
            seen = set()
        found[-1].append(step)
        seen.add(key(step))
    return [tuple(batch) for batch in found]


def _identity(step: WriteStep) -> object:
    """Return what a commit can hold once: an object, and any tier, for the order of tiers is kept."""
    identity = step.write.identity
    return identity.kind if identity.kind is Kind.TIER else identity


def _kind(step: WriteStep) -> object:
    return step.write.identity.kind


def _stretches(steps: Sequence[Step]) -> Iterator[tuple[str, Batch]]:
    """Give the writes between two waits, each with the reason of the wait behind it."""
    waiting: list[WriteStep] = []
    for is_wait, group in groupby(steps, key=lambda step: isinstance(step, WaitStep)):
        part = list(group)
        if not is_wait:
            waiting += [step for step in part if isinstance(step, WriteStep)]
        elif waiting:
            yield part[0].purpose.removeprefix("Wait: ").rstrip("."), tuple(waiting)
            waiting = []
    if waiting:
        yield "every node must have all that was written", tuple(waiting)
