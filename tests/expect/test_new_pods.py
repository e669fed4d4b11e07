"""What is said of a pod that does not exist yet holds of a real one, whatever address and node it gets."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from generator.expect.new_pods import NewPod, with_new_pods
from generator.expect.strangers import find_impostors, find_open_namespaces, new_namespace
from generator.intent import load_intent
from generator.reach.columns import Columns
from generator.reach.decision import Verdict
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.flow import Flow, evaluate_flow
from generator.reach.pairs import compute_pairs
from generator.reach.reachability import find_reach
from generator.reach.rows import at_place
from tests.conformance.reach_doors import load_world, transport_of
from tests.expect.small_worlds import deployment, policy, snapshot_of
from tests.faults.expect import FAULTS_OF_NEW_PODS, Fault, each
from tests.obvious import answer_flow, read_cluster
from tests.reach.random_worlds import NAMESPACES, Builder, Manifest
from tests.reach.test_random_worlds import world_of

WORLDS = 120
PLACES = (("192.168.0.99", "n1"), ("10.200.0.9", "n2"))
PACKETS: tuple[Mapping[str, Any], ...] = (
    {"protocol": "TCP", "sport": 40000, "dport": 80},
    {"protocol": "UDP", "sport": 40000, "dport": 8080},
    {"protocol": "ICMP", "icmpType": 8, "icmpCode": 0},
)


def real_pod(pod: NewPod, address: str, node: str) -> list[Manifest]:
    names = {"namespace": pod.namespace, "name": "really"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": pod.namespace, "name": "default"}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": names | {"labels": dict(pod.labels)},
            "spec": {"nodeName": node, "serviceAccountName": pod.service_account, "containers": [{"name": "c"}]},
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
        },
    ]


def namespace_of(name: str) -> Manifest:
    metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def differences(seed: int, counts: Counter[str]) -> list[str]:
    """Return where a known verdict on a new pod is not that on a real one."""
    builder, chance = Builder(seed), random.Random(seed)
    objects = builder.build()
    labels = chance.choice(((), (), (("app", "web"),)))
    namespace = chance.choice((*NAMESPACES, "new-namespace"))
    pod = NewPod(
        namespace, labels, chance.choice(("default", "default", "high")) if namespace in NAMESPACES else "default"
    )
    snapshot, environment = load_world(world_of(objects, ()))
    engine = with_new_pods(Engine(snapshot, environment), snapshot, [pod])
    found: list[str] = []
    for address, node in PLACES:
        more = [] if namespace in NAMESPACES else [namespace_of(namespace)]
        world = world_of([*objects, *more, *real_pod(pod, address, node)], ())
        cluster = read_cluster(world.objects, defaults=world.defaulted)
        for other in [*builder.pods, "ip:8.8.8.8", "ip:203.0.113.9"]:
            for names in ((pod.key, other), (other, pod.key)):
                for packet in PACKETS:
                    real = [f"{namespace}/really" if name == pod.key else name for name in names]
                    wanted = answer_flow(cluster, {"src": real[0], "dst": real[1], "family": 4, **packet})["verdict"]
                    first, last = (resolve_end(engine, name, 4) for name in names)
                    verdict = evaluate_flow(engine, Flow(first, last, transport_of(packet))).verdict
                    counts[verdict.value] += 1
                    if verdict is not Verdict.UNKNOWN and verdict != wanted:
                        found.append(f"{seed}: {names} {packet}: {verdict} is {wanted} at {address}")
    return found


def test_sets_and_single_flows_agree_on_a_new_pod() -> None:
    """Beside pods that run on known nodes, also where host endpoints have a say on what goes between nodes."""
    counts: Counter[str] = Counter()
    for seed in range(80):
        builder = Builder(seed)
        snapshot, environment = load_world(world_of(builder.build(), ()))
        pod = NewPod("a", (("app", "web"),))
        engine = with_new_pods(Engine(snapshot, environment), snapshot, [pod])
        pairs = compute_pairs(engine, 4)
        columns = Columns(pairs)
        new = resolve_end(engine, pod.key, 4)
        for other in [resolve_end(engine, name, 4) for name in builder.pods]:
            for first, last in ((new, other), (other, new)):
                fate = pairs.between(first, last)
                place = pairs.place_of(last)
                allowed, unknown = columns.allowed_into(place)
                number = pairs.place_of(first).number
                assert (at_place(allowed, number), at_place(unknown, number)) == (fate.allowed, fate.unknown), seed
                for packet in map(transport_of, PACKETS):
                    verdict = evaluate_flow(engine, Flow(first, last, packet)).verdict
                    known = Verdict.ALLOW if fate.allowed.contains(packet) else Verdict.DENY
                    assert verdict is (Verdict.UNKNOWN if fate.unknown.contains(packet) else known), (seed, first, last)
                    counts[f"{verdict} {engine.has_stages}"] += 1
    assert min(counts[f"{verdict} True"] for verdict in (Verdict.DENY, Verdict.UNKNOWN)) > 50, counts


def test_a_real_pod_fares_as_was_said() -> None:
    counts: Counter[str] = Counter()
    assert [line for seed in range(WORLDS) for line in differences(seed, counts)] == []
    assert min(counts["allow"], counts["deny"]) > 1000, counts


@pytest.mark.parametrize("fault", each(FAULTS_OF_NEW_PODS))
def test_each_fault_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert not reached_by_name() or any(differences(seed, Counter()) for seed in range(WORLDS))


def reached_by_name() -> bool:
    """Tell whether a rule that names a namespace which does not exist yet admits its pods, and them alone."""
    by_name = "namespaceSelector: kubernetes.io/metadata.name == 'new-namespace'"
    rule = f"[{{action: Allow, source: {{{by_name}}}}}]"
    snapshot = snapshot_of(WEB + policy("by-name", f"{{selector: all(), types: [Ingress], ingress: {rule}}}"))
    pods = [NewPod("new-namespace"), NewPod("another")]
    engine = with_new_pods(Engine(snapshot), snapshot, pods)
    ends = [resolve_end(engine, name, 4) for name in (pods[0].key, pods[1].key, "shop/web")]
    found = [evaluate_flow(engine, Flow(one, ends[2], transport_of(PACKETS[0]))).verdict for one in ends[:2]]
    return found == [Verdict.ALLOW, Verdict.DENY]


def test_a_namespace_that_comes_is_known_by_its_name() -> None:
    assert reached_by_name()


def test_the_others_fare_as_before() -> None:
    for seed in range(40):
        builder = Builder(seed)
        snapshot, environment = load_world(world_of(builder.build(), ()))
        before = Engine(snapshot, environment)
        after = with_new_pods(before, snapshot, [NewPod("a"), NewPod("new-namespace")])
        ends = [*builder.pods, "ip:8.8.8.8"]
        for source in ends:
            for destination in ends:
                if source != destination:
                    flows = [
                        Flow(resolve_end(one, source, 4), resolve_end(one, destination, 4), transport_of(PACKETS[0]))
                        for one in (before, after)
                    ]
                    assert evaluate_flow(before, flows[0]).verdict == evaluate_flow(after, flows[1]).verdict


WEB = deployment("web")
CLOSED = policy("closed", "{selector: all(), types: [Ingress, Egress]}")
CLOSED_FOR_WEB = policy("closed", "{selector: app == 'web', types: [Ingress, Egress]}")


def opened(text: str, namespaces: Sequence[str]) -> list[tuple[str, bool, list[str]]]:
    snapshot = snapshot_of(text)
    return [
        (item.namespace, item.certain, [str(one.expectation) for one in item.found])
        for item in find_open_namespaces(Engine(snapshot), snapshot, namespaces)
    ]


def test_a_namespace_is_open_to_pods_that_no_policy_selects() -> None:
    assert opened(WEB + CLOSED, ["shop"]) == []
    new = [
        "a pod of a new namespace must not reach a new pod in 'shop'",
        "internet must not reach a new pod in 'shop'",
        "a new pod in 'shop' must not reach a pod of a new namespace",
        "a new pod in 'shop' must not reach internet",
    ]
    assert opened(WEB + CLOSED_FOR_WEB, ["shop"]) == [("shop", True, new)]
    there = "a pod of a new namespace must not reach the pods of 'shop' (except a new pod in 'shop')"
    assert opened(WEB, ["shop"]) == [("shop", True, [*new, there])]


def test_what_hangs_on_the_address_of_a_new_pod_is_not_sure() -> None:
    ranges = policy(
        "ranges", "{selector: all(), types: [Egress], ingress: [{action: Allow, source: {nets: [10.0.0.0/8]}}]}"
    )
    text = WEB + CLOSED + ranges.replace("types: [Egress]", "types: [Ingress]")
    ((namespace, certain, said),) = opened(text, ["shop"])
    assert (namespace, certain) == ("shop", False)
    assert "a pod of a new namespace must not reach a new pod in 'shop'" in said


def test_the_labels_of_a_service_without_its_account(tmp_path: Path) -> None:
    path = tmp_path / "intent.yaml"
    services = """
  web: {serviceAccount: web, ports: [8080]}
  cart: {ports: [7070]}
  job: {serviceAccount: default, ports: [1]}
  any: {select: {app: any}, ports: [1]}
  one: {select: {app: any}, serviceAccount: one, ports: [2]}
