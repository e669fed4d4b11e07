"""Who may look into single namespaces alone sees these, is told of the others, and gets no verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.cli.main import run_command
from generator.cluster.access import Request
from generator.cluster.snapshot import read_cluster
from generator.reach.engine import Engine
from generator.reach.unknown import UnknownReason
from generator.snapshot.model import Snapshot
from generator.snapshot.unread import unread_kinds
from tests.cluster.looking import NoWaiting, Watched, connect
from tests.faults import cluster as faults
from tests.reach.small_world import ask, packet
from tests.testbed.access import write_kubeconfig
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World

_ALL = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["list"]}]
_SPACES = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]}]


def pod(name: str) -> dict[str, object]:
    spec = {"nodeName": "worker-1", "containers": [{"name": "c", "image": "example.com/c"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def policy(name: str) -> dict[str, object]:
    metadata = {"name": name, "namespace": "shop"}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": {"podSelector": {}},
    }


@pytest.fixture
def server(clean_server: ApiServer) -> ApiServer:
    """Alice may look into `shop`; Bob into `shop` and `crew`, and he sees which namespaces there are."""
    admin = clean_server.client()
    world = World(admin)
    world.write_system()
    world.write([pod("web"), policy("of-shop")], "shop")
    world.write([pod("desk")], "crew")
    for user, spaces in (("alice", ("shop",)), ("bob", ("shop", "crew"))):
        for space in spaces:
            admin.grant(user, _ALL, namespace=space)
    admin.grant("bob", _SPACES)
    return clean_server


def read(
    server: ApiServer, folder: Path, user: str, *namespaces: str, before: Callable[[Request], None] = lambda _: None
) -> tuple[Snapshot, dict[str, str]]:
    watched = Watched(connect(server.endpoint, folder, user), before)
    found, problems = read_cluster(watched, NoWaiting(), namespaces=namespaces)
    rows = (item.summary.partition(" ") for item in problems if item.code == "RF5108")
    return found, {kind: said for kind, _, said in rows}


def pods(found: Snapshot) -> set[str]:
    return {f"{item.namespace}/{item.name}" for item in found.workloads if item.kind == "Pod"}


def check_what_may_be_seen_is_seen(server: ApiServer, folder: Path) -> None:
    found, said = read(server, folder, "alice", "shop")
    assert pods(found) == {"shop/web"}
    assert "of-shop" in {obj.name for obj in found.policies}
    assert found.namespaces["shop"].assumed
    assert said["pods"] == "may be listed only in shop"
    assert said["networkpolicies.networking.k8s.io"] == "may be listed only in shop"
    assert said["nodes"] == said["tiers.projectcalico.org"] == "may not be listed"


def check_no_verdict_is_known(server: ApiServer, folder: Path) -> None:
    found, _ = read(server, folder, "alice", "shop")
    assert not found.complete
    assert {"pods", "tiers.projectcalico.org"} <= {kind.name for kind in unread_kinds(found) if kind.decides}
    verdict = ask(Engine(found), "ip:10.244.0.2", "ip:10.244.0.3", packet())
    assert (verdict.verdict, verdict.unknown) == ("unknown", (UnknownReason.UNREAD,))


def check_a_change_meanwhile_is_read(server: ApiServer, folder: Path) -> None:
    admin, done = server.client(), list[str]()

    def before(request: Request) -> None:
        if "PartialObjectMetadata" in request.accept and not done:
            done.append(request.path)
            admin.delete(policy("of-shop"))
            admin.apply(policy("of-later"))

    found, _ = read(server, folder, "alice", "shop", before=before)
    assert {"of-shop", "of-later"} & {obj.name for obj in found.policies} == {"of-later"}


CHECKS: dict[Callable[[pytest.MonkeyPatch], None], Callable[[ApiServer, Path], None]] = {
    faults.nobody_looks_into_one_namespace: check_what_may_be_seen_is_seen,
    faults.one_namespace_is_all_there_is: check_no_verdict_is_known,
    faults.nobody_looks_twice: check_a_change_meanwhile_is_read,
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.__name__)
def test_in_one_namespace(check: Callable[[ApiServer, Path], None], server: ApiServer, tmp_path: Path) -> None:
    check(server, tmp_path)


@pytest.mark.parametrize("fault", CHECKS, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, server: ApiServer, tmp_path: Path
) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, KeyError)):
        CHECKS[fault](server, tmp_path)


def test_who_sees_the_namespaces_need_not_name_them(server: ApiServer, tmp_path: Path) -> None:
    found, said = read(server, tmp_path, "bob")
    assert pods(found) == {"shop/web", "crew/desk"}
    assert "namespaces" not in said
    spaces = "default, kube-node-lease, kube-public and 1 more"
    assert said["pods"] == f"may be listed only in crew, shop; not in {spaces}"
    assert not any(space.assumed for space in found.namespaces.values())


def test_what_a_user_of_one_namespace_is_told(
    server: ApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = str(write_kubeconfig(tmp_path / "own", server.endpoint, "alice", namespace="shop"))
    where = ("--live", "cluster", "--kubeconfig", own)
    assert run_command(["init", *where]) == 0
    shown = capsys.readouterr()
    assert "namespace: shop" in shown.out
    assert "kinds may be listed only in shop: pods, serviceaccounts, services" in shown.err
    assert "kinds may not be listed: namespaces, nodes" in shown.err
    assert len(shown.err.splitlines()) < 20

    assert run_command(["explain", "shop/web", "ip:10.244.0.9:80", *where]) == 0
    assert capsys.readouterr().out == (
        "unknown: shop/web -> 10.244.0.9 TCP 80\n"
        "  not known because the cluster refused to show a kind on which verdicts hang\n"
    )
    none = str(write_kubeconfig(tmp_path / "none", server.endpoint, "alice"))
    assert run_command(["explain", "shop/web", "ip:10.244.0.9:80", "--live", "cluster", "--kubeconfig", none]) == 2
    assert "pods may not be listed there, so it is not known which there are; -n NS" in capsys.readouterr().err
    assert run_command(["init", "--live", "cluster", "--kubeconfig", none]) == 2
    assert "pods may not be listed there; -n NS looks into one namespace" in capsys.readouterr().err
    assert run_command(["init", "--live", "cluster", "--kubeconfig", none, "-n", "shop"]) == 0
    assert "namespace: shop" in capsys.readouterr().out
