"""The checker against a twin that leaves nothing out: every pair of states, every flow, every cluster read as a whole.

Worlds are small and of many features: named ports, Services, ICMP, IPv6, sets, tiers, staged and refused policies.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pytest

from tests.obvious import Cluster, answer_flow, read_cluster
from tests.plan_oracle import Harm, Scene, Step, Wait, Write, check_steps, scene_of_manifests
from tests.plan_oracle_parts.demands import is_management
from tests.plan_oracle_parts.ends import End, Ends
from tests.plan_oracle_parts.judge import on_two_nodes
from tests.plan_oracle_parts.packets import Sort
from tests.plan_oracle_parts.questions import ask_about
from tests.plan_oracle_parts.scene import with_added_pods
from tests.plan_oracle_parts.states import State, Stretch, Versions, changes_of, way_forward
from tests.plan_oracle_parts.steps import key_of
from tests.reach.random_worlds import Builder

Found = set[tuple[Harm, str, str, str]]
WRITTEN = ("Policy", "Tier", "NetworkSet", "Namespace")
MOST_WRITES = 4
SEEDS = (*range(24), 582)  # the last one has a named port beside a set that goes


def run_of(seed: int, *, hosts: bool) -> tuple[Scene, list[Step]]:
    """Return a scene of which some objects are there at the start and some at the end, and the writes between."""
    chance = random.Random(seed)
    manifests = [item for item in Builder(seed).build() if hosts or item["kind"] != "HostEndpoint"]
    chosen = [item for item in manifests if item["kind"].endswith(WRITTEN) and item["kind"] != "Namespace"]
    steps: list[Step] = []
    absent = set()
    for number, item in enumerate(chance.sample(chosen, min(MOST_WRITES, len(chosen)))):
        if chance.random() < 0.5:
            absent.add(key_of(item))
            steps.append(Write(f"step-{number}", None, item))
        else:
            steps.append(Write(f"step-{number}", item, None))
        if chance.random() < 0.3:
            kinds = frozenset({steps[-1].kind}) if isinstance(steps[-1], Write) else None
            steps.append(Wait(f"wait-{number}", kinds))
    world = [item for item in manifests if key_of(item) not in absent]
    management = [
        f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in world if item["kind"] == "Pod"
    ]
    return scene_of_manifests(world, new_pods=chance.random() < 0.5, management=management[:1]), steps


class Twin:
    """Answers by reading every cluster anew and asking about every flow."""

    def __init__(self, scene: Scene, steps: Sequence[Step], family: int) -> None:
        self.scene, self.versions, self.family = with_added_pods(scene, steps), Versions(), family
        self.stretches, self.before, self.after = way_forward(self.versions, self.scene.objects, steps)
        self.ends: Ends = ask_about(self.scene, steps, self.versions, self.before, self.after, family)
        self.clusters: dict[tuple[object, ...], Cluster] = {}
        self.known: dict[object, bool] = {}

    def cluster(self, state: State) -> Cluster:
        found = dict(self.scene.objects)
        for key, number in changes_of(state).items():
            manifest = self.versions.manifests[number]
            if manifest is None:
                found.pop(key, None)
            else:
                found[key] = manifest
        asked = tuple(sorted(changes_of(state).items()))
        if asked not in self.clusters:
            self.clusters[asked] = read_cluster(found.values())
        return self.clusters[asked]

    def leaves(self, state: State, source: End, destination: End, sort: Sort) -> bool:
        return not source.node or self.answer(state, source.text, f"ip:{destination.address}", sort)

    def enters(self, state: State, source: End, destination: End, sort: Sort) -> bool:
        return not destination.node or self.answer(state, f"ip:{source.address}", destination.text, sort)

    def answer(self, state: State, source: str, destination: str, sort: Sort) -> bool:
        cluster = self.cluster(state)
        asked = id(cluster), source, destination, sort
        if asked not in self.known:
            flow: Mapping[str, Any] = {
                "src": source,
                "dst": destination,
                "family": self.family,
                "protocol": sort.protocol,
                "sport": sort.source_port,
                "dport": sort.destination_port,
                "icmpType": sort.icmp_type,
                "icmpCode": sort.icmp_code,
            }
            self.known[asked] = answer_flow(cluster, flow)["verdict"] == "allow"
        return self.known[asked]

    def lives(self, state: State, source: End, destination: End, sort: Sort) -> bool:
        return self.leaves(state, source, destination, sort) and self.enters(state, source, destination, sort)

    def found(self) -> Found:
        result: Found = set()
        for source, destination in product(self.ends.ends, self.ends.ends):
            apart = on_two_nodes(self.scene, source, destination)
            if not apart and not (source.pod and destination.pod):
                continue
            for sort in self.ends.sorts:
                for stretch in self.stretches:
                    for harm in self.harms(stretch, source, destination, sort, apart):
                        result.add((harm, stretch.name, source.text, destination.text))
        return result

    def harms(self, stretch: Stretch, source: End, destination: End, sort: Sort, apart: bool) -> set[Harm]:
        before = self.lives(self.before, source, destination, sort)
        after = self.lives(self.after, source, destination, sort)
        kinds = list(stretch.standings)
        states = [dict(zip(kinds, chosen, strict=True)) for chosen in product(*stretch.standings.values())]
        outs = [self.leaves(state, source, destination, sort) for state in states]
        intos = [self.enters(state, source, destination, sort) for state in states]
        harms = set()
        for out, into in product(outs, intos) if apart else zip(outs, intos, strict=True):
            if before and after and not (out and into):
                harms.add(Harm.CUT)
            if not before and not after and out and into:
                harms.add(Harm.OPENED)
            if before and not after and not out and is_management(self.scene, source):
                harms.add(Harm.MANAGEMENT)
            if before and not after and not into and is_management(self.scene, destination):
                harms.add(Harm.MANAGEMENT)
        return harms


def answers(scene: Scene, steps: Sequence[Step]) -> tuple[Found, Found]:
    """Return what the checker finds and what its twin does."""
    found = check_steps(scene, steps, back=None, most=1_000_000)
    quick = {(item.harm, item.stretch, str(item.flow["src"]), str(item.flow["dst"])) for item in found}
    return quick, set().union(*(Twin(scene, steps, family).found() for family in (4, 6)))


@pytest.mark.parametrize("hosts", [False, True])
def test_the_checker_and_its_twin_find_the_same(hosts: bool) -> None:
    harms: dict[Harm, int] = {}
    for seed in SEEDS[:12] if hosts else SEEDS:  # with hosts each pod is on every node, so there is more to ask
        quick, slow = answers(*run_of(seed, hosts=hosts))
        assert quick == slow, (seed, quick ^ slow)
        for harm in {harm for harm, *_ in quick}:
            harms[harm] = harms.get(harm, 0) + 1
    wanted = (Harm.MANAGEMENT,) if hosts else (Harm.CUT, Harm.OPENED, Harm.MANAGEMENT)
    assert min(harms.get(harm, 0) for harm in wanted) >= 1, harms
