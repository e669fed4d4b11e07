"""On random worlds an expectation is judged as the obvious evaluator judges it flow by flow."""

from __future__ import annotations

import random
import sys
from collections import Counter
from ipaddress import ip_network

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.expect import judge
from generator.expect.judge import judge_expectations
from generator.expect.model import Judged
from generator.foundation.diagnostics import Place
from generator.intent.expectation import End, Expectation, NetworksEnd, PodsEnd, SelectorEnd, Word, WordEnd
from generator.intent.model import Origin, PodSelection, PortSpec
from generator.packets.addresses import format_address
from generator.packets.transport import TransportPacket
from generator.reach.engine import Engine
from generator.reach.flow import End as FlowEnd
from tests.conformance.reach_doors import load_world, transport_of
from tests.expect import enumerated
from tests.expect.enumerated import Flow, Manifest, breaks, flows, meant, outcome
from tests.obvious import read_cluster
from tests.reach.random_worlds import NAMESPACES, Builder
from tests.reach.test_random_worlds import world_of

EXAMPLES = 500
EACH = 5
WANTED = 40
RANGES = ("192.168.0.8/29", "8.0.0.0/8", "10.0.0.0/30", "fd10::/64", "2001:db8::/32", "192.168.0.11/32")
PORT_LISTS = (
    (PortSpec("TCP", 80, 80),),
    (PortSpec("TCP", 0, 0, "http"),),
    (PortSpec("TCP", 80, 443), PortSpec("UDP", 80, 80)),
)


def some_end(chance: random.Random) -> End:
    match chance.randrange(6):
        case 0 | 1:
            labels = chance.choice(((), (("app", "web"),), (("app", "db"),)))
            return PodsEnd("pods", PodSelection(chance.choice(NAMESPACES), labels, chance.choice(("", "", "high"))))
        case 2:
            return SelectorEnd("selector", chance.choice(list(enumerated.SELECTED)), chance.choice(("", "a")))
        case 3:
            return NetworksEnd("ranges", (ip_network(chance.choice(RANGES)),))
        case _:
            word = chance.choice((Word.ALL, Word.PODS, Word.NODES, Word.OUTSIDE))
            return WordEnd(word.value, word)


def some_expectation(chance: random.Random) -> Expectation:
    must = chance.random() < 0.5
    ports = chance.choice(PORT_LISTS) if must or chance.random() < 0.6 else ()
    exceptions = [tuple(some_end(chance) for _ in range(chance.choice((0, 0, 0, 0, 1)))) for _ in range(2)]
    return Expectation(
        must, some_end(chance), some_end(chance), ports, Origin("expect", Place("")), exceptions[0], exceptions[1]
    )


def name_of(end: FlowEnd) -> str:
    return end.name or f"ip:{format_address(*end.address)}"


def flow_of(judged: Judged) -> Flow:
    witness = judged.breaches[0].witness
    packet = witness.transport
    names = {6: "TCP", 17: "UDP", 1: "ICMP", 58: "ICMPv6"}
    flow: Flow = {"src": name_of(witness.source), "dst": name_of(witness.destination), "family": witness.packet.family}
    flow["protocol"] = names.get(packet.protocol, packet.protocol)
    if packet.protocol in (1, 58):
        return flow | {"icmpType": packet.icmp_type, "icmpCode": packet.icmp_code}
    return flow | {"sport": packet.source_port, "dport": packet.destination_port}


