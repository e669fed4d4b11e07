"""Pairs that lose, get and keep flows: counted at once, and pair by pair."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from generator.packets.addresses import FAMILIES
from generator.reach import flow_counts
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow import End
from generator.reach.flow_counts import PairCounts, count_pairs
from generator.reach.place_names import OUTSIDE, workload_name
from generator.reach.places import Place
from tests.plan.worlds import snapshot_of, space

APPS = ("web", "db", "job")
SPACES = ("a", "b")


def pods() -> list[dict[str, Any]]:
    found = []
    for number, (namespace, app, replica) in enumerate(product(SPACES, APPS, range(2))):
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": app, "uid": "x", "controller": True}
        found.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"{app}-{replica}",
                    "namespace": namespace,
                    "labels": {"app": app},
                    "ownerReferences": [owner],
                },
                "spec": {"nodeName": f"n{replica}", "containers": [{"name": "main", "image": "example"}]},
                "status": {
                    "phase": "Running",
                    "podIPs": [{"ip": f"10.244.0.{number + 10}"}, {"ip": f"fd00::{number + 10}"}],
                },
            }
        )
    return found


def sets() -> list[dict[str, Any]]:
    """Return what made the pods."""
    template = {"spec": {"containers": [{"name": "main", "image": "example"}]}}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {"name": app, "namespace": namespace},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": app}},
                "template": {"metadata": {"labels": {"app": app}}, **template},
            },
        }
        for namespace, app in product(SPACES, APPS)
    ]


def policies(seed: int) -> Iterator[dict[str, Any]]:
    draw = random.Random(seed)
    for number in range(draw.randrange(5)):
        way = draw.choice(("ingress", "egress"))
        side = "from" if way == "ingress" else "to"
        rule: dict[str, Any] = {side: [{"podSelector": {"matchLabels": {"app": draw.choice(APPS)}}}]}
        if draw.random() < 0.5:
            rule = {side: [{"ipBlock": {"cidr": draw.choice(("192.0.2.0/24", "10.244.0.0/28", "2001:db8::/64"))}}]}
        if draw.random() < 0.6:
            rule["ports"] = [{"protocol": "TCP", "port": draw.choice((80, 443))}]
        yield {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": f"policy-{number}", "namespace": draw.choice(SPACES)},
            "spec": {
                "podSelector": draw.choice(({}, {"matchLabels": {"app": draw.choice(APPS)}})),
                "policyTypes": [way.title()],
                way: [rule],
            },
        }


def engines(*seeds: int) -> list[Engine]:
    """Return engines over one cluster, each with other policies."""
    accounts = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": name, "name": "default"}}
        for name in SPACES
    ]
    there = [*map(space, SPACES), *accounts, *sets(), *pods()]
    snapshots = [snapshot_of([*there, *policies(seed)]) for seed in seeds]
    first = Engine(snapshots[0], Environment())
    others = [replace(snapshots[0], policies=item.policies) for item in snapshots[1:]]
    return [first, *(Engine(item, Environment(), like=first) for item in others)]


def one_by_one(differentials: list[Differential]) -> PairCounts:
    """Count by asking about every two ends of every two places."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for differential in differentials:
        for source, destination in product(differential.places.places, repeat=2):
            for (first, name), (last, other) in product(ends(source, differential), ends(destination, differential)):
                if OUTSIDE in (name, other) and name == other:
                    continue
                before, after = (pairs.between(first, last) for pairs in (differential.before, differential.after))
                for sort, packets in (
                    ("cut", before.allowed - after.allowed),
                    ("opened", after.allowed - before.allowed),
                    ("kept", before.allowed & after.allowed),
                ):
                    if packets:
                        found[sort].add((name, other))
    changed = {name for pair in found["cut"] | found["opened"] for name in pair} - {OUTSIDE}
    cut, opened, kept = (len(found[sort]) for sort in ("cut", "opened", "kept"))
    return PairCounts(cut, opened, kept, changed=tuple(sorted(changed)))


def ends(place: Place, differential: Differential) -> Iterator[tuple[End, str]]:
    family = differential.family
    if not place.pods:
        yield End("", (family, place.outside.pick(family))), OUTSIDE
    for pod in place.pods:
        address = pod.address(family)
        assert address is not None
        yield End(pod.key, address, pod, pod.node), workload_name(pod)


def compared(seed: int) -> list[Differential]:
    before, after = engines(seed, seed + 1000)
    return [Differential(before, after, family) for family in FAMILIES]


@pytest.mark.parametrize("seed", range(12))
def test_counted_at_once_and_one_by_one(seed: int) -> None:
    differentials = compared(seed)
    assert count_pairs(differentials) == one_by_one(differentials)


def test_what_is_alike_keeps_all_and_loses_nothing() -> None:
    (same,) = engines(3)
    counts = count_pairs([Differential(same, same, family) for family in FAMILIES])
    assert (counts.cut, counts.opened, counts.unknown) == (0, 0, 0)
    ends_there = len(SPACES) * len(APPS)
    assert 0 < counts.kept <= ends_there * ends_there + 2 * ends_there


def test_what_is_alike_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: where nothing can differ nothing is counted, also not what is kept."""
    right = Differential.compare
    monkeypatch.setattr(Differential, "compare", lambda self, *, alike=True: right(self, alike=False))
    assert any(count_pairs(found) != one_by_one(found) for found in map(compared, range(12)))


def test_pods_that_are_counted_for_workloads_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: each pod is an end of its own."""
    differentials = compared(1)
    right = one_by_one(differentials)
    monkeypatch.setattr(flow_counts, "workload_name", lambda pod: pod.key)
    assert count_pairs(differentials) != right
