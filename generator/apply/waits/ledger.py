"""What a number that several kinds add up in can prove about each of them.

A node takes in the writes of each kind in their order and the kinds independently of each other. So a node is at a
place in each column, and the number it shows is the sum of what stands before these places. `Limits.proves` answers
for one number that was seen: is there any set of places with this sum in which some column has not come to its mark?
Only where there is none, whatever the interleaving, every column has.

That is so where the sum is larger (or smaller) than any that leaves a column before its mark. Canaries make it so: as
many are created (or removed) after the writes as it takes. One is enough where the writes only create, or only change
in place; more are needed where removals come before (`missing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

Change = tuple[int, int]  # the least and the most by which one write moves the number


@dataclass
class Column:
    """The writes of one kind since the number was first read; every node has the first `proven` of them."""

    changes: list[Change] = field(default_factory=list)
    proven: int = 0
    mark: int = 0  # so many of them are to be proven
    can_grow: bool = True  # canaries of this kind can be made
    places: dict[str, list[int]] = field(default_factory=dict)  # where the writes of each object stand
    early: list[tuple[int, int, Change]] = field(default_factory=list)  # from, to: a write that may count there already

    def take(self, change: Change, name: str, *, is_sum: bool) -> None:
        """Take in a write of an object; `is_sum`: the number is that of all updates, not of what is there.

        What waits to be taken in by Felix waits once for each object: of several writes the last, at the place of the
        first, or nothing where it came and went (`libcalico-go/lib/backend/syncersv1/dedupebuffer`). So a write of what
        may still wait may count before its place, and of several updates some may never count.
        """
        place, before = len(self.changes), self.places.setdefault(name, [])
        waits = next((at for at in before if at >= self.proven), None)
        if waits is not None and is_sum:
            self.changes[waits] = (0, self.changes[waits][1])
            change = (0, change[1])
        elif waits is not None:
            self.early.append((waits, place, change))
        before.append(place)
        self.changes.append(change)

    def begin(self) -> None:
        """Count from here on: every node has all."""
        self.changes, self.proven, self.mark = [], 0, 0
        self.places, self.early = {}, []

    @property
    def is_open(self) -> bool:
        """Tell whether anything is to be proven."""
        return self.mark > self.proven

    def heights(self, direction: int) -> list[int]:
        """Return the most that can stand before each place from `proven` to the end, in a direction (1 up, -1 down)."""
        bounds = [high if direction > 0 else -low for low, high in self.changes]
        found = list(accumulate(bounds, initial=0))
        for first, last, (low, high) in self.early:
            more = max(high if direction > 0 else -low, 0)
            for place in range(first + 1, last + 1 if more else 0):
                found[place] += more
        return found[self.proven :]

    def least(self, direction: int) -> int:
        """Return the least that stands before the end, in a direction."""
        return sum(low if direction > 0 else -high for low, high in self.changes)


@dataclass(frozen=True, slots=True)
class Limits:
    """What numbers prove: those over `above` and those under `below`; None where none does in that direction.

    A number outside of `lowest` to `highest` cannot be seen, unless something was written that nobody here knows of.
    """

    above: int | None
    below: int | None
    lowest: int
    highest: int
    is_open: bool

    def proves(self, moved: int) -> bool:
        """Tell whether a node whose number has moved by so much since the first reading has come to every mark."""
        if not self.is_open:
            return True
        return (self.above is not None and moved > self.above) or (self.below is not None and moved < self.below)

    def is_possible(self, moved: int) -> bool:
        """Tell whether a number can be seen at all."""
        return self.lowest <= moved <= self.highest


@dataclass
class Ledger:
    """The columns that one number is the sum of, by kind."""

    columns: Mapping[object, Column]

    def limits(self) -> Limits:
        """Return what numbers prove that every column has come to its mark."""
        up, down = self._bound(1), self._bound(-1)
        return Limits(
            above=up,
            below=-down if down is not None else None,
            lowest=-sum(max(column.heights(-1)) for column in self.columns.values()),
            highest=sum(max(column.heights(1)) for column in self.columns.values()),
            is_open=any(column.is_open for column in self.columns.values()),
        )

    def missing(self, direction: int) -> dict[object, int] | None:
        """Return how many canaries more, of which kinds, make the end provable; None where none can be made for it.

        Up they are created, down removed. {} where the end is provable as it is.
        """
        slack = 0
        for column in self.columns.values():
            heights = column.heights(direction)
            slack += heights[-1] - column.least(direction)
            if not column.can_grow:
                if column.is_open:
                    return None
                slack += max(heights) - heights[-1]
        needed: dict[object, int] = {}
        for key, column in self.columns.items():
            if not column.can_grow:
                continue
            heights = column.heights(direction)
            wanted = max(heights)
            if column.is_open:
                wanted = max(wanted, max(heights[: column.mark - column.proven]) + 1 + slack)
            if wanted > heights[-1]:
                needed[key] = wanted - heights[-1]
        return needed

    def _bound(self, direction: int) -> int | None:
        """Return the largest sum that leaves some column before its mark; None where no column has one."""
        tops = {key: max(column.heights(direction)) for key, column in self.columns.items()}
        total = sum(tops.values())
        found = [
            total - tops[key] + max(column.heights(direction)[: column.mark - column.proven])
            for key, column in self.columns.items()
            if column.is_open
        ]
        return max(found, default=None)
