"""Addresses grouped by the nets that hold them: one zone is all addresses that no net in use tells apart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from generator.packets.addresses import BITS, AddressSet
from generator.packets.intervals import Intervals
from generator.reach.inventory import UNKNOWN_ADDRESS

Zone = int
UNKNOWN_ZONE: Zone = -1  # of an address that the snapshot does not tell


class ZoneMap:
    """The zones of one family under a number of nets."""

    __slots__ = ("_nets_of", "_pinned", "_regions", "_starts", "_zones", "_zones_of", "family")

    def __init__(self, family: int, nets: Iterable[AddressSet]) -> None:
        self.family = family
        self._pinned: dict[int, Zone] = {}
        distinct = list(dict.fromkeys(nets))
        events: dict[int, list[int]] = {0: []}
        for number, net in enumerate(distinct):
            for low, high in net.family(family):
                events.setdefault(low, []).append(number)
                events.setdefault(high + 1, []).append(~number)
        events.pop(1 << BITS[family], None)
        self._starts: list[int] = sorted(events)
        self._zones: list[Zone] = []
        self._nets_of: list[frozenset[int]] = []
        self._regions: list[list[tuple[int, int]]] = []
        known: dict[frozenset[int], Zone] = {}
        active: set[int] = set()
        ends = [*self._starts[1:], 1 << BITS[family]]
        for start, end in zip(self._starts, ends, strict=True):
            for number in events[start]:
                if number < 0:
                    active.discard(~number)
            active.update(number for number in events[start] if number >= 0)
            held = frozenset(active)
            zone = known.get(held)
            if zone is None:
                zone = known[held] = len(self._nets_of)
                self._nets_of.append(held)
                self._regions.append([])
            self._zones.append(zone)
            self._regions[zone].append((start, end - 1))
        zones_of: list[list[Zone]] = [[] for _ in distinct]
        for zone, held in enumerate(self._nets_of):
            for number in held:
                zones_of[number].append(zone)
        self._zones_of = {net: tuple(zones) for net, zones in zip(distinct, zones_of, strict=True)}

    @property
    def count(self) -> int:
        """Return how many zones there are."""
        return len(self._regions)

    def zone_of(self, number: int) -> Zone:
        """Return the zone of an address."""
        if number >= UNKNOWN_ADDRESS:
            return self._pinned.get(number, UNKNOWN_ZONE)
        return self._zones[bisect_right(self._starts, number) - 1]

    def pin(self, number: int, zone: Zone) -> None:
        """Suppose that an address that is not known lies in a zone."""
        self._pinned[number] = zone

    def zones_in(self, nets: AddressSet) -> Sequence[Zone]:
        """Return the zones that lie in nets; KeyError for nets that the map was not made with."""
        return self._zones_of[nets]

    def region(self, zone: Zone) -> Intervals:
        """Return the addresses of a zone."""
        return Intervals.of(*self._regions[zone])

    def unknown_in(self, nets: AddressSet, pod_ranges: AddressSet) -> bool | None:
        """Tell whether an address that is not known, in `pod_ranges`, lies in nets; None where it may or may not."""
        possible = pod_ranges.family(self.family)
        within = nets.family(self.family) & possible
        if within.is_empty:
            return False
        return True if within == possible else None
