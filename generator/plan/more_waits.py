"""Parts writes by further waits, where without them some state comes to harm (product.md 6).

The stages have a wait between them and none within. Where old and new meet in an unlucky way two writes of one stage
must not be on their way together either; then a wait between them may be all that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

from generator.calico.kinds import Kind
from generator.plan.model import Step, WaitStep, WriteStep
from generator.plan.stages import Stage

MOST_WRITES: Final = 100  # a plan of more writes is not parted one by one: that would be a proof for each
_PURPOSE: Final = "Wait: what was just written must be on every node before the next write; together they do harm."

Judge = Callable[[Sequence[Step]], bool]


def part_writes(steps: Sequence[Step], holds: Judge) -> tuple[Step, ...] | None:
    """Return the steps with as few further waits as make them hold; None where waits do not help.

    `holds` tells whether steps are safe in every state. No single one of the waits that are left could go.
    """
    if sum(isinstance(step, WriteStep) for step in steps) > MOST_WRITES:
        return None
    parted = _with_every_wait(steps)
    added = {id(step) for step in parted} - {id(step) for step in steps}
    if not added or not holds(parted):
        return None
    by_stage = groupby((step for step in parted if id(step) in added), key=lambda step: step.stage)
    for _, group in by_stage:
        waits = list(group)
        if holds(rest := _without(parted, waits)):
            parted = rest
            continue
        for wait in waits:
            if holds(rest := _without(parted, [wait])):
                parted = rest
    return tuple(parted)


def _without(steps: Sequence[Step], gone: Sequence[Step]) -> list[Step]:
    numbers = set(map(id, gone))
    return [step for step in steps if id(step) not in numbers]


def _with_every_wait(steps: Sequence[Step]) -> list[Step]:
    parted: list[Step] = []
    kinds: set[Kind] = set()
    for step in steps:
        if isinstance(step, WriteStep):
            if parted and isinstance(parted[-1], WriteStep):
                parted.append(_wait(step.stage, kinds))
            kinds.add(step.write.identity.kind)
        elif isinstance(step, WaitStep):
            kinds.update(step.kinds)
        parted.append(step)
    return parted


def _wait(stage: Stage, kinds: set[Kind]) -> WaitStep:
    return WaitStep("", stage, _PURPOSE, tuple(sorted(kinds)))
