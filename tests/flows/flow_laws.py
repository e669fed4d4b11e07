"""What holds of observed flows in any cluster: each fate is that of the second judge, and none is lost on the way.

Lines are written for flows of random clusters in two states that differ in policies alone; `tests/obvious.py` says what
becomes of each in both.
"""

from __future__ import annotations

import ipaddress
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator.flows.judge import judge_flows
from generator.flows.read import read_flows
from generator.flows.result import Fate
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.snapshot.model import Snapshot
from tests.conformance.reach_doors import load_world
from tests.flows.samples import interface, packet, record
from tests.obvious import Cluster, answer_flow, read_cluster
from tests.obvious_parts.things import pod_addresses
from tests.reach.random_worlds import OUTSIDE, PORTS, Manifest
from tests.reach.state_pairs import random_states
from tests.reach.test_random_worlds import world_of

_FLOWS = 25
_EVERYWHERE = {4: ("1.1.1.1", "11.0.0.1", "172.32.0.1", "198.51.100.7", "224.0.0.9"), 6: ("2001:db8:9::1", "fd99::1")}
_POLICIES = ("Policy", "Tier", "Set", "HostEndpoint")


def states(seed: int) -> tuple[list[Manifest], list[Manifest]]:
    """Return two states of one cluster that differ in policy objects alone, as those of a plan do."""
    before, other = random_states(seed)
    kept = [item for item in before if not item["kind"].endswith(_POLICIES)]
    sets = [item for item in before if item["kind"].endswith(("Set", "HostEndpoint"))]
    policies = [item for item in other if item["kind"].endswith(("Policy", "Tier"))]
    return before, [*kept, *sets, *policies]


def check_flows(seed: int, folder: Path, counts: Counter[str]) -> None:
    """Judge flows of one pair of states one by one, and all of them together."""
    objects = states(seed)
    clusters = [read_cluster(side) for side in objects]
    (snapshot, environment), (_, _) = load_world(world_of(objects[0], ())), (None, None)
    after, _ = load_world(world_of(objects[1], ()))
    lines = list(_lines(clusters[0], random.Random(seed), counts))
    _check_alone(lines, clusters, (snapshot, after), environment, folder, counts)
    _check_together(lines, (snapshot, after), environment, folder)
    _check_public(clusters, (snapshot, after), environment, folder, counts)


def _check_public(
    clusters: list[Cluster],
    sides: tuple[Snapshot, Snapshot],
    environment: Environment,
    folder: Path,
    counts: Counter[str],
) -> None:
    """What is said of any public address is so of every one that is tried, in each family of the pod."""
    before = Engine(sides[0], environment)
    after = Engine(sides[1], environment, like=before)
    path = folder / "public.jsonl"
    for name in clusters[0].endpoints.keys() & clusters[0].pods.keys():
        path.write_text(record(name, "PUBLIC NETWORK", 443))
        (judged,) = judge_flows(read_flows([str(path)])[0], sides[0], before, after)
        fate = judged.outcome.fate
        counts[f"public {fate}"] += 1
        if fate is Fate.UNKNOWN:
            continue
        families = {ipaddress.ip_address(one).version for one in pod_addresses(clusters[0].pods[name])}
        for family in families:
            for address in (*OUTSIDE[family], *_EVERYWHERE[family]):
                flow = {"src": name, "dst": f"ip:{address}", "family": family, "protocol": "tcp"}
                flow |= {"sport": 40000, "dport": 443}
                now, then = (str(answer_flow(cluster, flow)["verdict"]) for cluster in clusters)
                assert fate is _expected(now, then), (flow, now, then, fate)


def _expected(now: str, then: str) -> Fate:
    return Fate.DENIED_NOW if now == "deny" else Fate.CUT if then == "deny" else Fate.KEPT


def _check_alone(
    lines: list[tuple[str, dict[str, Any]]],
    clusters: list[Cluster],
    sides: tuple[Snapshot, Snapshot],
    environment: Environment,
    folder: Path,
    counts: Counter[str],
) -> None:
    before = Engine(sides[0], environment)
    after = Engine(sides[1], environment, like=before)
    for line, flow in lines:
        path = folder / "one.log"
        path.write_text(line)
        found, _ = read_flows([str(path)])
        (judged,) = judge_flows(found, sides[0], before, after)
        now, then = (str(answer_flow(cluster, flow)["verdict"]) for cluster in clusters)
        fate = judged.outcome.fate
        counts[fate] += 1
        if fate is Fate.UNKNOWN:
            continue
        assert fate is _expected(now, then), (flow, now, then, fate)
        assert (fate is Fate.CUT) is bool(judged.outcome.says)


def _check_together(
    lines: list[tuple[str, dict[str, Any]]], sides: tuple[Snapshot, Snapshot], environment: Environment, folder: Path
) -> None:
    """No flow is lost, or counted more often than it was seen, when all are read at once."""
    before = Engine(sides[0], environment)
    after = Engine(sides[1], environment, like=before)
    paths = [folder / "kernel.log", folder / "whisker.jsonl"]
    paths[0].write_text("".join(line for line, _ in lines if not line.startswith("{")))
    paths[1].write_text("".join(line for line, _ in lines if line.startswith("{")))
    used = [str(path) for path in paths if path.stat().st_size]
    found, _ = read_flows(used)
    judged = judge_flows(found, sides[0], before, after)
    assert sum(seen.times for item in judged for seen in item.seen) == len({line for line, _ in lines})


def _lines(cluster: Cluster, chance: random.Random, counts: Counter[str]) -> Any:
    """Yield lines of both formats, each with the flow that it tells, in the form of the vectors."""
    family = chance.choice((4, 6))
    pods = {
        name: str(address)
        for name, item in cluster.pods.items()
        if name in cluster.endpoints
        for address in map(ipaddress.ip_address, pod_addresses(item))
        if address.version == family
    }
    nodes = {
        f"host:{name}": str(address)
        for name, addresses in cluster.node_addresses.items()
        for address in addresses
        if address.version == family
    }
    outside = {f"ip:{address}": address for address in OUTSIDE[family]}
    ends = {**pods, **nodes, **outside}
    both = {**pods, **nodes}
    for number in range(_FLOWS):
        source, destination = chance.choice(list(ends)), chance.choice(list(ends))
        if source == destination or (source not in both and destination not in both):
            continue
        protocol, port = chance.choice(("tcp", "udp")), chance.choice(PORTS)
        flow = {
            "src": source,
            "dst": destination,
            "family": family,
            "protocol": protocol,
            "sport": 40000,
            "dport": port,
        }
        if chance.random() < 0.3 and source in pods and destination in pods:
            counts["whisker"] += 1
            minute = {"start_time": f"2026-11-21T08:{number:02d}:00Z"}
            yield record(source, destination, port, protocol=protocol, **minute), flow
            continue
        counts["kernel"] += 1
        names = {"into": _interface(source, pods), "out": _interface(destination, pods)}
        line = packet(ends[source], ends[destination], port, protocol=protocol.upper(), spt=40000 + number, **names)
        yield line, flow


def _interface(end: str, pods: Mapping[str, str]) -> str:
    return interface(end) if end in pods else "eth0"
