"""On random pairs of states the obvious evaluator finds exactly the flows of the differential, and its witnesses."""

from __future__ import annotations

import ipaddress
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from generator.packets.transport import TransportPacket
from generator.reach.differential import ChangeInto, Differential
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.flow_changes import ChangeKind, Witness, flow_changes_of
from generator.reach.rows import at_place
from tests.conformance.reach_doors import load_world, transport_of
from tests.faults.differential import FAULTS, Fault
from tests.obvious import Cluster, answer_flow, read_cluster
from tests.reach.random_worlds import NETS, NODE_ADDRESSES, OUTSIDE, Manifest
from tests.reach.state_pairs import random_states
from tests.reach.test_random_worlds import world_of

PAIRS = 60
# Every boundary of a written port and of the encapsulation ports, and one on either side; no rule names source ports.
PORTS = (79, 80, 81, 442, 443, 444, 8079, 8080, 8081)
Flow = dict[str, Any]


def packets(family: int) -> Iterator[Flow]:
    for port in PORTS:
        yield {"protocol": "TCP", "sport": 40000, "dport": port}
        yield {"protocol": "UDP", "sport": 40000, "dport": port}
    for port in (22, 6443):
        yield {"protocol": "TCP", "sport": 40000, "dport": port}
        yield {"protocol": "TCP", "sport": port, "dport": 80}
    for port in (4788, 4789, 4790):
        yield {"protocol": "UDP", "sport": 40000, "dport": port}
    types = (7, 8, 9) if family == 4 else (127, 128, 129, 135)
    for number in types:
        yield {"protocol": "ICMP" if family == 4 else "ICMPv6", "icmpType": number, "icmpCode": 0}
    yield from ({"protocol": number} for number in (4, 46, 47, 48, 132))


def boundaries(family: int) -> list[str]:
    """Return each first and last address of a net, and its neighbours."""
    found = {ipaddress.ip_address(text) for text in OUTSIDE[family]}
    for net in (ipaddress.ip_network(text) for nets in NETS for text in nets):
        if net.version == family and net.prefixlen:
            found |= {net[0], net[0] - 1, net[-1], net[-1] + 1}
    return [f"ip:{address}" for address in sorted(found, key=int)]


def ends_of(engine: Engine, family: int) -> list[str]:
    pods = [pod.key for pod in engine.inventory.pods.values() if pod.address(family) is not None]
    used = {address for pod in engine.inventory.pods.values() for address in pod.addresses}
    used |= {address for addresses in engine.inventory.nodes.values() for address in addresses}
    outside = [text for text in boundaries(family) if resolve_end(engine, text, family).address not in used]
    return [*pods, *(f"host:{node}" for node in NODE_ADDRESSES), *outside]


def verdict_of(cluster: Cluster, flow: Flow) -> str:
    return str(answer_flow(cluster, flow)["verdict"])


def said(change: ChangeInto, source: int, packet: TransportPacket) -> str:
    for name, row in (("allow", change.newly_allowed), ("deny", change.newly_denied), ("unknown", change.unknown)):
        if row and at_place(row, source).contains(packet):
            return name
    return ""


def check_states(objects: tuple[list[Manifest], list[Manifest]], family: int, counts: Counter[str]) -> None:
    clusters = [read_cluster(side) for side in objects]
    before = Engine(*load_world(world_of(objects[0], ())))
    after = Engine(*load_world(world_of(objects[1], ())), like=before)  # as the product does: what is alike is shared
    assert [*before.undecodable, *after.undecodable] == []
    differential = Differential(before, after, family)
    changed = {change.place.number: change for change in differential.changes()}
    names = ends_of(before, family)
    ends = {name: resolve_end(before, name, family) for name in names}
    places = {name: _place(differential, ends[name].address[1], name) for name in names}
    sent = [(packet, transport_of(packet)) for packet in packets(family)]
    for source in names:
        for destination in names:
            first, last = ends[source], ends[destination]
            if source == destination or not (first.pod or last.pod or first.node or last.node):
                continue
            if first.node and first.node == last.node and not (first.pod and last.pod):
                continue  # between a pod and its own node: asked of `between`, not of the differential's rows
            if places[source] == places[destination] and not first.pod:
                continue
            found = changed.get(places[destination])
            for packet, transport in sent:
                flow = {"src": source, "dst": destination, "family": family, **packet}
                was, now = (verdict_of(cluster, flow) for cluster in clusters)
                expected = now if was != now else ""
                answer = said(found, places[source], transport) if found else ""
                assert answer == expected, (flow, was, now, answer)
                counts[expected or "same"] += 1
    for change in flow_changes_of([differential]):
        assert change.kind is not ChangeKind.UNKNOWN
        check_witness(change.witness, clusters, family)
        counts["witness"] += 1


def check_witness(witness: Witness, clusters: list[Cluster], family: int) -> None:
    ends = witness.flow.source, witness.flow.destination
    names = [_name(end.name, end.address[1], family) for end in ends]
    flow = {"src": names[0], "dst": names[1], "family": family, **_written(witness.flow.transport)}
    was, now = (verdict_of(cluster, flow) for cluster in clusters)
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


def _place(differential: Differential, number: int, name: str) -> int:
    places = differential.places
    if name in places.of_pod:
        return places.of_pod[name]
    if name.startswith("host:"):
        return places.of_node[name.removeprefix("host:")]
    found = places.outside_place(number)
    assert found is not None, name
    return found.number


def check_pairs() -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in range(PAIRS):
        check_states(random_states(seed), 4 if seed % 2 else 6, counts)
    return counts


def test_the_obvious_evaluator_finds_the_flows_of_the_differential() -> None:
    counts = check_pairs()
    sys.stdout.write(f"\n{PAIRS} pairs: {dict(counts)}\n")
    assert min(counts["allow"], counts["deny"], counts["witness"]) >= 50


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_each_fault_is_found(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_pairs()
