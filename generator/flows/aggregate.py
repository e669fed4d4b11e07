"""Many records to few flows, while they are read: memory hangs on how many flows there are, not on how many lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from generator.flows.model import NEVER, AddressEnd, FlowEnd, FlowFormat, Moment, Record, Saw, SeenFlow, SeenPackets
from generator.flows.moments import later

MOST_FLOWS: Final = 200_000
_KINDS: Final = len(Saw)
_RECENT: Final = 65_536  # that many connections are remembered at least, to count each once

_Key = tuple[FlowFormat, FlowEnd, FlowEnd, SeenPackets]


@dataclass(slots=True)
class _Tally:
    counts: list[int] = field(default_factory=lambda: [0] * _KINDS)
    last: Moment = NEVER


class Aggregation:
    """Takes records one by one, and says at the end which flows there were."""

    def __init__(self, most: int = MOST_FLOWS) -> None:
        self._most = most
        self._tallies: dict[_Key, _Tally] = {}
        self._recent: set[tuple[str, ...]] = set()
        self._older: set[tuple[str, ...]] = set()
        self.unkept = 0

    def add(self, record: Record, format: FlowFormat) -> None:
        """Count one record."""
        key = (format, record.source, record.destination, record.packets)
        tally = self._tallies.get(key)
        if tally is None:
            if len(self._tallies) >= self._most:
                self.unkept += 1
                return
            tally = self._tallies[key] = _Tally()
        tally.last = later(tally.last, record.ends)
        if record.saw is Saw.LOGGED and self._is_known(record.connection):
            return
        tally.counts[record.saw] += 1

    def flows(self) -> tuple[SeenFlow, ...]:
        """Return the flows, sorted."""
        found = (_as_flow(key, tally) for key, tally in _joined(self._tallies).items())
        return tuple(sorted(found, key=_order))

    def _is_known(self, connection: tuple[str, ...]) -> bool:
        """Tell whether a connection was logged before: at its other end, or again by a packet that was sent anew."""
        if connection in self._recent or connection in self._older:
            return True
        if len(self._recent) >= _RECENT:
            self._older, self._recent = self._recent, set()
        self._recent.add(connection)
        return False


def _joined(tallies: dict[_Key, _Tally]) -> dict[_Key, _Tally]:
    """Join what the two nodes of a flow have logged: each has the interface of the pod on its own side alone.

    Where an address had several interfaces it was that of several pods, and those stay apart.
    """
    interfaces: dict[str, set[str]] = {}
    for _, source, destination, _ in tallies:
        for end in (source, destination):
            if isinstance(end, AddressEnd) and end.interface:
                interfaces.setdefault(end.address, set()).add(end.interface)
    found: dict[_Key, _Tally] = {}
    for (format, source, destination, packets), tally in tallies.items():
        key = (format, _known(source, interfaces), _known(destination, interfaces), packets)
        there = found.setdefault(key, _Tally())
        there.counts = [one + other for one, other in zip(there.counts, tally.counts, strict=True)]
        there.last = later(there.last, tally.last)
    return found


def _known(end: FlowEnd, interfaces: dict[str, set[str]]) -> FlowEnd:
    if isinstance(end, AddressEnd) and len(interfaces.get(end.address, ())) == 1:
        return AddressEnd(end.address, next(iter(interfaces[end.address])))
    return end


def _as_flow(key: _Key, tally: _Tally) -> SeenFlow:
    """Combine what both ends said: what the destination let in is through, and so is what no destination reports.

    Where the source let out what the destination denied each time, nothing came through (calico.md 6.4).
    """
    out, into, denied_out, denied_into, undecided, logged = tally.counts
    through = into if denied_into else max(into, out)
    return SeenFlow(*key, through + logged, denied_out + denied_into, undecided, tally.last)


def _order(flow: SeenFlow) -> tuple[object, ...]:
    def end(item: FlowEnd) -> tuple[str, ...]:
        return (item.__class__.__name__, *(getattr(item, name) for name in item.__slots__))

    packets = flow.packets
    port = -1 if packets.port is None else packets.port
    return (flow.format, end(flow.source), end(flow.destination), packets.protocol, port, packets.icmp or (-1, -1))
