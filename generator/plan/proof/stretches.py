"""Between two confirmed waits: from which to which state a node can be, on the way forward and on the way back.

Every combination of the kinds' prefixes can occur, so a stretch is a range for each kind (product.md 6).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from generator.plan.model import Step, WaitStep, WriteStep
from generator.plan.proof.history import History, State
from generator.plan.rollback import rollback_steps


@dataclass(frozen=True, slots=True)
class Stretch:
    """All states from `low` to `high`, kind by kind; `writes` are those that may be on their way."""

    low: State
    high: State
    writes: tuple[int, ...]

    @property
    def count(self) -> int:
        """Return how many states a node can be in."""
        return prod(high - low + 1 for low, high in zip(self.low, self.high, strict=True))

    def holds(self, other: Stretch) -> bool:
        """Tell whether every state of another stretch is one of this."""
        lower = all(mine <= theirs for mine, theirs in zip(self.low, other.low, strict=True))
        return lower and all(mine >= theirs for mine, theirs in zip(self.high, other.high, strict=True))

    def states(self) -> Iterator[State]:
        """Go through all states; there may be very many."""
        ranges = (range(low, high + 1) for low, high in zip(self.low, self.high, strict=True))
        yield from product(*ranges)


def forward_stretches(history: History, steps: Sequence[Step]) -> list[Stretch]:
    """Return the stretches of the way forward, in order."""
    low = list(history.nothing_yet)
    return _follow(history, steps, low, list(low), step=1)


def rollback_stretches(history: History, steps: Sequence[Step], done: int) -> list[Stretch]:
    """Return the stretches of the way back after the first `done` steps.

    Before its first wait a node may still be anywhere in the stretch that was under way, and this is one of the way
    forward; the way back proper begins behind that wait.
    """
    high = list(history.nothing_yet)
    for step in steps[:done]:
        if isinstance(step, WriteStep):
            high[history.kinds.index(step.write.identity.kind)] += 1
    back = rollback_steps(steps, done)
    confirmed = set(history.kinds[:0])
    if back and isinstance(back[0], WaitStep):
        confirmed = set(back[0].kinds)
    low = _low_before(history, steps, done)
    for column, kind in enumerate(history.kinds):
        if kind in confirmed:
            low[column] = high[column]
    return _follow(history, back[1:] if confirmed else back, low, high, step=-1)


def _low_before(history: History, steps: Sequence[Step], done: int) -> list[int]:
    low = list(history.nothing_yet)
    high = list(low)
    for step in steps[:done]:
        match step:
            case WriteStep():
                high[history.kinds.index(step.write.identity.kind)] += 1
            case WaitStep():
                for column, kind in enumerate(history.kinds):
                    if kind in step.kinds:
                        low[column] = high[column]
            case _:
                pass
    return low


def _follow(history: History, steps: Sequence[Step], low: list[int], high: list[int], *, step: int) -> list[Stretch]:
    """Follow writes and waits; `step` is +1 forward, where writes raise `high`, and -1 back, where they lower `low`."""
    columns = {kind: column for column, kind in enumerate(history.kinds)}
    moving, settled = (high, low) if step > 0 else (low, high)
    found: list[Stretch] = []
    for item in steps:
        match item:
            case WriteStep():
                moving[columns[item.write.identity.kind]] += step
            case WaitStep():
                if low != high:
                    found.append(_stretch(history, low, high))
                for kind in item.kinds:
                    if kind in columns:
                        settled[columns[kind]] = moving[columns[kind]]
            case _:
                pass
    if low != high:
        found.append(_stretch(history, low, high))
    return found


def _stretch(history: History, low: Sequence[int], high: Sequence[int]) -> Stretch:
    writes = tuple(event.number for event in history.events if low[event.column] <= event.place < high[event.column])
    return Stretch(tuple(low), tuple(high), writes)