def is_asked(judged: Judged, objects: list[Manifest]) -> bool:
    """Tell whether the witness is one of the flows that the expectation names."""
    expectation, witness = judged.expectation, judged.breaches[0].witness
    family = witness.packet.family
    listed: list[list[str]] = []
    for end, exceptions, one in (
        (expectation.source, expectation.not_source, witness.source),
        (expectation.to, expectation.not_to, witness.destination),
    ):
        text = name_of(one)
        enumerated_also = text.startswith("ip:") and text.removeprefix("ip:") not in enumerated.ADDRESSES[family]
        listed.append([text] if enumerated_also else [item.name for item in meant(end, exceptions, objects, family)])
        if text not in listed[-1]:
            return False
    return not expectation.ports or any(
        (flow["protocol"], flow["dport"]) == (flow_of(judged)["protocol"], flow_of(judged)["dport"])
        or _within(expectation, witness.transport)
        for flow in flows(expectation, objects)
    )


def _within(expectation: Expectation, packet: TransportPacket) -> bool:
    return any(
        not port.name
        and enumerated.NUMBERS[port.protocol] == packet.protocol
        and port.first <= packet.destination_port <= port.last
        for port in expectation.ports
    )


def disagreement(seed: int, counts: Counter[str] | None = None) -> str:
    """Return in which way the two judges differ on one world; in half of them all sources are asked at once."""
    usual = judge.FEW
    judge.FEW = usual if seed % 2 else 0
    try:
        return _disagreement(seed, counts)
    finally:
        judge.FEW = usual


def _disagreement(seed: int, counts: Counter[str] | None = None) -> str:
    """Return in which way the two judges differ on the expectations of one world; "" where they agree."""
    builder, chance = Builder(seed), random.Random(seed)
    objects = builder.build()
    world = world_of(objects, ())
    snapshot, environment = load_world(world)
    cluster = read_cluster(world.objects, defaults=world.defaulted)
    for judged in judge_expectations(
        Engine(snapshot, environment), snapshot, [some_expectation(chance) for _ in range(EACH)]
    ):
        expectation = judged.expectation
        expected = outcome(cluster, expectation, objects)
        if counts is not None:
            _count(judged, counts)
        if judged.outcome == "violated":
            if not is_asked(judged, objects) or not breaks(cluster, expectation, flow_of(judged)):
                return f"witness of {expectation}: {flow_of(judged)}"
        elif judged.outcome != expected:
            return f"{expectation}: {judged.outcome} is {expected}, {judged.why}"
        if chance.random() < 0.2:
            for flow in flows(expectation, objects):
                if listed(judged, flow) not in (None, breaks(cluster, expectation, flow)):
                    return f"{expectation}: {flow} is in the wrong group, or in none"
    return ""


def listed(judged: Judged, flow: Flow) -> bool | None:
    """Tell whether a flow is in one of the groups that are shown; None for addresses, which stand there as ranges."""
    if flow["src"].startswith("ip:") or flow["dst"].startswith("ip:"):
        return None
    return any(
        flow["src"] in item.sources
        and flow["dst"] in item.destinations
        and flow["family"] in item.families
        and item.packets.contains(transport_of(flow))
        for item in judged.breaches
    )


def _count(judged: Judged, counts: Counter[str]) -> None:
    counts[f"{'must' if judged.expectation.must else 'must not'}: {judged.outcome}"] += 1
    if judged.outcome == "violated":
        witness = judged.breaches[0].witness
        own = witness.destination.is_host and witness.source.node == witness.destination.node
        counts[f"witness to {'own ' if own else ''}{_kind(witness.destination)}"] += 1


def _kind(end: FlowEnd) -> str:
    return "pod" if end.pod is not None else "node" if end.node else "outside"


def test_judged_as_flow_by_flow() -> None:
    counts: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.integers(0, 1 << 40))
    def agree(seed: int) -> None:
        assert disagreement(seed, counts) == ""

    agree()
    sys.stdout.write("\n" + "\n".join(f"{number:7}  {name}" for name, number in sorted(counts.items())) + "\n")
    wanted = [f"{must}: {word}" for must in ("must", "must not") for word in ("holds", "violated", "vacuous")]
    wanted += ["witness to pod", "witness to node", "witness to own node", "witness to outside"]
    assert [name for name in wanted if counts[name] < WANTED] == []
