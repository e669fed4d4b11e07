"""What `reach` says of what pods send to the node that each is on: what one flow says, for every pod and packet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from generator.packets.transport import TransportPacket, TransportSet
from generator.reach import own_node, reachability
from generator.reach.engine import Engine
from generator.reach.environment import EndpointToHost, Environment
from generator.reach.flow_changes import OWN_NODE
from generator.reach.reachability import find_reach
from tests.reach.random_worlds import Builder
from tests.reach.small_world import CLUSTER, UDP, ask, calico, engine_of, packet, pod, snapshot_of

ACTIONS = tuple(EndpointToHost)
SEEDS = range(60)
PACKETS = (packet(), packet(port=443), packet(UDP, 80), packet(UDP, 4789), TransportPacket(47))
DENY = {"action": "Deny", "protocol": "TCP", "destination": {"ports": [80]}}
NO_PORT_80 = calico("GlobalNetworkPolicy", "p", selector="app == 'web'", types=["Egress"],
                    egress=[DENY, {"action": "Allow"}])  # fmt: skip


def said(engine: Engine, key: str, family: int, transport: TransportPacket) -> str:
    """Return the verdict that the rows about own nodes give a pod's packet."""
    found = [item for item in find_reach(engine, key, [family]) if item.destinations == (OWN_NODE,)]
    for item in found:
        if family in item.families and item.packets.contains(transport):
            assert item.known or item.reasons
            return "allow" if item.known else "unknown"
    return "deny"


def check_seed(seed: int, counts: Counter[str]) -> None:
    builder = Builder(seed)
    environment = Environment(interface="eth0", endpoint_to_host=ACTIONS[seed % len(ACTIONS)])
    engine = Engine(snapshot_of(builder.build()), environment)
    for key, one in list(engine.inventory.pods.items())[:2]:
        for family in {kind for kind, _ in one.addresses}:
            for transport in PACKETS:
                verdict = str(ask(engine, key, f"host:{one.node}", transport, family).verdict)
                assert said(engine, key, family, transport) == verdict, (seed, key, transport)
                counts[verdict] += 1


def check_all(seeds: Iterable[int] = SEEDS) -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in seeds:
        check_seed(seed, counts)
    return counts


def test_they_say_what_one_flow_says() -> None:
    counts = check_all()
    assert min(counts[word] for word in ("allow", "deny", "unknown")) >= 50, counts


def test_pods_that_are_alike_are_one_row_and_the_others_stand_by_name() -> None:
    engine = engine_of([*CLUSTER, pod("shop/cart", ["192.168.0.7"]), NO_PORT_80])
    found = [item for item in find_reach(engine, families=[4]) if item.destinations == (OWN_NODE,)]
    rows = {item.sources: item for item in found}
    assert set(rows) == {("apps/front", "shop/cart", "shop/db"), ("shop/web",)}
    assert rows["shop/web",].packets.contains(packet(port=81))
    assert not rows["shop/web",].packets.contains(packet())


def test_pods_of_which_no_node_is_known_have_none() -> None:
    engine = engine_of([*CLUSTER, pod("shop/new", ["192.168.0.7"], node="")], complete=False)
    sources = {name for item in find_reach(engine) if item.destinations == (OWN_NODE,) for name in item.sources}
    assert "shop/new" not in sources
    assert "shop/web" in sources


def all_nodes_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    real = own_node._parts
    first: dict[tuple[int, int], Any] = {}

    def alike(pairs: Any, number: int, node: str) -> Any:
        return first.setdefault((id(pairs), number % 2), tuple(real(pairs, number, node)))

    monkeypatch.setattr(own_node, "_parts", alike)


def what_is_not_known_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    real = own_node._parts
    monkeypatch.setattr(own_node, "_parts", lambda *args: [(packets, True) for packets, _ in real(*args)])


def everything_gets_to_the_own_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_node, "_parts", lambda *args: [(TransportSet.all(), True)])


def no_rows_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "send_to_own_nodes", lambda pairs, senders: [])


FAULTS = (all_nodes_are_alike, what_is_not_known_is_let_through, everything_gets_to_the_own_node, no_rows_are_made)


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all()
