"""On random pairs of states the obvious evaluator finds exactly the flows of the differential, and its witnesses."""

from __future__ import annotations

import ipaddress
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from generator.packets.transport import TransportPacket, TransportSet
from generator.reach.differential import ChangeInto, Differential
from generator.reach.engine import Engine
from generator.reach.flow_changes import ChangeKind, FlowChange, Witness, WitnessFailed, flow_changes_of
from generator.reach.rows import Row
from tests.conformance.reach_doors import load_world, transport_of
from tests.faults.differential import FAULTS, Fault
from tests.obvious import Cluster, answer_flow, read_cluster
from tests.obvious_parts.path import Place
from tests.reach.random_worlds import NODE_ADDRESSES, Manifest
from tests.reach.state_pairs import random_states
from tests.reach.state_pairs_judge import Judge, Mask, boundaries, sorts_of
from tests.reach.state_pairs_names import ends_named
from tests.reach.test_random_worlds import world_of

PAIRS = 2_000
KINDS = (ChangeKind.ALLOWED, ChangeKind.DENIED, ChangeKind.UNKNOWN)
Flow = dict[str, Any]


def check_states(objects: tuple[list[Manifest], list[Manifest]], family: int, counts: Counter[str]) -> None:
    clusters = [read_cluster(side) for side in objects]
    before = Engine(*load_world(world_of(objects[0], ())))
    after = Engine(*load_world(world_of(objects[1], ())), like=before)  # as the product does: what is alike is shared
    assert [*before.undecodable, *after.undecodable] == []
    differential = Differential(before, after, family)
    changes = flow_changes_of([differential])
    check_cells(differential, changes, clusters, counts)
    for change in changes:
        assert change.kind is not ChangeKind.UNKNOWN
        check_witness(change.witness, clusters, family)
        counts["witness"] += 1


def check_cells(
    differential: Differential, changes: Sequence[FlowChange], clusters: Sequence[Cluster], counts: Counter[str]
) -> None:
    family = differential.family
    sorts = sorts_of(clusters, family)
    judges = [Judge(cluster, family, sorts) for cluster in clusters]
    told = Told(differential, [transport_of(sort) for sort in sorts])
    names = [*ends_of(clusters[0], family), *boundaries(clusters, family)]
    numbers = {name: told.place(name) for name in names}
    rows = told.rows(changes, names)
    ends = {name: [judge.place(name) for judge in judges] for name in names}
    for source in names:
        for destination in names:
            if not is_asked(ends[source], ends[destination]):
                continue
            first, last = numbers[source], numbers[destination]
            was, now = (
                judge.allowed(*way) for judge, *way in zip(judges, ends[source], ends[destination], strict=True)
            )
            expected = now & ~was, was & ~now, 0
            assert told.between(first, last) == expected, (source, destination, expected, told.between(first, last))
            for kind, cells in rows.items():  # what people read says the same, once, nothing lost or added by grouping
                grouped = cells.get((source, destination), 0)
                assert grouped == expected[KINDS.index(kind)], (source, destination, kind, expected, grouped)
            counts["flows"] += len(sorts)
            counts["allow"] += expected[0].bit_count()
            counts["deny"] += expected[1].bit_count()


def ends_of(cluster: Cluster, family: int) -> list[str]:
    pods = [key for key, pod in cluster.endpoints.items() if any(net.version == family for net in pod.nets)]
    return [*pods, *(f"host:{node}" for node in NODE_ADDRESSES)]


def is_asked(source: Sequence[Place], destination: Sequence[Place]) -> bool:
    """Leave out what the differential's rows are not about: one end, a pod and its own node, two ends outside."""
    for first, last in zip(source, destination, strict=True):
        if first.address == last.address or not (first.node or last.node):
            return False
        if first.node == last.node and not (first.pod and last.pod):
            return False
    return True


class Told:
    """What the differential says, as numbers with a bit for each packet."""

    def __init__(self, differential: Differential, packets: Sequence[TransportPacket]) -> None:
        self._places = differential.places
        self._packets = packets
        self._masks: dict[TransportSet, Mask] = {}
        self._found: dict[int, ChangeInto] = {change.place.number: change for change in differential.changes()}

    def place(self, name: str) -> int:
        if name in self._places.of_pod:
            return self._places.of_pod[name]
        if name.startswith("host:"):
            return self._places.of_node[name.removeprefix("host:")]
        found = self._places.outside_place(int(ipaddress.ip_address(name.removeprefix("ip:"))))
        assert found is not None, name
        return found.number

    def between(self, source: int, destination: int) -> tuple[Mask, Mask, Mask]:
        found = self._found.get(destination)
        if found is None:
            return 0, 0, 0
        allowed, denied, unknown = found.newly_allowed, found.newly_denied, found.unknown
        return self._at(allowed, source), self._at(denied, source), self._at(unknown, source)

    def rows(self, changes: Sequence[FlowChange], names: Sequence[str]) -> dict[ChangeKind, Counter[tuple[str, str]]]:
        """Return what grouped rows say, read from their names; what two rows say of one packet counts twice."""
        found: dict[ChangeKind, Counter[tuple[str, str]]] = {kind: Counter() for kind in KINDS}
        for change in changes:
            mask = self._mask(change.packets)
            destinations = ends_named(change.destinations, names)
            for source in ends_named(change.sources, names):
                for destination in destinations:
                    found[change.kind][source, destination] += mask
        return found

    def _at(self, row: Row, source: int) -> Mask:
        mask = 0
        for packets, places in row.items():
            if places >> source & 1:
                mask |= self._mask(packets)
        return mask

    def _mask(self, packets: TransportSet) -> Mask:
        if packets not in self._masks:
            held = (1 << number for number, one in enumerate(self._packets) if packets.contains(one))
            self._masks[packets] = sum(held)
        return self._masks[packets]


def check_witness(witness: Witness, clusters: Sequence[Cluster], family: int) -> None:
    ends = witness.flow.source, witness.flow.destination
    names = [_name(end.name, end.address[1], family) for end in ends]
    flow = {"src": names[0], "dst": names[1], "family": family, **_written(witness.flow.transport)}
    was, now = (str(answer_flow(cluster, flow)["verdict"]) for cluster in clusters)
    assert (was, now) == (str(witness.before.verdict), str(witness.after.verdict)), flow


def _name(name: str, number: int, family: int) -> str:
    kind = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    return name or f"ip:{kind(number)}"


def _written(packet: TransportPacket) -> Mapping[str, Any]:
    found: Flow = {"protocol": packet.protocol}
    if packet.protocol in (6, 17, 132):
        return found | {"sport": packet.source_port, "dport": packet.destination_port}
    if packet.protocol in (1, 58):
        return found | {"icmpType": packet.icmp_type, "icmpCode": packet.icmp_code}
    return found


def check_pairs(seeds: Iterable[int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in seeds:
        check_states(random_states(seed), 4 if seed % 2 else 6, counts)
        counts["pairs"] += 1
    return counts


@pytest.mark.parametrize("half", [0, 1])
def test_the_obvious_evaluator_finds_the_flows_of_the_differential(half: int) -> None:
    counts = check_pairs(range(half * PAIRS // 2, (half + 1) * PAIRS // 2))
    sys.stdout.write(f"\n{dict(counts)}, no disagreement\n")
    assert counts["pairs"] == PAIRS // 2
    assert min(counts["allow"], counts["deny"], counts["witness"]) >= 1_000


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_each_fault_is_found(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, WitnessFailed)):
        check_pairs(range(PAIRS))
