"""The engine against packets: on random policies of every kind, Calico's own Felix lets through what the engine says.

`FELIX_BACKEND` (nft, legacy, nftables), `FELIX_SEED` and `FELIX_ROUNDS` ask for another run than the one of the suite.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from generator.apply.stopping import SystemClock
from generator.apply.waits.sign import Pace
from generator.calico.kinds import Kind
from generator.cluster.kubeconfig import open_connection
from generator.cluster.snapshot import read_cluster
from generator.reach.environment import Staged
from tests.dataplane import rounds as rounds_of_packets
from tests.dataplane.drawn import Drawing
from tests.dataplane.pods import label, write_pods
from tests.dataplane.rounds import ENVIRONMENT, Asking, Judge, Round, Written, probe
from tests.dataplane.test_sign_on_felix import KINDS, STATE, confirm, sign_of
from tests.faults import reach as faults
from tests.faults import versions as version_faults
from tests.reach.deciding_features import OF_RULES, OPERATORS, features_of
from tests.testbed.dataplane.cluster import FelixCluster
from tests.testbed.dataplane.fixtures import StartCluster
from tests.testbed.worlds import World

BACKEND: Final = os.environ.get("FELIX_BACKEND", "nft")
SEEDS: Final = range(18, 26)  # eight in a row in which every feature decides and every fault is met
SEED: Final = int(os.environ.get("FELIX_SEED", str(SEEDS.start)))
ROUNDS: Final = int(os.environ.get("FELIX_ROUNDS", str(len(SEEDS))))
SHOWN: Final = 3  # disagreements of a round
AFRESH: Final = 8  # rounds after which the sign begins anew: staged policies leave it in doubt more and more
PACE: Final = Pace(poll=0.1, still=0.4)  # what is late all the same is tried again
LEAST: Final = 1_000  # flows that are answered, and that are not
WANTED: Final = {
    *OPERATORS.values(), *OF_RULES, "rule", "end of tier", "profile", "tier that passes", "Pass", "Log",
    "Kubernetes NetworkPolicy", "pod to own node", "own node to pod",
} - {"ICMP", "ICMPv6", "protocol number"}  # fmt: skip


def staged_policies_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds_of_packets, "ENVIRONMENT", replace(ENVIRONMENT, staged=Staged.ENFORCED))


FAULTS: Final[tuple[faults.Fault, ...]] = (
    faults.the_end_of_a_tier_lets_through,
    faults.pass_goes_to_the_profiles,
    faults.log_denies,
    staged_policies_count,
    faults.a_lone_negative_selector_is_positive,
    faults.negative_ports_are_not_asked,
    faults.network_sets_have_no_addresses,
    faults.a_flow_from_the_own_node_is_policed,
    faults.what_a_rule_took_is_there_for_the_next,
    faults.pods_of_one_zone_are_one_place,
    version_faults.ties_are_those_of_3_32,
)


def test_packets_fare_as_the_engine_says(
    felix_cluster: StartCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = time.monotonic()
    rounds: list[Round] = []
    told: list[str] = []
    for played in play(*felix_cluster(BACKEND), tmp_path):
        rounds.append(played)
        if wrong := list(islice(played.disagreements(), SHOWN)):
            told += [played.world(), *map(played.explain, wrong)]
    answers = Counter(answer for played in rounds for answer in played.answers.values())
    wrong_ones = sum(1 for played in rounds for _ in played.disagreements())
    flows = f"{len(rounds)} rounds, {answers.total()} flows, {wrong_ones} disagreements"
    features = count_features(rounds)
    table = ", ".join(f"{name} {count}" for name, count in sorted(features.items()))
    with capsys.disabled():
        took = f"{time.monotonic() - start:.0f} s"
        sys.stdout.write(f"\n{BACKEND}: {flows}; allowed {answers[True]}, denied {answers[False]}; {took}\n")
    sys.stdout.write(f"decided by: {table}\n")
    assert not told, "\n".join(told)
    if range(SEED, SEED + ROUNDS) == SEEDS:
        assert min(answers[True], answers[False]) >= LEAST
        assert sorted(WANTED - features.keys()) == []
        assert_faults_are_found(rounds)


def play(cluster: FelixCluster, world: World, tmp_path: Path) -> Iterator[Round]:
    """Write policies, wait until they are enforced, read the cluster as the product does, and send packets."""
    places = write_pods(cluster, world)
    pods = [place.name for place in places if not place.is_host]
    client = cluster.server.client()
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": STATE}})
    sign = sign_of(cluster, tmp_path, PACE, (*KINDS, Kind.NETWORK_SET))
    assert confirm(sign) == {}
    connection = open_connection(str(cluster.server.kubeconfig(tmp_path / "reader.kubeconfig"))).connection
    asking, written = Asking(places), Written(client)
    for number, seed in enumerate(range(SEED, SEED + ROUNDS)):
        if number and number % AFRESH == 0:
            sign.end()
        drawing = Drawing(seed, [place.address for place in places])
        label(cluster, drawing.apps(pods), drawing.teams())
        objects = drawing.policies()
        written.change(objects)
        assert confirm(sign) == {}
        snapshot, problems = read_cluster(connection, SystemClock())
        assert not problems
        yield Round(seed, snapshot, objects, probe(Judge(snapshot), asking))
    sign.end()


def count_features(rounds: list[Round]) -> Counter[str]:
    """Count the flows by what decided them."""
    counts: Counter[str] = Counter()
    for played in rounds:
        judge = Judge(played.snapshot)
        for asked in played.answers:
            counts.update(features_of(judge.engine, judge.flow_of(asked), judge.verdict(asked, trace=True)))
    return counts


def assert_faults_are_found(rounds: list[Round]) -> None:
    """Ask an engine that is broken on purpose about the same packets: each fault has to disagree with one of them."""
    missed = []
    for fault in FAULTS:
        with pytest.MonkeyPatch.context() as patch:
            fault(patch)
            if not any(True for played in rounds for _ in played.disagreements()):
                missed.append(fault.__name__)
    assert not missed
