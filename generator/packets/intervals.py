"""Sets of whole numbers as ranges: ports, ICMP types, protocols, addresses of one family."""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Self

from generator.packets.canonical import Canonical, Operation

Range = tuple[int, int]
"""Lowest and highest member, both included."""


class Intervals(Canonical[Range]):
    """A finite set of numbers from 0 on; its form is sorted ranges with a gap between any two."""

    __slots__ = ()

    @classmethod
    def of(cls, *ranges: Range) -> Self:
        """Return the union of ranges in any order; a range that is empty or goes below 0 is a ValueError."""
        for low, high in ranges:
            if not 0 <= low <= high:
                raise ValueError(f"no range of numbers: {low}-{high}")
        return cls._make(ranges if len(ranges) < 2 else join_ranges(sorted(ranges)))

    @classmethod
    def single(cls, number: int) -> Self:
        """Return the set of one number."""
        return cls.of((number, number))

    @classmethod
    def of_numbers(cls, numbers: Iterable[int]) -> Self:
        """Return the set of some numbers."""
        return cls.of(*((number, number) for number in numbers))

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges, lowest first."""
        return self.form

    def __iter__(self) -> Iterator[Range]:
        return iter(self.form)

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self.form, number, key=_low)
        return at > 0 and number <= self.form[at - 1][1]

    def complement(self, low: int, high: int) -> Self:
        """Return the numbers from `low` to `high` that are not in this set."""
        return self.of((low, high)) - self

    def count(self) -> int:
        """Return how many numbers there are."""
        return sum(high - low + 1 for low, high in self.form)

    def lowest(self) -> int:
        """Return the lowest number; ValueError where there is none."""
        if not self.form:
            raise ValueError("an empty set has no lowest number")
        return self.form[0][0]

    def pick(self) -> int:
        """Return the lowest number above 0, which is seldom a typical one, or 0 alone; ValueError where empty."""
        lowest = self.lowest()
        if lowest > 0 or self.form == ((0, 0),):
            return lowest
        return 1 if self.form[0][1] else self.form[1][0]

    def _combine(self, other: Self, operation: Operation) -> tuple[Range, ...]:
        left, right = self.form, other.form
        if operation is operator.and_:
            return meet_ranges(left, right)
        if operation is operator.or_:
            return join_ranges(sorted(left + right))
        without = meet_ranges(left, _gaps(right, left[-1][1]))
        if operation is operator.sub:
            return without
        return join_ranges(sorted(without + meet_ranges(right, _gaps(left, right[-1][1]))))


_low = operator.itemgetter(0)


def join_ranges(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Merge sorted ranges that overlap or touch."""
    joined: list[Range] = []
    last_low, last_high = -1, -2
    for low, high in ranges:
        if low > last_high + 1:
            if last_low >= 0:
                joined.append((last_low, last_high))
            last_low, last_high = low, high
        elif high > last_high:
            last_high = high
    if last_low >= 0:
        joined.append((last_low, last_high))
    return tuple(joined)


def meet_ranges(left: tuple[Range, ...], right: tuple[Range, ...]) -> tuple[Range, ...]:
    """Return what canonical ranges have in common, canonical again."""
    met: list[Range] = []
    i = j = 0
    while i < len(left) and j < len(right):
        (low, high), (other_low, other_high) = left[i], right[j]
        if high < other_low:
            i += 1
            continue
        if other_high < low:
            j += 1
            continue
        met.append((max(low, other_low), min(high, other_high)))
        if high < other_high:
            i += 1
        else:
            j += 1
    return tuple(met)


def _gaps(ranges: tuple[Range, ...], top: int) -> tuple[Range, ...]:
    """Return what canonical ranges leave out from 0 to `top`."""
    gaps: list[Range] = []
    start = 0
    for low, high in ranges:
        if low > top:
            break
        if low > start:
            gaps.append((start, low - 1))
        start = high + 1
    if start <= top:
        gaps.append((start, top))
    return tuple(gaps)
