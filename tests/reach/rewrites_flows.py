"""The rows of a differential against the obvious evaluator: all ends, every boundary of ports and nets and ±1.

The obvious evaluator is asked once for flows that nothing written can tell apart: outside addresses that are in the
same written nets, ports that are in the same written ranges. The differential is asked for every one of them.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from generator.packets.transport import TransportPacket, TransportSet
from generator.reach.differential import ChangeInto, Differential
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.flow import End
from generator.reach.rows import at_place
from tests.conformance.reach_doors import transport_of
from tests.obvious import Cluster, answer_flow
from tests.reach.random_worlds import NODE_ADDRESSES, OUTSIDE, PORTS, Manifest
from tests.reach.rewrites_worlds import Objects, nets_of

Flow = dict[str, Any]
_SPECIAL = {"TCP": (22, 6443), "UDP": (4789,)}  # failsafes and encapsulation


class Judge:
    """The obvious evaluator over one world, which remembers what it was asked."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._known: dict[tuple[str, str, int], dict[tuple[Any, ...], str]] = {}

    def verdicts(self, source: str, destination: str, family: int, packets: Sequence[_Packets]) -> Iterator[str]:
        """Yield the verdict on one packet of each kind between two ends."""
        known = self._known.setdefault((source, destination, family), {})
        for packet in packets:
            if packet.key not in known:
                flow = {"src": source, "dst": destination, "family": family, **packet.asked}
                known[packet.key] = str(answer_flow(self._cluster, flow)["verdict"])
            yield known[packet.key]


@dataclass(frozen=True, slots=True)
class _Packets:
    """Packets that nothing written can tell apart, and the one that the obvious evaluator is asked about."""

    asked: Flow
    key: tuple[Any, ...]
    sent: tuple[TransportPacket, ...]


@dataclass(frozen=True, slots=True)
class _End:
    """An end, its place, and the end that the obvious evaluator is asked about instead."""

    name: str
    end: End
    place: int
    asked: str


def check_rows(differential: Differential, worlds: Sequence[Objects], judges: Sequence[Judge]) -> Counter[str]:
    """Hold the rows of a differential against two judges; AssertionError with the first flow that differs."""
    family = differential.family
    counts: Counter[str] = Counter()
    changed = {change.place.number: change for change in differential.changes()}
    ends, packets = _ends(differential, worlds), _packets(family, worlds)
    for source in ends:
        for destination in ends:
            if not _compared(source, destination):
                continue
            rows = _rows(changed.get(destination.place), source.place)
            asked = [judge.verdicts(source.asked, destination.asked, family, packets) for judge in judges]
            for alike, was, now in zip(packets, *asked, strict=True):
                expected = now if was != now else ""
                for packet in alike.sent if rows or expected else ():
                    answer = next((name for name, found in rows.items() if found.contains(packet)), "")
                    assert answer == expected, (source.name, destination.name, packet, was, now, answer)
                counts[expected or "same"] += len(alike.sent)
    return counts


def _rows(change: ChangeInto | None, source: int) -> dict[str, TransportSet]:
    if change is None:
        return {}
    rows = {"allow": change.newly_allowed, "deny": change.newly_denied, "unknown": change.unknown}
    return {name: at_place(row, source) for name, row in rows.items() if row}


def _compared(source: _End, destination: _End) -> bool:
    first, last = source.end, destination.end
    if source.name == destination.name or not (first.pod or last.pod or first.node or last.node):
        return False
    if first.node and first.node == last.node and not (first.pod and last.pod):
        return False  # between a pod and its own node: asked of `between`, not of the differential's rows
    return bool(source.place != destination.place or first.pod)


def _ends(differential: Differential, worlds: Sequence[Objects]) -> list[_End]:
    engine, family, places = differential.engines[0], differential.family, differential.places
    pods = [pod.key for pod in engine.inventory.pods.values() if pod.address(family) is not None]
    found = [_End(name, resolve_end(engine, name, family), places.of_pod[name], name) for name in pods]
    found += [
        _End(f"host:{node}", resolve_end(engine, f"host:{node}", family), places.of_node[node], f"host:{node}")
        for node in NODE_ADDRESSES
    ]
    first: dict[tuple[bool, ...], str] = {}
    nets = sorted({net for net in map(ipaddress.ip_network, nets_of([*worlds])) if net.version == family}, key=str)
    for address in _boundaries(nets, family, engine):
        end = resolve_end(engine, f"ip:{address}", family)
        place = places.outside_place(int(address))
        assert place is not None, address
        asked = first.setdefault(tuple(address in net for net in nets), f"ip:{address}")
        found.append(_End(f"ip:{address}", end, place.number, asked))
    return found


def _boundaries(nets: Sequence[Any], family: int, engine: Engine) -> list[Any]:
    """Return the first and last address of each net and their neighbours, without those of pods and nodes."""
    found = {ipaddress.ip_address(text) for text in OUTSIDE[family]}
    for net in nets:
        if net.prefixlen:
            ends = (int(net[0]) - 1, int(net[0]), int(net[-1]), int(net[-1]) + 1)
            found |= {type(net[0])(number) for number in ends if 0 < number < (1 << net.max_prefixlen) - 1}
    used = {address for pod in engine.inventory.pods.values() for address in pod.addresses}
    used |= {address for addresses in engine.inventory.nodes.values() for address in addresses}
    return sorted((address for address in found if (family, int(address)) not in used), key=int)


def _packets(family: int, worlds: Sequence[Objects]) -> list[_Packets]:
    """Return all packets to send, those alike together."""
    written = {bounds for world in worlds for item in world for bounds in _port_bounds(item)}
    found: list[list[Flow]] = []
    for protocol, special in _SPECIAL.items():
        alike: dict[tuple[bool, ...], list[int]] = {}
        bounds = sorted({*written, *((port, port) for port in special)})
        near = {each + step for low, high in bounds for each in (low, high) for step in (-1, 0, 1)}
        for port in sorted({*near, *PORTS}):
            alike.setdefault(tuple(low <= port <= high for low, high in bounds), []).append(port)
        found += [[{"protocol": protocol, "sport": 40000, "dport": port} for port in ports] for ports in alike.values()]
    icmp, types = ("ICMP", (7, 8, 9)) if family == 4 else ("ICMPv6", (127, 128, 129, 135))
    found += [[{"protocol": icmp, "icmpType": number, "icmpCode": 0}] for number in types]
    found += [[{"protocol": number}] for number in (4, 46, 47, 132)]
    found += [[{"protocol": "TCP", "sport": port, "dport": 80}] for port in (22, 6443)]
    return [_Packets(flows[0], tuple(flows[0].values()), tuple(map(transport_of, flows))) for flows in found]


def _port_bounds(value: Manifest | list[Any] | Any) -> Iterator[tuple[int, int]]:
    """Yield every numeric port and range of a manifest, those of pods and services too."""
    if isinstance(value, list):
        for item in value:
            yield from _port_bounds(item)
    elif isinstance(value, dict):
        if "containerPort" in value:
            yield value["containerPort"], value["containerPort"]
        if isinstance(value.get("port"), int):
            yield value["port"], value.get("endPort", value["port"])
        for key, item in value.items():
            if key in ("ports", "notPorts"):
                for port in item:
                    if isinstance(port, int) or (isinstance(port, str) and port[0].isdigit()):
                        low, _, high = str(port).partition(":")
                        yield int(low), int(high or low)
            yield from _port_bounds(item)
