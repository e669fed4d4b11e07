"""Two snapshots: exactly the packets that get through in one and not in the other (product.md 5)."""

from __future__ import annotations

from dataclasses import dataclass

from generator.packets.transport import TransportSet
from generator.reach.engine import Engine
from generator.reach.find_places import find_places
from generator.reach.flow import End
from generator.reach.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two ends; what is not known in either snapshot is apart and in none of the others."""

    newly_allowed: TransportSet
    newly_denied: TransportSet
    unknown: TransportSet

    def __bool__(self) -> bool:
        return bool(self.newly_allowed or self.newly_denied or self.unknown)


class Differential:
    """The differential of one family; places that either snapshot tells apart are apart in both."""

    def __init__(self, before: Engine, after: Engine, family: int) -> None:
        places = find_places([before, after], family)
        self.before = Pairs(before, places[0])
        self.after = Pairs(after, places[1])

    def between(self, source: tuple[End, End], destination: tuple[End, End]) -> Change:
        """Return what differs between two ends, each given as it is before and after."""
        before = self.before.between(source[0], destination[0])
        after = self.after.between(source[1], destination[1])
        unknown = before.unknown | after.unknown
        return Change((after.allowed - before.allowed) - unknown, (before.allowed - after.allowed) - unknown, unknown)
