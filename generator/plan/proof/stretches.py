"""Between two confirmed waits: from which to which state a node can be, on the way forward and on the way back.

Every combination of the kinds' prefixes can occur, so a stretch is a range for each kind (product.md 6), or for each
object where the order of objects is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from generator.plan.model import Step, WaitStep, WriteStep
from generator.plan.proof.history import Event, History, State
from generator.plan.rollback import way_back


@dataclass(frozen=True, slots=True)
class Stretch:
    """All states from `low` to `high`, column by column."""

    low: State
    high: State

    @property
    def count(self) -> int:
        """Return how many states a node can be in."""
        return prod(high - low + 1 for low, high in zip(self.low, self.high, strict=True))

    def holds(self, other: Stretch) -> bool:
        """Tell whether every state of another stretch is one of this."""
        lower = all(mine <= theirs for mine, theirs in zip(self.low, other.low, strict=True))
        return lower and all(mine >= theirs for mine, theirs in zip(self.high, other.high, strict=True))

    def has(self, event: Event) -> bool:
        """Tell whether a write may be on its way."""
        return self.low[event.column] <= event.place < self.high[event.column]

    def states(self) -> Iterator[State]:
        """Go through all states; there may be very many."""
        ranges = (range(low, high + 1) for low, high in zip(self.low, self.high, strict=True))
        yield from product(*ranges)


class Walk:
    """Goes through a plan's writes and waits as changes of a state, forward and back."""

    def __init__(self, history: History, steps: Sequence[Step]) -> None:
        self._history = history
        self._steps = steps
        # Of a write its column, of a wait the columns that it confirms, of a check nothing.
        self._moves: list[int | tuple[int, ...] | None] = [
            history.columns[step.write.identity]
            if isinstance(step, WriteStep)
            else tuple(column for column, kind in enumerate(history.kinds) if kind in step.kinds)
            if isinstance(step, WaitStep)
            else None
            for step in steps
        ]
        self._every_column = tuple(range(len(history.kinds)))

    def forward(self) -> list[Stretch]:
        """Return the stretches of the way forward, in order."""
        low = list(self._history.nothing_yet)
        return self._follow(self._moves, low, list(low), step=1)

    def back(self, done: int) -> list[Stretch]:
        """Return the stretches of the way back after the first `done` steps.

        Until its first wait has ended a node may still be anywhere in the stretch that was under way, which is one of
        the way forward; the way back proper begins behind that wait, which is for every kind that was written.
        """
        counts = list(self._history.nothing_yet)
        for move in self._moves[:done]:
            if isinstance(move, int):
                counts[move] += 1
        order = [self._moves[number] for number in way_back(self._steps, done)]
        # The waits of the way back are for every kind that was written.
        moves = [self._every_column if isinstance(move, tuple) else move for move in order]
        return self._follow(moves, list(counts), counts, step=-1)

    def _follow(
        self, moves: Iterable[int | tuple[int, ...] | None], low: list[int], high: list[int], *, step: int
    ) -> list[Stretch]:
        """Follow moves; `step` is +1 forward, where writes raise `high`, and -1 back, where they lower `low`."""
        moving, settled = (high, low) if step > 0 else (low, high)
        found: list[Stretch] = []
        for move in moves:
            match move:
                case int():
                    moving[move] += step
                case tuple():
                    if low != high:
                        found.append(self._stretch(low, high))
                    for column in move:
                        settled[column] = moving[column]
                case _:
                    pass
        if low != high:
            found.append(self._stretch(low, high))
        return found

    def _stretch(self, low: Sequence[int], high: Sequence[int]) -> Stretch:
        return Stretch(tuple(low), tuple(high))


def find_stretches(history: History, steps: Sequence[Step]) -> list[Stretch]:
    """Return the stretches of the way forward, and those of the way back from each step that no other one holds."""
    walk = Walk(history, steps)
    found = walk.forward()
    for done in range(1, len(steps) + 1):
        for stretch in walk.back(done):
            if not any(held.holds(stretch) for held in found):
                found.append(stretch)
    return found
