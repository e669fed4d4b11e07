"""The reader's account at the command line: every command that reads a cluster works with it, and none writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.cli.main import run_command
from tests.deploy.kustomized import DEPLOY, ROOT, install
from tests.testbed.access import write_kubeconfig
from tests.testbed.client import Client
from tests.testbed.fault_proxy import FaultProxy
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of

INTENT = str(ROOT / "examples/two-tier/intent.yaml")
ACCOUNT = "ringfence-reader"


@pytest.fixture
def admin(servers: Servers) -> Client:
    client = servers.clean().client()
    world = World(client)
    world.write_system()
    world.write(documents_of(ROOT / "examples/two-tier/live"))
    install(client, DEPLOY / "rbac")
    return client


@pytest.fixture
def proxy(servers: Servers) -> Iterator[FaultProxy]:
    with FaultProxy(servers.shared()) as made:
        yield made


def config(admin: Client, proxy: FaultProxy, folder: Path) -> tuple[str, str]:
    endpoint = admin.as_account("ringfence", ACCOUNT).endpoint
    return "--kubeconfig", str(write_kubeconfig(folder / "config", endpoint, ACCOUNT, url=proxy.url))


def test_with_exactly_this_role_the_commands_work(
    admin: Client, proxy: FaultProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--live", "cluster", *config(admin, proxy, tmp_path))
    plan = str(tmp_path / "plan.json")
    calls = {
        ("snapshot", *where[2:], "-o", str(tmp_path / "snapshot.json")): 0,
        ("validate", INTENT, *where): 0,
        ("diff", INTENT, *where): 1,
        ("plan", INTENT, *where, "-o", plan): 0,
        ("plan", "check", plan, *where): 0,
        ("explain", "notes/web", "notes/database:5432", *where): 0,
        ("reach", *where): 0,
    }
    for call, code in calls.items():
        assert run_command(list(call)) == code, (call, capsys.readouterr().err)
    assert [seen.target for seen in proxy.seen if seen.status == 403] == []
    assert proxy.written() == []


def test_init_says_what_it_could_not_look_at(
    admin: Client, proxy: FaultProxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["init", "--live", "cluster", *config(admin, proxy, tmp_path), "--platform", "generic"]
    assert run_command(call) == 0
    assert "configmaps may not be listed" in capsys.readouterr().err
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ringfence-evidence"}
    subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": "ringfence"}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "roleRef": role}
    admin.apply({**binding, "metadata": {"name": "evidence"}, "subjects": [subject]})
    assert run_command(call) == 0
    assert "may not be listed" not in capsys.readouterr().err
