"""Two partial states of one cluster, each without other things: sets and single flows say the same of what is in both.

What is left out at random, in one state or in both: addresses and nodes of pods, whole pods, namespaces, accounts.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from generator.packets.transport import TransportPacket
from generator.reach.differential import Change, Differential
from generator.reach.ends import NoSuchEnd, resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow import End, Flow, evaluate_flow
from generator.reach.flow_changes import ChangeKind, WitnessFailed, find_flow_changes, flow_changes_of
from tests.conformance.reach_doors import transport_of
from tests.faults.unknown import early_stages_may_decide_anything, two_pods_are_never_on_one_node
from tests.reach.random_worlds import Builder, Manifest
from tests.reach.small_world import CLUSTER, calico, engine_of, kubernetes, pod, snapshot_of
from tests.reach.state_pairs import random_states

SEEDS = 150
# States that once showed something else than their flows: a pod that may be on the node of the other one, and
# untracked policy by an address that is not known, before a host endpoint that denies whatever it decides.
KNOWN = (46, 147, 195, 5157)


def left_out(objects: list[Manifest], chance: random.Random, without: set[str]) -> list[Manifest]:
    """Return a state without some objects, and without the addresses of some of the pods that are named."""
    kept = []
    for item in copy.deepcopy(objects):
        kind = item["kind"]
        if kind in ("Namespace", "ServiceAccount") and chance.random() < 0.3:
            continue
        if kind == "Pod":
            if chance.random() < 0.12:
                continue
            if item["metadata"]["name"] in without and chance.random() < 0.8:
                del item["status"]
                if chance.random() < 0.7:
                    del item["spec"]["nodeName"]
        kept.append(item)
    return kept


def states_of(seed: int) -> list[Engine]:
    chance = random.Random(seed)
    without = {f"p{number}" for number in range(6) if chance.random() < 0.4}
    engines: list[Engine] = []
    for objects in random_states(seed):
        snapshot = snapshot_of(left_out(objects, chance, without), complete=False)
        engines.append(Engine(snapshot, Environment(interface="eth0"), like=engines[0] if engines else None))
    return engines


def check_states(seed: int, counts: Counter[str]) -> None:
    engines = states_of(seed)
    chance = random.Random(seed)
    common = [key for key in engines[0].inventory.pods if key in engines[1].inventory.pods]
    for family in (4, 6):
        differential = Differential(engines[0], engines[1], family)
        for change in flow_changes_of([differential]):  # each is replayed here
            counts[f"row {change.kind}"] += 1
        ends = [*common, "host:n1", "host:n2", "ip:8.8.8.8" if family == 4 else "ip:2001:db8::8"]
        builder = Builder(seed)
        builder.build()
        for asked in builder.flows(25):
            if asked["protocol"] in ("ICMP", "ICMPv6"):
                asked["protocol"] = "ICMP" if family == 4 else "ICMPv6"
            counts[check_flow(differential, engines, chance.sample(ends, 2), asked)] += 1


def check_flow(differential: Differential, engines: list[Engine], names: list[str], asked: Manifest) -> str:
    try:
        found = [[resolve_end(engine, name, differential.family) for name in names] for engine in engines]
    except NoSuchEnd:
        return "no such end"
    transport = transport_of(asked)
    said = [
        str(evaluate_flow(engine, Flow(ends[0], ends[1], transport)).verdict)
        for engine, ends in zip(engines, found, strict=True)
    ]
    both: list[tuple[End, End]] = [(found[0][number], found[1][number]) for number in (0, 1)]
    change = differential.between(both[0], both[1])
    wanted = "unknown" if "unknown" in said else "same" if said[0] == said[1] else said[1]
    assert kind_of(change, transport) == wanted, (names, asked, said)
    return wanted


def kind_of(change: Change, transport: TransportPacket) -> str:
    sets = {"unknown": change.unknown, "allow": change.newly_allowed, "deny": change.newly_denied}
    found = [name for name, packets in sets.items() if packets.contains(transport)]
    assert len(found) <= 1
    return found[0] if found else "same"


def check_all(seeds: Iterable[int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in seeds:
        check_states(seed, counts)
    return counts


def test_sets_and_single_flows_agree_and_every_row_is_replayed() -> None:
    counts = check_all((*range(SEEDS), *KNOWN))
    assert min(counts[f"row {kind}"] for kind in ChangeKind) > 50
    assert min(counts[kind] for kind in ("unknown", "same", "allow", "deny")) > 50


def test_a_pod_that_is_in_one_state_alone_has_no_row_and_is_no_address_outside() -> None:
    """What the others reach is told all the same, and nothing of the one that came or went."""
    gone = [item for item in CLUSTER if item["metadata"]["name"] != "db"]
    closed = kubernetes("closed", "shop", policyTypes=["Ingress"])
    assert find_flow_changes(engine_of(CLUSTER), engine_of(gone)) == []
    changes = find_flow_changes(engine_of([*CLUSTER, closed]), engine_of(gone))
    assert {name for change in changes for name in change.destinations} == {"shop/web"}
    assert not any("db" in name for change in changes for name in change.sources)


def test_a_pod_that_goes_to_another_place_in_the_list_changes_nothing() -> None:
    """Numbers that stand for addresses which nobody knows are those of a list; another pod before it moves them."""
    deny = calico("NetworkPolicy", "p", "shop", selector="app == 'web'", types=["Ingress"], ingress=[
        {"action": "Deny", "source": {"nets": ["192.168.0.0/29"]}}, {"action": "Allow"}])  # fmt: skip
    plain = [item for item in CLUSTER if item["kind"] != "Pod"]
    pods = [pod("shop/web", ["192.168.0.1"]), {**pod("shop/db", ["192.168.0.2"], "n2"), "status": {}}]
    more = {**pod("apps/aaa", ["192.168.0.3"], "n2"), "status": {}}
    states = [engine_of([*plain, *pods, deny, *extra], complete=False) for extra in ([], [more])]
    changes = find_flow_changes(states[0], states[1])
    assert {change.kind for change in changes} <= {ChangeKind.UNKNOWN}
    assert {name for change in changes for name in change.sources} <= {"shop/db"}


@pytest.mark.parametrize("fault", [two_pods_are_never_on_one_node, early_stages_may_decide_anything])
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, WitnessFailed)):
        check_all(KNOWN)
