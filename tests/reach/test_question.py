"""An engine for one question says of its flows what the engine of everything says, and what it leaves out is much."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from generator.calico.kinds import Kind
from generator.reach import question
from generator.reach.ends import NoSuchEnd, resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow import Flow, FlowVerdict, evaluate_flow
from generator.reach.question import WithOnePod, between_pods
from generator.reach.reachability import find_reach
from generator.reach.to_service import find_front
from generator.snapshot.model import Snapshot
from tests.conformance.reach_doors import load_world, transport_of
from tests.reach.kubernetes_worlds import kubernetes_world
from tests.reach.small_world import packet, snapshot_of
from tests.reach.test_columns import some_worlds

ENVIRONMENT = Environment(interface="eth0")


def every_rule(engine: Engine) -> int:
    return sum(len(policy.ingress) + len(policy.egress) for tier in engine.lowered.tiers for policy in tier.policies)


def engines(snapshot: Snapshot, environment: Environment = ENVIRONMENT) -> tuple[Engine, Engine]:
    """Return an engine that has lowered everything, and one that waits for a question."""
    full, waiting = Engine(snapshot, environment), Engine(snapshot, environment)
    assert full.lowered
    return full, waiting


def states(count: int) -> Iterator[Snapshot]:
    for seed, complete in product(range(count), (True, False)):
        yield snapshot_of(kubernetes_world(seed), complete=complete)


def compare_reach(count: int) -> tuple[int, int]:
    """Return how many rules the questions about single pods lowered, and how many there are."""
    asked = every = 0
    for snapshot in states(count):
        full, waiting = engines(snapshot)
        for name in list(full.inventory.pods)[:4]:
            assert find_reach(waiting, name) == find_reach(full, name), name
            pods = [full.inventory.pods[name]]
            asked += every_rule(waiting.asked(question.with_one_pod(waiting.inventory, pods)))
            every += every_rule(full)
    return asked, every


def whole(verdict: FlowVerdict) -> tuple[object, ...]:
    return verdict, verdict.egress_trace, verdict.ingress_trace


def compare_flow(full: Engine, waiting: Engine, flow: Flow) -> tuple[int, int]:
    pods = [end.pod for end in (flow.source, flow.destination) if end.pod is not None]
    narrow = waiting.asked(between_pods(waiting.inventory, pods))
    assert whole(evaluate_flow(narrow, flow, trace=True)) == whole(evaluate_flow(full, flow, trace=True)), flow
    return every_rule(narrow), every_rule(full)


def compare_flows(count: int) -> tuple[int, int]:
    asked = every = 0
    for snapshot in states(count):
        full, waiting = engines(snapshot)
        names = [*list(full.inventory.pods)[::3], "host:n1", "host:n2", "ip:9.9.9.9"]
        for first, last in product(names, names):
            flow = Flow(resolve_end(full, first, 4), resolve_end(full, last, 4), packet())
            few, all_of_them = compare_flow(full, waiting, flow)
            asked, every = asked + few, every + all_of_them
    return asked, every


def test_who_reaches_one_pod() -> None:
    asked, every = compare_reach(60)
    assert 500 < asked < 0.8 * every


def test_one_flow() -> None:
    asked, every = compare_flows(40)
    assert 500 < asked < 0.7 * every


def test_the_worlds_of_the_vectors() -> None:
    asked = every = reached = 0
    for world in some_worlds("random-2", 23, 60):
        full, waiting = engines(*load_world(world))
        for item in world.flows:
            try:
                ends = [resolve_end(full, item[side], item["family"]) for side in ("src", "dst")]
            except NoSuchEnd:
                continue
            flow = Flow(ends[0], ends[1], transport_of(item))
            if find_front(full, flow) is None:
                few, all_of_them = compare_flow(full, waiting, flow)
                asked, every = asked + few, every + all_of_them
        for name in list(full.inventory.pods)[:2]:
            assert find_reach(waiting, name) == find_reach(full, name)
            reached += 1
    assert 1000 < asked < every
    assert reached > 80


def without_sets(patch: pytest.MonkeyPatch) -> None:
    real = question.with_one_pod
    patch.setattr(
        "generator.reach.reachability.with_one_pod",
        lambda inventory, pods: real(type(inventory)(pods=inventory.pods, hosts=inventory.hosts), pods),
    )


def without_hosts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(question, "_namespaces_of_hosts", lambda inventory: ())


def every_text_is_plain(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(question, "_is_plain", lambda selector: True)


def every_port_is_plain(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(question, "_are_plain", lambda ports: True)


def the_own_namespace_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WithOnePod, "_may_select", lambda self, pods, spaces, namespace: False)


def who_selects_it_does_not_matter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        "generator.reach.lower.is_elsewhere",
        lambda question, obj, resource: obj.kind is Kind.KUBERNETES_NETWORK_POLICY,
    )


FAULTS = (
    without_sets,
    without_hosts,
    every_text_is_plain,
    every_port_is_plain,
    the_own_namespace_is_forgotten,
    who_selects_it_does_not_matter,
)


@pytest.mark.parametrize("fault", FAULTS)
def test_leaving_out_too_much_of_reach_is_caught(fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(fault)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        compare_reach(60)


def pasted_selectors_stay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(question, "read_selector", lambda text: text)


@pytest.mark.parametrize("fault", [without_hosts, every_text_is_plain, pasted_selectors_stay])
def test_leaving_out_too_much_of_one_flow_is_caught(fault: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(fault)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        compare_flows(120)
