"""Sets of several dimensions: bands of the first, each with the set of the others that it holds.

A band is `(low, high, rest)`: every number from `low` to `high` goes with every member of `rest`, which is a set of one
dimension less and never empty. Sorted, without overlap, and with neighbours of equal rest merged, there is one list of
bands for each set, whatever it was made of. One sweep over two such lists does all four operations.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final, Generic, Self, TypeVar

from generator.packets.canonical import Canonical, Operation
from generator.packets.intervals import Intervals, Range

Rest = TypeVar("Rest", bound=Canonical[Any])
Band = tuple[int, int, Rest]

_KEPT_ALONE: Final[dict[Operation, tuple[bool, bool]]] = {
    operator.and_: (False, False),
    operator.or_: (True, True),
    operator.sub: (True, False),
    operator.xor: (True, True),
}
"""Whether a number that only the left, or only the right operand has, stays."""

_low = operator.itemgetter(0)


class Bands(Canonical[Band[Rest]], Generic[Rest]):
    """A set of points of two or more dimensions; its form is the canonical list of bands."""

    __slots__ = ()

    @classmethod
    def over(cls, numbers: Intervals, rest: Rest) -> Self:
        """Return every number of `numbers` with every member of `rest`."""
        return cls._make(tuple((low, high, rest) for low, high in numbers.form) if rest else ())

    @property
    def bands(self) -> tuple[Band[Rest], ...]:
        """The bands, lowest first."""
        return self.form

    def at(self, number: int) -> Rest | None:
        """Return what goes with one number of the first dimension; None where nothing does."""
        at = bisect_right(self.form, number, key=_low)
        if not at:
            return None
        _, high, rest = self.form[at - 1]
        return rest if number <= high else None

    def shadow(self) -> Intervals:
        """Return the numbers of the first dimension that go with anything."""
        return Intervals.of(*((low, high) for low, high, _ in self.form))

    def within(self, numbers: Intervals) -> Self:
        """Return the part whose number of the first dimension is one of `numbers`."""
        return self._make(tuple(_cut(self.form, numbers.form)))

    def by_rest(self) -> dict[Rest, Intervals]:
        """Return, for each rest that occurs, all numbers that go with it, in the order of the lowest of them."""
        ranges: dict[Rest, list[Range]] = {}
        for low, high, rest in self.form:
            ranges.setdefault(rest, []).append((low, high))
        return {rest: Intervals.of(*found) for rest, found in ranges.items()}

    def _combine(self, other: Self, operation: Operation) -> tuple[Band[Rest], ...]:
        return sweep(self.form, other.form, operation)


def sweep(left: tuple[Band[Rest], ...], right: tuple[Band[Rest], ...], operation: Operation) -> tuple[Band[Rest], ...]:
    """Combine two canonical lists of bands to a third."""
    keep_left, keep_right = _KEPT_ALONE[operation]
    found: list[Band[Rest]] = []
    lefts, rights = iter(left), iter(right)
    a, b = next(lefts, None), next(rights, None)
    while a is not None and b is not None:
        low, high, rest = a
        other_low, other_high, other_rest = b
        if low < other_low:
            # The part before the other band stands alone; what is left of this one starts level with the other.
            end = min(high, other_low - 1)
            if keep_left:
                add_band(found, low, end, rest)
            a = (end + 1, high, rest) if end < high else next(lefts, None)
        elif other_low < low:
            end = min(other_high, low - 1)
            if keep_right:
                add_band(found, other_low, end, other_rest)
            b = (end + 1, other_high, other_rest) if end < other_high else next(rights, None)
        else:
            end = min(high, other_high)
            both: Rest = operation(rest, other_rest)
            if both:
                add_band(found, low, end, both)
            a = (end + 1, high, rest) if end < high else next(lefts, None)
            b = (end + 1, other_high, other_rest) if end < other_high else next(rights, None)
    if keep_left:
        _add_all(found, a, lefts)
    if keep_right:
        _add_all(found, b, rights)
    return tuple(found)


def add_band(found: list[Band[Rest]], low: int, high: int, rest: Rest) -> None:
    """Append a band behind all others, merged with its neighbour if that has the same rest."""
    if found:
        last_low, last_high, last_rest = found[-1]
        if last_high + 1 == low and (last_rest is rest or last_rest == rest):
            found[-1] = (last_low, high, rest)
            return
    found.append((low, high, rest))


def _add_all(found: list[Band[Rest]], first: Band[Rest] | None, others: Iterator[Band[Rest]]) -> None:
    if first is not None:
        add_band(found, *first)
        # Only the first can touch what was found; the others were canonical before.
        found.extend(others)


def _cut(bands: Iterable[Band[Rest]], ranges: tuple[Range, ...]) -> Iterator[Band[Rest]]:
    at = 0
    for low, high, rest in bands:
        while at < len(ranges) and ranges[at][1] < low:
            at += 1
        inside = at
        while inside < len(ranges) and ranges[inside][0] <= high:
            yield max(low, ranges[inside][0]), min(high, ranges[inside][1]), rest
            inside += 1
