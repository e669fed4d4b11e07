"""All kinds at one moment: what changes meanwhile is read again, what never rests is refused, heartbeats pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.cluster.access import Request, Response
from generator.cluster.reading import LOOKS, Reader, ReadKinds
from generator.cluster.served import discover
from generator.cluster.snapshot import read_cluster
from generator.cluster.wanted import CALICO_API, Wanted, wanted_kinds
from generator.foundation.errors import EnvironmentFailure
from generator.snapshot.model import Snapshot
from tests.cluster.looking import NoWaiting, Watched, connect
from tests.faults import cluster as faults
from tests.testbed.client import Client
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World

_V3 = "projectcalico.org/v3"


def policy(name: str, order: int = 10) -> dict[str, Any]:
    spec = {"order": order, "selector": "app == 'x'", "types": ["Ingress"]}
    return {"apiVersion": _V3, "kind": "GlobalNetworkPolicy", "metadata": {"name": name}, "spec": spec}


def is_look(request: Request, plural: str = "") -> bool:
    return "PartialObjectMetadata" in request.accept and request.path.endswith(plural)


def at_each_look(do: Callable[[int], object], plural: str = "/nodes", most: int = 1_000) -> Callable[[Request], None]:
    """Return what does something before each second look at a kind, with the number of the look."""
    looked = [0]

    def before(request: Request) -> None:
        if is_look(request, plural):
            looked[0] += 1
            if looked[0] <= most:
                do(looked[0])

    return before


def read(server: ApiServer, folder: Path, before: Callable[[Request], Response | None]) -> tuple[Snapshot, list[str]]:
    found, problems = read_cluster(Watched(connect(server.endpoint, folder), before), NoWaiting())
    return found, [item.code for item in problems]


@pytest.fixture
def world(clean_server: ApiServer) -> World:
    made = World(clean_server.client())
    made.write_system()
    return made


def names(snapshot: Snapshot) -> set[str]:
    return {obj.name for obj in snapshot.policies}


def check_what_is_written_meanwhile_is_read(server: ApiServer, folder: Path) -> None:
    admin = server.client()
    admin.apply(policy("of-before"))

    def write(number: int) -> None:
        admin.delete(policy("of-before"))
        admin.apply(policy("of-after"))

    found, problems = read(server, folder, at_each_look(write, most=1))
    assert {"of-before", "of-after"} & names(found) == {"of-after"}
    assert "RF5110" not in problems


def test_what_is_written_meanwhile_is_read(clean_server: ApiServer, tmp_path: Path) -> None:
    check_what_is_written_meanwhile_is_read(clean_server, tmp_path)


def check_a_writer_that_never_rests(server: ApiServer, folder: Path) -> None:
    admin = server.client()
    with pytest.raises(EnvironmentFailure) as found:
        read(server, folder, at_each_look(lambda number: admin.apply(policy("restless", number))))
    assert found.value.exit_code == 4
    [said] = found.value.diagnostics
    assert (
        said.summary
        == f"the cluster changed in each of {LOOKS} looks, the last time globalnetworkpolicies.{CALICO_API}"
    )


def test_a_writer_that_never_rests_ends_the_read(clean_server: ApiServer, tmp_path: Path) -> None:
    check_a_writer_that_never_rests(clean_server, tmp_path)


def test_heartbeats_are_no_changes(world: World, clean_server: ApiServer, tmp_path: Path) -> None:
    admin = clean_server.client()
    node = admin.get("v1", "Node", "control-plane")
    dns = next(pod for pod in admin.objects("v1", "Pod", "kube-system") if "coredns" in pod["metadata"]["name"])
    assert node is not None

    def beat(number: int) -> None:
        ready = [{"type": "Ready", "status": "True", "reason": f"Beat{number}"}]
        admin.merge(node, {"status": {"conditions": ready}}, "/status")
        admin.merge(node, {"metadata": {"annotations": {"example.com/heartbeat": str(number)}}})
        admin.merge(dns, {"status": {"conditions": ready, "message": f"beat {number}"}}, "/status")
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "beat"}}
        admin.apply(lease | {"spec": {"renewTime": f"2026-01-01T00:00:0{number}.000000Z"}})

    looks: list[int] = []

    def count(number: int) -> None:
        looks.append(number)
        beat(number)

    found, problems = read(clean_server, tmp_path, at_each_look(count))
    assert found.complete
    assert (looks, problems) == ([1], [])


def replace_replica(admin: Client, number: int, labels: dict[str, str] | None = None) -> None:
    """Replace a pod of CoreDNS by another with a new name and address, as its controller would."""
    old = next(pod for pod in admin.objects("v1", "Pod", "kube-system") if "coredns" in pod["metadata"]["name"])
    admin.delete(old)
    metadata = {key: old["metadata"][key] for key in ("namespace", "labels", "ownerReferences")}
    metadata["name"] = f"coredns-again-{number}"
    metadata["labels"] = {**metadata["labels"], **(labels or {})}
    made = admin.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": old["spec"]})
    address = f"10.244.9.{number}"
    admin.merge(made, {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}, "/status")


def test_replicas_that_come_and_go_are_no_reason_to_give_up(
    world: World, clean_server: ApiServer, tmp_path: Path
) -> None:
    admin = clean_server.client()
    found, problems = read(clean_server, tmp_path, at_each_look(lambda number: replace_replica(admin, number)))
    assert found.complete
    assert problems == ["RF5110"]
    assert any(item.name == f"coredns-again-{LOOKS}" for item in found.workloads)


def check_new_labels_are_a_change(server: ApiServer, folder: Path) -> None:
    admin = server.client()
    World(admin).write_system()
    with pytest.raises(EnvironmentFailure) as found:
        read(server, folder, at_each_look(lambda number: replace_replica(admin, number, {"tier": str(number)})))
    assert "the last time pods" in str(found.value)


def test_a_replica_with_other_labels_is_a_change(clean_server: ApiServer, tmp_path: Path) -> None:
    check_new_labels_are_a_change(clean_server, tmp_path)


def read_kinds(server: ApiServer, folder: Path, connection: Watched) -> ReadKinds:
    reader = Reader(connection, NoWaiting())
    kinds = {wanted: wanted for wanted in wanted_kinds(CALICO_API, evidence=False)}
    served = discover(connection, {wanted.group for wanted in kinds}, reader.backoff)
    found = {wanted: served.find(wanted.group, wanted.plural) for wanted in kinds}
    return reader.read({wanted: resource for wanted, resource in found.items() if resource is not None})


@pytest.mark.parametrize("look", [False, True])
def test_a_kind_that_goes_meanwhile_is_no_empty_one(look: bool, clean_server: ApiServer, tmp_path: Path) -> None:
    def before(request: Request) -> Response | None:
        gone = request.path.endswith("/tiers") and (not look or is_look(request) or len(looked) > 0)
        if is_look(request, "/tiers"):
            looked.append(request)
        return Response(404, "404 page not found\n") if gone else None

    looked: list[Request] = []
    with pytest.raises(EnvironmentFailure) as found:
        read(clean_server, tmp_path, before)
    [said] = found.value.diagnostics
    assert said.summary == f"tiers.{CALICO_API} was served a moment ago and is not any more"


def test_a_quiet_cluster_is_looked_at_twice_and_no_more(clean_server: ApiServer, tmp_path: Path) -> None:
    watched = Watched(connect(clean_server.endpoint, tmp_path))
    found = read_kinds(clean_server, tmp_path, watched)
    lists = [request.path for request in watched.sent if request.query]
    assert len(lists) == len(set(lists)) * 2
    assert Wanted(CALICO_API, "tiers", next(iter(found.listings)).need) is not None
    assert {str(wanted) for wanted in found.listings} >= {"pods", f"tiers.{CALICO_API}", "namespaces"}


CHECKS = {
    faults.nobody_looks_twice: check_what_is_written_meanwhile_is_read,
    faults.a_look_sees_nothing: check_a_writer_that_never_rests,
    faults.replicas_are_alike_whatever_their_labels: check_new_labels_are_a_change,
}


@pytest.mark.parametrize("fault", CHECKS, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    clean_server: ApiServer,
    tmp_path: Path,
) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        CHECKS[fault](clean_server, tmp_path)
