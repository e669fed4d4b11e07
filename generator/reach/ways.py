"""What may pass on the way from one place to another, and what may be stopped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from generator.reach.rows import Row, intersect, unite


class Ways:
    """Rows of what may pass and what may be stopped; they overlap in what is not known.

    What may be stopped is put together only when it is asked for: where everything is known, nobody does.
    """

    __slots__ = ("_stopped", "may")

    def __init__(self, may: Row, *stopped: Row) -> None:
        self.may = may
        self._stopped = stopped

    @property
    def may_not(self) -> Row:
        """Return what may be stopped."""
        if len(self._stopped) > 1:
            self._stopped = (reduce(unite, self._stopped),)
        return self._stopped[0] if self._stopped else {}

    def beside(self, other: Ways) -> Ways:
        """Return what passes both."""
        return Ways(intersect(self.may, other.may), *self._stopped, *other._stopped)


def any_of(ways: Sequence[Ways]) -> Ways:
    """Return what may pass and what may be stopped in any of several ways, of which nobody knows the true one."""
    if len(ways) == 1:
        return ways[0]
    return Ways(reduce(unite, [way.may for way in ways]), *[way.may_not for way in ways])
