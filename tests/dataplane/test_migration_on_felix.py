"""Online Boutique, open, taken to its intent and back on Calico's own Felix, while every flow is tried all the time."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.cli.main import run_command
from tests.dataplane.boutique import AS_OF, INTENT, Boutique, policies_of, write_plan
from tests.testbed.client import Client
from tests.testbed.dataplane.cluster import FelixCluster
from tests.testbed.dataplane.fixtures import StartCluster
from tests.testbed.dataplane.load import Load
from tests.testbed.worlds import documents_of


@pytest.mark.parametrize(("layout", "backend"), [("tiers", "nft"), ("single-tier", "nftables")])
def test_nothing_that_should_live_loses_a_packet(
    layout: str, backend: str, felix_cluster: StartCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster, world = felix_cluster(backend)
    boutique = Boutique(cluster, world)
    boutique.wait_until_open()
    start = policies_of(cluster.server.client())
    plan, overlay, config = write_plan(cluster, layout, tmp_path)
    capsys.readouterr()

    with Load(boutique.needed, every=0.25) as forward, one_node_lags(cluster):
        assert run_command(["apply", str(plan), *config, "--yes", "--format", "json"]) == 0, capsys.readouterr()
    assert not forward.lost, forward
    assert_confirmed_by_nodes(capsys.readouterr().out)
    assert boutique.is_as_intended()

    with Load(boutique.needed, every=0.25) as back:
        assert run_command(["rollback", str(plan), *config, "--yes", "--format", "json"]) == 0, capsys.readouterr()
    assert not back.lost, back
    assert_confirmed_by_nodes(capsys.readouterr().out)
    assert policies_of(cluster.server.client()) == start
    assert boutique.is_open()

    with Load(boutique.needed, every=0.05) as naive:
        write_deny_first(cluster.server.client(), overlay, tmp_path / "rendered")
    assert naive.lost, "the way that loses flows lost none, so the two loads have shown nothing"
    assert min(sum(load.tried.values()) for load in (forward, back)) > 1_000
    with capsys.disabled():
        lost = f"there {forward}; back {back}; deny first {sum(naive.lost.values())} lost"
        sys.stdout.write(f"\n{layout}, {backend}: {lost}\n")


@contextmanager
def one_node_lags(cluster: FelixCluster) -> Iterator[None]:
    """Hold back what the API server tells one node, for seconds at a time; the run has to wait for it."""
    late = list(cluster.nodes.values())[1].to_server
    over = threading.Event()

    def lag() -> None:
        while not over.wait(1.5):
            late.hold()
            over.wait(2.5)
            late.let_go()

    lagging = threading.Thread(target=lag)
    lagging.start()
    try:
        yield
    finally:
        over.set()
        lagging.join()


def assert_confirmed_by_nodes(events: str) -> None:
    """Every wait was confirmed by what the nodes show, none by time."""
    waited = [event for event in map(json.loads, events.splitlines()) if event["event"] == "waited"]
    assert {event["certainty"] for event in waited} == {"confirmed"}, events


def write_deny_first(client: Client, overlay: Path, folder: Path) -> None:
    """Write the same set without a plan: what denies first, and the rest a tenth of a second apart."""
    assert run_command(["render", str(INTENT), "-f", str(overlay), "-o", str(folder), *AS_OF]) == 0
    found = documents_of(folder)
    for obj in sorted(found, key=lambda obj: (obj["kind"] != "Tier", "deny" not in obj["metadata"]["name"])):
        client.apply(obj)
        time.sleep(0.1)
