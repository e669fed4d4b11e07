"""The way back from any step: the inverse writes in reverse order, with the same waits between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from generator.plan.model import Check, CheckStep, Step, WaitStep, WriteStep
from generator.plan.stages import Stage


def way_back(steps: Sequence[Step], done: int) -> list[int]:
    """Return the numbers of the writes and waits that take the first `done` steps back, in their order.

    A wait comes back where it stood, for it keeps the same two stages apart. Before all of them stands another wait,
    which has no number: what was written last may not be on every node yet.
    """
    back: list[int] = []
    waiting = True
    for number in range(min(done, len(steps)) - 1, -1, -1):
        match steps[number]:
            case WriteStep():
                back.append(number)
                waiting = False
            case WaitStep() if not waiting:
                back.append(number)
                waiting = True
            case _:
                pass
    while back and isinstance(steps[back[-1]], WaitStep):
        back.pop()
    return back


def rollback_steps(steps: Sequence[Step], done: int) -> tuple[Step, ...]:
    """Return the steps that take the first `done` steps back; checks of the way forward are left out."""
    kinds = tuple(sorted({step.write.identity.kind for step in steps[:done] if isinstance(step, WriteStep)}))
    back: list[Step] = []
    for number in way_back(steps, done):
        match steps[number]:
            case WriteStep() as step:
                purpose = f"Take back: {step.purpose}"
                back.append(replace(step, id=f"back-{step.id}", purpose=purpose, write=step.rollback, risks=()))
            case WaitStep() as step:
                purpose = "Wait until every node has what was taken back, before the stage before it is taken back."
                back.append(replace(step, id=f"back-{step.id}", purpose=purpose, kinds=kinds))
            case _:
                pass
    if not back:
        return ()
    first = WaitStep("back-wait", back[0].stage, "Wait until every node has what has been written so far.", kinds)
    last = CheckStep("back-check", Stage.END, "Check that every object is as it was.", (Check.AS_PLANNED,))
    return (first, *back, last)
