"""Is anything being programmed on a node? Seen from what stands still while it is looked at again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from generator.apply.waits.metrics import Reading
from generator.cluster.clock import Clock

_LOOKS: Final = 4  # that have to be the same at least, however slowly they come
_SCRAPES: Final = 3  # the same where somebody else looks, at longer intervals; the first may be from before


class Stillness:
    """Whether all nodes have shown the same numbers of their dataplane for so many seconds."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._last: dict[str, tuple[int, ...]] = {}
        self._since: dict[str, float] = {}
        self._looks: dict[str, int] = {}
        self._scrapes: dict[str, str] = {}

    def holds(self, readings: Mapping[str, Reading]) -> bool:
        """Take a look in; tell whether every node has stood still for long enough."""
        now = self._clock.monotonic()
        for node, reading in readings.items():
            shows = (*reading.quiet, *reading.numbers.values())
            if self._last.get(node) != shows:
                self._last[node] = shows
                self._since[node] = now
                self._looks[node] = 0
            if not reading.scrape or self._scrapes.get(node) != reading.scrape:
                self._looks[node] += 1
            self._scrapes[node] = reading.scrape
        for node in self._last.keys() - readings.keys():
            del self._last[node]  # it did not answer; it begins anew
        return all(self._is_still(node, now) for node in readings)

    def at_work(self, readings: Mapping[str, Reading]) -> dict[str, str]:
        """Return the nodes that move."""
        now = self._clock.monotonic()
        return {node: "its dataplane is at work" for node in readings if not self._is_still(node, now)}

    def _is_still(self, node: str, now: float) -> bool:
        wanted = _SCRAPES if self._scrapes[node] else _LOOKS
        return now - self._since[node] >= self._seconds and self._looks[node] >= wanted
