"""How many pairs of ends lose, get and keep flows between two snapshots.

An end is a workload, a node, or everything outside; a pair has a direction. A pair may lose one flow, get another and
keep a third, so it may count three times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.reach.differential import Differential
from generator.reach.place_names import OUTSIDE, workload_name
from generator.reach.places import Mask, Place, Places, numbers_in
from generator.reach.rows import Row, intersect, subtract


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Ordered pairs of workloads, nodes and the outside, by what becomes of flows between them.

    `changed` are the workloads of pairs that lose or get flows, or may, each by its name, sorted.
    """

    cut: int = 0
    opened: int = 0
    kept: int = 0
    unknown: int = 0
    changed: tuple[str, ...] = ()


def count_pairs(differentials: Iterable[Differential]) -> PairCounts:
    """Count over all families at once; a pair that both have counts once."""
    counter = _Counter()
    for differential in differentials:
        places = differential.places
        if not places.pods | places.hosts:
            continue
        ends = _Ends(counter.bits, places)
        for into in differential.compare():
            sure = (subtract(into.before, into.unknown), subtract(into.after, into.unknown))
            names = ends.of_place(into.place)
            counter.add(0, names, ends.of_row(subtract(*sure)))
            counter.add(1, names, ends.of_row(subtract(*reversed(sure))))
            counter.add(2, names, ends.of_row(intersect(*sure)))
            counter.add(3, names, ends.of_row(into.unknown))
    cut, opened, kept, unknown = counter.totals()
    return PairCounts(cut, opened, kept, unknown, counter.changed())


class _Counter:
    """For each sort, and each destination, the sources as bits of one number."""

    def __init__(self) -> None:
        self.bits: dict[str, int] = {}
        self._found: tuple[dict[int, int], ...] = ({}, {}, {}, {})

    def add(self, sort: int, destinations: int, sources: int) -> None:
        found = self._found[sort]
        if sources:
            for number in numbers_in(destinations):
                found[number] = found.get(number, 0) | sources

    def totals(self) -> tuple[int, ...]:
        return tuple(sum(mask.bit_count() for mask in found.values()) for found in self._found)

    def changed(self) -> tuple[str, ...]:
        """Return the workloads with anything that is not just kept."""
        there = 0
        for found in (*self._found[:2], self._found[3]):
            for number, sources in found.items():
                there |= 1 << number | sources
        names = (name for name, number in self.bits.items() if there >> number & 1)
        return tuple(sorted({name.partition(" #")[0] for name in names if name != OUTSIDE and not _is_node(name)}))


def _is_node(name: str) -> bool:
    return name.startswith("host:")


class _Ends:
    """The ends of the places of one family, as bits that all families share."""

    def __init__(self, bits: dict[str, int], places: Places) -> None:
        self._bits = bits
        self._by_place = [self._find(place) for place in places.places]
        self._by_mask: dict[Mask, int] = {}

    def of_place(self, place: Place) -> int:
        return self._by_place[place.number]

    def of_row(self, row: Row) -> int:
        """Return the ends from which any packet of a row comes."""
        senders = 0
        for packets, mask in row.items():
            if packets:
                senders |= mask
        return self._of_mask(senders)

    def _of_mask(self, mask: Mask) -> int:
        found = self._by_mask.get(mask)
        if found is None:
            found = 0
            for number in numbers_in(mask):
                found |= self._by_place[number]
            self._by_mask[mask] = found
        return found

    def _find(self, place: Place) -> int:
        if place.pods:
            names = {workload_name(pod) for pod in place.pods}
        else:
            names = {f"host:{place.node}" if place.is_host else OUTSIDE}
        found = 0
        for name in names:
            found |= 1 << self._bits.setdefault(name, len(self._bits))
        return found
