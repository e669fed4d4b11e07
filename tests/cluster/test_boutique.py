"""Online Boutique in a real API server: what is read from there is what the same objects in files say."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from generator.cluster.snapshot import read_cluster
from generator.foundation.diagnostics import Severity
from generator.snapshot import load_snapshot, write_snapshot
from generator.snapshot.facts import find_addresses, read_seen
from generator.snapshot.model import SEEN, Snapshot
from tests.cluster.looking import NoWaiting, Watched, connect
from tests.support.shared import shared_folder
from tests.testbed.crd_sets import CrdSet, api_version
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of, export

_BOUTIQUE = "corpora/apps/online-boutique"


def comparable(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as plain values: without where it is from, and what only one of the two can know."""
    found = {item.name: getattr(snapshot, item.name) for item in fields(Snapshot)}
    for key in ("origin", "others"):
        del found[key]
    found["extra"] = {key: value for key, value in snapshot.extra.items() if key != SEEN}
    found["policies"] = [_without_managers(obj.manifest) for obj in snapshot.policies]
    return found


def _without_managers(manifest: Any) -> Any:
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "managedFields"}
    return {**manifest, "metadata": metadata}


def boutique(version: str) -> list[dict[str, Any]]:
    folder = shared_folder() / _BOUTIQUE
    manifests = documents_of(folder / "kubernetes-manifests.yaml")
    policies = documents_of(folder / "network-policies")
    deny = {
        "apiVersion": version,
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "default.deny-metadata", "labels": {"team": "platform"}},
        "spec": {
            "order": 10,
            "types": ["Egress"],
            "egress": [{"action": "Deny", "destination": {"nets": ["169.254.169.254/32"]}}],
        },
    }
    return [*manifests, *(item for item in policies if item["kind"] == "NetworkPolicy"), deny]


@pytest.mark.parametrize("crds", ["v3-3.32", "crd-v1-3.32", "crd-v1-3.28"])
def test_the_cluster_says_what_its_objects_in_files_say(crds: CrdSet, servers: Servers, tmp_path: Path) -> None:
    server = servers.clean(crds)
    admin = server.client()
    world = World(admin)
    world.write_system()
    world.write(boutique(api_version(crds)), "shop")
    watched = Watched(connect(server.endpoint, tmp_path))

    snapshot, problems = read_cluster(watched, NoWaiting(), evidence=True)
    of_files, others = load_snapshot([str(export(admin, tmp_path / "all.yaml"))], complete=True)

    assert snapshot.complete
    assert [item for item in problems if item.severity is Severity.ERROR] == []
    assert [item for item in others if item.severity is Severity.ERROR] == []
    of_cluster, of_exported = comparable(snapshot), comparable(of_files)
    for key in of_exported:
        assert of_cluster[key] == of_exported[key], key

    seen = read_seen(snapshot)
    assert seen.api_group == api_version(crds)
    assert seen.api_mode == ("native" if crds == "v3-3.32" else "stored")
    assert seen.calico == ("3.28.5" if crds == "crd-v1-3.28" else "3.32.1")
    assert (seen.kubernetes, seen.edition) == ("v1.36.3", "open source")
    assert seen.service_cidrs == ("10.96.0.0/16",)
    addresses = find_addresses(snapshot, ("kube-system", "kube-dns"))
    assert addresses.dns_service
    assert addresses.api_server
    assert len(addresses.nodes) >= 2

    assert not any("secrets" in request.path for request in watched.sent)
    assert {request.method for request in watched.sent} == {"GET"}
    _again_from_a_saved_file(snapshot, tmp_path)
    _as_in_the_manifests(snapshot)


def _again_from_a_saved_file(snapshot: Snapshot, folder: Path) -> None:
    saved = folder / "saved.json"
    saved.write_text(write_snapshot(snapshot), encoding="utf-8")
    again, problems = load_snapshot([str(saved)])
    assert problems == []
    assert comparable(again) == comparable(snapshot)
    assert read_seen(again) == read_seen(snapshot)


def _as_in_the_manifests(snapshot: Snapshot) -> None:
    """The workloads and Services are those of the published file, but for what the API server fills in."""
    path = str(shared_folder() / _BOUTIQUE / "kubernetes-manifests.yaml")
    written, _ = load_snapshot([path], namespace="shop")
    live = {(item.kind, item.namespace, item.name): item for item in snapshot.workloads}
    for item in written.workloads:
        found = live[item.kind, item.namespace, item.name]
        assert replace(found, containers=()) == replace(item, containers=())
        for mine, theirs in zip(found.containers, item.containers, strict=True):
            assert mine == theirs
    services = {(item.namespace, item.name): item for item in snapshot.services}
    for service in written.services:
        found_service = services[service.namespace, service.name]
        assert (found_service.selector, found_service.type) == (service.selector, service.type)
        assert [(port.port, port.target) for port in found_service.ports] == [
            (port.port, port.target) for port in service.ports
        ]
