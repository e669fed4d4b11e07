"""Online Boutique with its published policies, in a cluster: init proposes, render, and diff says what closes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.calling import call, environment
from tests.support.shared import shared_folder
from tests.testbed.access import write_kubeconfig
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World, documents_of

_DAY = ("--as-of", "2026-01-01")
# The published policies let everybody in to the frontend (`ingress: [{}]`) and everybody out; all else is as proposed.
_OPEN_TO_ALL = "shop/frontend"


def test_what_closes_is_the_egress_and_the_door_that_was_open_to_all(clean_server: ApiServer, tmp_path: Path) -> None:
    world = World(clean_server.client())
    world.write_system()
    folder = shared_folder() / "corpora/apps/online-boutique"
    world.write(documents_of(folder / "kubernetes-manifests.yaml"), "shop")
    published = [item for item in documents_of(folder / "network-policies") if item["kind"] == "NetworkPolicy"]
    world.write(published, "shop")
    config = str(write_kubeconfig(tmp_path / "config", clean_server.endpoint))
    env = environment(KUBECONFIG=config)
    intent = str(tmp_path / "intent.yaml")

    made = call("init", "--live", "cluster", "-o", intent, env=env)
    assert made.returncode == 0, made.stderr
    rendered = call("render", intent, "--live", "cluster", "-o", str(tmp_path / "set"), *_DAY, env=env)
    assert rendered.returncode == 0, rendered.stderr
    compared = call("diff", intent, "--live", "cluster", "--format", "json", *_DAY, env=env)
    assert compared.returncode == 1, compared.stderr
    flows = json.loads(compared.stdout)["flows"]

    assert {item["change"] for item in flows["changes"]} == {"newly denied"}
    for item in flows["changes"]:
        at_egress = str(item["witness"]["why"]).startswith("deny at egress")
        assert at_egress or item["destinations"] == [_OPEN_TO_ALL], item
        # Between the workloads of the shop nothing closes but what the frontend let in on other ports.
        inside = [name for name in item["destinations"] if name.startswith("shop/")]
        assert inside in ([], [_OPEN_TO_ALL]), item

    # And all of it: nobody keeps a way out, and DNS keeps its port alone.
    closed = [item for item in flows["changes"] if str(item["witness"]["why"]).startswith("deny at egress")]
    [outside] = [item for item in closed if any(name.startswith("any IPv4 address") for name in item["destinations"])]
    assert outside["sources"] == ["every pod (not kube-system/*)"]
    [names] = [item for item in closed if "kube-system/coredns" in item["destinations"]]
    assert (names["sources"], names["packets"]) == (outside["sources"], "all but TCP 53; UDP 53, 4789; IPIP")
    nodes = [item for item in closed if any(name.startswith("host:") for name in item["destinations"])]
    shop = {item["metadata"]["name"] for item in world.pods if item["metadata"]["namespace"] == "shop"}
    assert len({name for item in nodes for name in item["sources"]}) == len(shop) == 12