"""
    path.write_text(f"version: 1\nname: shop\nplatform: generic\nnamespace: shop\nservices:{services}")
    impostors = find_impostors(load_intent([str(path)]).intent.services.values())
    assert [pod.key for pod in impostors] == ["shop/(new pod app=job, account another)", "shop/(new pod app=web)"]
    text = WEB + CLOSED + policy("web", "{selector: app == 'web', types: [Ingress], ingress: [{action: Allow}]}")
    snapshot = snapshot_of(text)
    (found,) = find_open_namespaces(Engine(snapshot), snapshot, ["shop"], None, impostors)
    web = "a new pod in 'shop' with app=web and account default"
    assert [str(item.expectation) for item in found.found][-2:] == [
        f"a pod of a new namespace must not reach {web}",
        f"internet must not reach {web}",
    ]


def test_a_name_for_a_new_namespace_is_free(tmp_path: Path) -> None:
    assert new_namespace({}) == "new-namespace"
    assert new_namespace({"new-namespace", "new-namespace-2"}) == "new-namespace-3"


def test_reach_of_a_new_pod() -> None:
    snapshot = snapshot_of(WEB + CLOSED_FOR_WEB)
    pods = [NewPod("shop"), NewPod("shop", (("app", "web"),)), NewPod("shop", (), "high")]
    engine = with_new_pods(Engine(snapshot), snapshot, pods)
    assert [pod.key for pod in pods] == ["shop/(new pod)", "shop/(new pod app=web)", "shop/(new pod account high)"]
    assert len(engine.inventory.pods) == 4
    found = find_reach(engine, pods[1].key)
    assert {name for item in found for name in item.sources} == set()
    assert find_reach(engine, pods[0].key)
