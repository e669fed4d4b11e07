"""The packets that stand for what a log shows: it tells neither source port nor, of Whisker, the ICMP type.

Where no rule asks for what is not told one packet stands for all. Where one does, a packet on each side of each
boundary is sent, and if they do not fare alike nobody can say what became of the one that was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from generator.flows.ends import Missing
from generator.flows.model import SeenPackets
from generator.packets.intervals import Intervals
from generator.packets.transport import ICMP, ICMP_PROTOCOLS, PORT_PROTOCOLS, TransportPacket
from generator.reach.engine import Engine
from generator.reach.model import RuleView

_SOURCE: Final = 40000
_ECHO: Final = {ICMP: 8}
_ECHO_V6: Final = 128


@dataclass(frozen=True, slots=True)
class Probes:
    """Packets that stand for what was seen; `missing` is what it hangs on where they do not fare alike."""

    packets: tuple[TransportPacket, ...]
    missing: Missing


class Prober:
    """Makes the packets for rules of several states."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._sources = tuple(sorted({_SOURCE, *_source_ports(engines)}))
        self._types = tuple(sorted(_icmp_types(engines)))
        self._known: dict[SeenPackets, Probes | Missing] = {}

    def probe(self, seen: SeenPackets) -> Probes | Missing:
        """Return the packets that stand for what was seen, or what the record lacks."""
        found = self._known.get(seen)
        if found is None:
            found = self._known[seen] = self._probe(seen)
        return found

    def _probe(self, seen: SeenPackets) -> Probes | Missing:
        if seen.protocol in PORT_PROTOCOLS:
            if seen.port is None:
                return Missing.NO_PORT
            packets = tuple(TransportPacket(seen.protocol, source, seen.port) for source in self._sources)
            return Probes(packets, Missing.SOURCE_PORT)
        if seen.protocol in ICMP_PROTOCOLS:
            echo = (_ECHO.get(seen.protocol, _ECHO_V6), 0)
            types = (seen.icmp,) if seen.icmp is not None else tuple(sorted({echo, *self._types}))
            found = tuple(TransportPacket(seen.protocol, icmp_type=kind, icmp_code=code) for kind, code in types)
            return Probes(found, Missing.ICMP_TYPE)
        return Probes((TransportPacket(seen.protocol),), Missing.SOURCE_PORT)


def _source_ports(engines: Sequence[Engine]) -> Iterator[int]:
    """Go through a port on each side of each boundary that rules draw between source ports."""
    for engine in engines:
        names: set[str] = set()
        for rule in _rules(engine):
            for ports in (rule.source.ports, rule.source.not_ports):
                yield from _edges(ports)
            names.update((*rule.source.port_names, *rule.source.not_port_names))
        for endpoint, _ in engine.directory.endpoints() if names else ():
            numbers = [number for name, _, number in endpoint.ports if name in names]
            yield from _edges(Intervals.of_numbers(numbers) if numbers else None)


def _edges(ports: Intervals | None) -> Iterator[int]:
    for low, high in ports or ():
        yield from (port for port in (low - 1, low, high, high + 1) if 1 <= port <= 65535)


def _icmp_types(engines: Sequence[Engine]) -> Iterator[tuple[int, int]]:
    """Go through the ICMP types and codes that rules name, and one beside each."""
    for engine in engines:
        for rule in _rules(engine):
            for item in (*(() if rule.icmp is None else (rule.icmp,)), *rule.not_icmp):
                if item.type is not None:
                    code = item.code or 0
                    yield from ((item.type, code), (item.type, (code + 1) % 256), ((item.type + 1) % 256, 0))


def _rules(engine: Engine) -> Iterator[RuleView]:
    for tier in engine.lowered.tiers:
        for policy in tier.policies:
            if not policy.staged:
                yield from policy.ingress
                yield from policy.egress
