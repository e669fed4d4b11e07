"""What is judged on a partial snapshot holds of the clusters that it may be a part of.

Some pods of a random world become Deployments, of which no address and no node is known. What is then said to hold must
hold, and what is said to be violated must be violated, in worlds where two pods each have addresses and nodes.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from generator.expect.judge import judge_expectations
from generator.expect.model import WitnessFailed
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.intent.expectation import NetworksEnd
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.snapshot.build import build_snapshot
from tests.expect.enumerated import outcome
from tests.expect.test_judge_random import some_expectation
from tests.faults.expect import FAULTS_OF_A_PART, Fault, each
from tests.obvious import read_cluster
from tests.reach.random_worlds import Builder, Manifest
from tests.reach.test_random_worlds import world_of

WORLDS = 400
EACH = 4
NODES = ("n1", "n2")


def deployment(pod: Mapping[str, Any]) -> Manifest:
    """Return what would make a pod, without an address and a node."""
    metadata, spec = pod["metadata"], pod["spec"]
    inner = {key: value for key, value in spec.items() if key != "nodeName"}
    template = {"metadata": {"labels": metadata["labels"]}, "spec": inner}
    names = {"namespace": metadata["namespace"], "name": metadata["name"]}
    selector = {"matchLabels": metadata["labels"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": names,
        "spec": {"selector": selector, "template": template},
    }


def replicas(pod: Mapping[str, Any], number: int, chance: random.Random) -> list[Manifest]:
    """Return two pods that may be the ones that it makes."""
    found: list[Manifest] = []
    for copy in range(2):
        addresses = [f"172.16.{copy}.{50 + number}", f"fd99:{copy}::{50 + number}"]
        metadata = {**pod["metadata"], "name": f"{pod['metadata']['name']}-{copy}"}
        spec = {**pod["spec"], "nodeName": chance.choice(NODES)}
        status = {"phase": "Running", "podIP": addresses[0], "podIPs": [{"ip": text} for text in addresses]}
        found.append({**pod, "metadata": metadata, "spec": spec, "status": status})
    return found


def first_difference(seed: int, counts: Counter[str]) -> str:
    """Return what is said of a partial snapshot and is not so in a cluster that it may be a part of, or ""."""
    chance = random.Random(seed)
    objects = Builder(seed).build()
    partial: list[Manifest] = []
    worlds: list[list[Manifest]] = [[], []]
    for number, item in enumerate(objects):
        hidden = item["kind"] == "Pod" and not item["spec"].get("hostNetwork") and chance.random() < 0.5
        partial.append(deployment(item) if hidden else item)
        for world in worlds:
            world.extend(replicas(item, number, chance) if hidden else [item])
    documents = [Document(dict(manifest), SourceMap("partial", "{}")) for manifest in partial]
    snapshot, _ = build_snapshot(documents, namespace="default", complete=False, origin="partial")
    engine = Engine(snapshot, Environment(interface="eth0", loaded_as_stored=True))
    wanted = [some_expectation(chance) for _ in range(EACH)]
    # A range may hold addresses of pods that are not known: what that means is another test's.
    wanted = [item for item in wanted if not any(isinstance(end, NetworksEnd) for end in (item.source, item.to))]
    clusters = [(read_cluster(world_of(world, ()).objects, defaults=False), world) for world in worlds]
    for judged in judge_expectations(engine, snapshot, wanted):
        counts[judged.outcome.value] += 1
        real = [outcome(cluster, judged.expectation, world) for cluster, world in clusters]
        if judged.outcome == "holds" and "violated" in real:
            return f"{seed}: {judged.expectation} holds, and is {real}"
        if judged.outcome == "violated" and set(real) != {"violated"}:
            return f"{seed}: {judged.expectation} is violated, and {real}: {judged.breaches[0].witness}"
    return ""


def test_what_is_known_of_a_part_is_so_of_the_whole() -> None:
    counts: Counter[str] = Counter()
    assert [line for seed in range(WORLDS) if (line := first_difference(seed, counts))] == []
    sys.stdout.write(f"\n{counts}\n")
    assert min(counts[word] for word in ("holds", "violated", "unknown")) > 25, counts


@pytest.mark.parametrize("fault", each(FAULTS_OF_A_PART))
def test_each_fault_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    try:
        found = any(first_difference(seed, Counter()) for seed in range(WORLDS))
    except WitnessFailed:
        found = True
    assert found
