"""Online Boutique, open, taken to its intent and back on Calico's own Felix, while every flow is tried all the time."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from generator.cli.main import run_command
from tests.testbed.client import Client
from tests.testbed.dataplane.cluster import API_VERSION, FelixCluster, Pod
from tests.testbed.dataplane.fixtures import StartCluster
from tests.testbed.dataplane.load import Flow, Load
from tests.testbed.worlds import World, documents_of

BOUTIQUE: Final = Path(__file__).parents[2] / "examples" / "online-boutique"
AS_OF: Final = ("--as-of", "2026-11-01")
SPACE: Final = "boutique"
STATE: Final = "ringfence"


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((BOUTIQUE / "intent.yaml").read_text(encoding="utf-8"))["services"]
    return found


class Boutique:
    """The pods of the application and the flows between them: those of the intent, and all others."""

    def __init__(self, cluster: FelixCluster, world: World) -> None:
        files = ("namespace.yaml", "application.yaml")
        found = [item for file in files for item in documents_of(BOUTIQUE / "live" / file)]
        world.write([item for item in found if item["kind"] not in ("NetworkPolicy", "GlobalNetworkPolicy")])
        cluster.server.client().create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": STATE}})
        cluster.plug(world.pods)
        self.pods: dict[str, Pod] = {}
        for name, service in services().items():
            self.pods[name] = cluster.pod(SPACE, f"{name}-").listen(*service.get("ports", ()))
        dns = cluster.pod("kube-system", "coredns").listen(53)
        self.needed = [Flow(pod, dns, 53) for pod in self.pods.values()]
        self.other: list[Flow] = []
        for caller, asking in services().items():
            for callee, asked in services().items():
                for port in asked.get("ports", ()) if callee != caller else ():
                    needed = callee in asking.get("needs", ())
                    (self.needed if needed else self.other).append(Flow(self.pods[caller], self.pods[callee], port))

    def wait_until_open(self) -> None:
        """Return when every packet comes through, as in a cluster without policies."""
        until = time.monotonic() + 20
        while late := [flow for flow in (*self.needed, *self.other) if not flow.answered(0.3)]:
            assert time.monotonic() < until, f"{late[0]} does not come through before anything was done"


def policies_of(client: Client) -> list[str]:
    kinds = ("NetworkPolicy", "GlobalNetworkPolicy", "GlobalNetworkSet", "Tier")
    return sorted(f"{kind}/{obj['metadata']['name']}" for kind in kinds for obj in client.objects(API_VERSION, kind))


@pytest.mark.parametrize(("layout", "backend"), [("tiers", "nft"), ("single-tier", "nftables")])
def test_nothing_that_should_live_loses_a_packet(
    layout: str, backend: str, felix_cluster: StartCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster, world = felix_cluster(backend)
    boutique = Boutique(cluster, world)
    boutique.wait_until_open()
    start = policies_of(cluster.server.client())
    config = ("--kubeconfig", str(cluster.server.kubeconfig(tmp_path / "kubeconfig")))
    overlay = tmp_path / "target.yaml"
    overlay.write_text(f"layout: {layout}\ncalico: '3.31'\napiGroup: {API_VERSION}\nreplaces: []\n")
    live = ("-f", str(overlay), "--live", "cluster", *config, *AS_OF)
    intent, plan = str(BOUTIQUE / "intent.yaml"), str(tmp_path / "plan.json")
    assert run_command(["plan", intent, *live, "-o", plan]) == 0, capsys.readouterr()
    capsys.readouterr()

    with Load(boutique.needed, every=0.25) as forward:
        assert run_command(["apply", plan, *config, "--yes", "--format", "json"]) == 0, capsys.readouterr()
    assert not forward.lost, forward
    assert_confirmed_by_nodes(capsys.readouterr().out)
    assert not [str(flow) for flow in boutique.needed if not flow.answered()]
    assert not [str(flow) for flow in boutique.other if flow.answered(0.3)]

    with Load(boutique.needed, every=0.25) as back:
        assert run_command(["rollback", plan, *config, "--yes", "--format", "json"]) == 0, capsys.readouterr()
    assert not back.lost, back
    assert_confirmed_by_nodes(capsys.readouterr().out)
    assert policies_of(cluster.server.client()) == start
    assert not [str(flow) for flow in boutique.other if not flow.answered()]

    with Load(boutique.needed, every=0.05) as naive:
        write_deny_first(cluster.server.client(), intent, overlay, tmp_path / "rendered")
    assert naive.lost, "the way that loses flows lost none, so the two loads have shown nothing"
    assert min(sum(load.tried.values()) for load in (forward, back)) > 1_000
    with capsys.disabled():
        lost = f"there {forward}; back {back}; deny first {sum(naive.lost.values())} lost"
        sys.stdout.write(f"\n{layout}, {backend}: {lost}\n")


def write_deny_first(client: Client, intent: str, overlay: Path, folder: Path) -> None:
    """Write the same set without a plan: what denies first, and the rest a tenth of a second apart."""
    assert run_command(["render", intent, "-f", str(overlay), "-o", str(folder), *AS_OF]) == 0
    found = documents_of(folder)
    for obj in sorted(found, key=lambda obj: (obj["kind"] != "Tier", "deny" not in obj["metadata"]["name"])):
        client.apply(obj)
        time.sleep(0.1)


def assert_confirmed_by_nodes(events: str) -> None:
    """Every wait was confirmed by what the nodes show, none by time."""
    waited = [event for event in map(json.loads, events.splitlines()) if event["event"] == "waited"]
    assert waited, events
    assert {event["certainty"] for event in waited} == {"confirmed"}, waited
