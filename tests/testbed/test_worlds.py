"""The worlds of the test bed: what is written is what the controllers of a cluster would write."""

from __future__ import annotations

import time

from tests.support.shared import shared_folder
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World, documents_of


def test_online_boutique_runs_with_addresses_and_endpoints(clean_server: ApiServer) -> None:
    admin = clean_server.client()
    world = World(admin)
    world.write_system()
    began = time.monotonic()
    world.write(documents_of(shared_folder() / "corpora/apps/online-boutique/kubernetes-manifests.yaml"), "shop")
    assert time.monotonic() - began < 20

    pods = admin.objects("v1", "Pod", "shop")
    deployments = admin.objects("apps/v1", "Deployment", "shop")
    assert len(pods) == len(deployments) == 12
    addresses = [pod["status"]["podIP"] for pod in admin.objects("v1", "Pod") if not pod["spec"].get("hostNetwork")]
    assert len(set(addresses)) == len(addresses) == 12 + 2 + 1
    [cart] = [pod for pod in pods if pod["metadata"]["labels"]["app"] == "cartservice"]
    assert cart["spec"]["serviceAccountName"] == "cartservice"

    slices = {
        row["metadata"]["labels"]["kubernetes.io/service-name"]: row
        for row in admin.objects("discovery.k8s.io/v1", "EndpointSlice")
    }
    assert slices["cartservice"]["endpoints"][0]["addresses"] == [cart["status"]["podIP"]]
    assert slices["frontend"]["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    assert len(slices["kube-dns"]["endpoints"]) == 2
    assert slices["kubernetes"]["ports"][0]["port"] == 6443
