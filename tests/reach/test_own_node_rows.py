"""What pods send to the node they are on: the rows of a difference are the flows that the obvious evaluator finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from generator.packets.transport import TransportSet
from generator.reach import flow_changes
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.environment import EndpointToHost, Environment
from generator.reach.flow_changes import OWN_NODE, ChangeKind, FlowChange, WitnessFailed, flow_changes_of
from generator.reach.pairs import Fate, Pairs
from tests.conformance.reach_doors import load_world, transport_of
from tests.obvious import answer_flow, read_cluster
from tests.reach.small_world import CLUSTER, calico, engine_of
from tests.reach.state_pairs import random_states
from tests.reach.state_pairs_judge import sorts_of
from tests.reach.state_pairs_names import ends_named
from tests.reach.test_random_worlds import world_of

SEEDS = 60


def own_rows(engines: tuple[Engine, Engine], family: int) -> list[FlowChange]:
    return [change for change in flow_changes_of([Differential(*engines, family)]) if OWN_NODE in change.destinations]


def kept_pods(engines: tuple[Engine, Engine], family: int) -> Iterator[tuple[str, str]]:
    """Go through the pods that are on one node before and after, with their node."""
    before, after = (engine.inventory.pods for engine in engines)
    for key, pod in before.items():
        if key in after and after[key].node == pod.node and pod.address(family) and after[key].address(family):
            yield key, pod.node


def check_states(seed: int, counts: Counter[str]) -> None:
    family = 4 if seed % 2 else 6
    states = random_states(seed)
    clusters = [read_cluster(objects) for objects in states]
    first = Engine(*load_world(world_of(states[0], ())))
    engines = (first, Engine(*load_world(world_of(states[1], ())), like=first))
    rows = own_rows(engines, family)
    pods = dict(kept_pods(engines, family))
    named = [(change, set(ends_named(change.sources, list(first.inventory.pods)))) for change in rows]
    assert {change.destinations for change in rows} <= {(OWN_NODE,)}
    for sort in sorts_of(clusters, family):
        packet = transport_of(sort)
        for pod, node in pods.items():
            flow = {"src": pod, "dst": f"host:{node}", "family": family, **sort}
            was, now = (str(answer_flow(cluster, flow)["verdict"]) for cluster in clusters)
            told = [row.kind for row, sources in named if pod in sources and row.packets.contains(packet)]
            wanted = {"allow": ChangeKind.ALLOWED, "deny": ChangeKind.DENIED}[now]
            assert told == ([] if was == now else [wanted]), (seed, flow, was, now, told)
            counts[now if was != now else "same"] += 1


def check_all(seeds: Iterable[int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in seeds:
        check_states(seed, counts)
    return counts


def test_rows_are_the_flows_of_the_obvious_evaluator() -> None:
    counts = check_all(range(SEEDS))
    assert min(counts["allow"], counts["deny"]) >= 100


CLOSED = calico("NetworkPolicy", "p", "shop", selector="app == 'web'", types=["Egress"])


def rows_with(action: EndpointToHost) -> list[tuple[ChangeKind, tuple[str, ...]]]:
    environment = Environment(endpoint_to_host=action, interface="eth0")
    engines = engine_of(CLUSTER, environment), engine_of([*CLUSTER, CLOSED], environment)
    return [(change.kind, change.sources) for change in own_rows(engines, 4)]


def test_what_felix_does_with_it_counts() -> None:
    """Dropped before and after is no difference; what its own rules decide is not known of any pod."""
    assert rows_with(EndpointToHost.ACCEPT) == [(ChangeKind.DENIED, ("shop/web",))]
    assert rows_with(EndpointToHost.DROP) == []
    assert {kind for kind, _ in rows_with(EndpointToHost.RETURN)} == {ChangeKind.UNKNOWN}


def no_row_for_the_own_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_changes, "_to_own_nodes", lambda _: iter(()))


def nothing_reaches_the_own_node(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = TransportSet.nothing()
    monkeypatch.setattr(Pairs, "to_own_node", lambda *_: Fate(nothing, nothing))


def the_own_node_is_as_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: Pairs, place: Any, node: str) -> Fate:
        host = self.places.places[self.places.of_node[node]]
        return self.between_places(place, host, place.node, node, "away")

    monkeypatch.setattr(Pairs, "to_own_node", away)


@pytest.mark.parametrize("fault", [no_row_for_the_own_node, nothing_reaches_the_own_node, the_own_node_is_as_another])
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, WitnessFailed)):
        check_all(range(SEEDS))
