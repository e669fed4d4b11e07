"""Calico's own API server in front of the stored objects: read and written through it, each object once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.calico.manifest import write_manifest
from generator.calico.normalize import normalize_object
from generator.cli.main import run_command
from generator.cluster import calico_api
from generator.cluster.calico_api import ApiMode, CalicoApi
from generator.cluster.snapshot import read_cluster
from generator.cluster.tier_rights import PLURALS
from generator.cluster.wanted import CALICO_STORED
from generator.reach.engine import Engine
from generator.snapshot.facts import read_seen
from generator.snapshot.model import Snapshot
from tests.cluster.looking import NoWaiting, connect
from tests.faults import cluster as faults
from tests.testbed.aggregated import CalicoApiServer
from tests.testbed.client import Client
from tests.testbed.crd_sets import VERSIONS, CrdSet, api_version
from tests.testbed.fixtures import Servers
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World, documents_of

_CRDS: CrdSet = "crd-v1-3.32"
_BOUTIQUE = Path(__file__).parents[2] / "examples" / "online-boutique"
_DAY = ("--as-of", "2026-11-01")


@pytest.fixture(scope="module")
def server(servers: Servers) -> Iterator[ApiServer]:
    made = servers.fresh(_CRDS)
    client = made.client()
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ringfence"}})
    world = World(client)
    world.write_system()
    found = [item for name in ("namespace", "application", "policies") for item in documents_of(_file(name))]
    world.write([write_manifest(item, api_version(_CRDS), VERSIONS[_CRDS]) for item in found])
    yield made
    made.remove()


def _file(name: str) -> Path:
    return _BOUTIQUE / "live" / f"{name}.yaml"


@pytest.fixture(scope="module")
def view(server: ApiServer) -> Iterator[CalicoApiServer]:
    with CalicoApiServer(server) as made:
        yield made


def told(found: Snapshot) -> dict[tuple[str, str, str], object]:
    """Return each object's meaning by kind, namespace and name."""
    rows = [(obj.kind.value, obj.namespace, obj.name) for obj in found.policies]
    assert len(rows) == len(set(rows))
    return {row: normalize_object(obj) for row, obj in zip(rows, found.policies, strict=True)}


def test_each_object_is_there_once_and_means_what_is_stored(
    server: ApiServer, view: CalicoApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connect(server.endpoint, tmp_path)
    through, problems = read_cluster(connection, NoWaiting())
    seen = read_seen(through)
    assert (seen.api_mode, seen.api_group, seen.calico) == ("aggregated", "projectcalico.org/v3", "3.32.1")
    assert problems == []

    choose = calico_api.choose_calico_api
    stored = CalicoApi(CALICO_STORED, ApiMode.STORED)
    monkeypatch.setattr("generator.cluster.snapshot.choose_calico_api", lambda *asked: stored)
    below, _ = read_cluster(connection, NoWaiting())
    assert told(through) == told(below)
    assert len(told(below)) > 5
    faults.derived_profiles_count(monkeypatch)
    monkeypatch.setattr("generator.cluster.snapshot.choose_calico_api", choose)
    counted, _ = read_cluster(connection, NoWaiting())
    assert told(counted) != told(below)


_LIST_ALL = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["list"]}
_SEE_TIERS = {"apiGroups": ["projectcalico.org"], "resources": ["tiers"], "verbs": ["get"]}
_SEE_SERVERS = {"apiGroups": ["apiregistration.k8s.io"], "resources": ["apiservices"], "verbs": ["get"]}


def check_a_tier_that_is_left_out(server: ApiServer, folder: Path) -> None:
    found, problems = read_cluster(connect(server.endpoint, folder, "reader"), NoWaiting())
    said = [item.summary for item in problems if item.code == "RF5108"]
    assert "globalnetworkpolicies.projectcalico.org may not be listed in tier kube-admin" in said
    assert not any("tier default" in text for text in said)
    assert Engine(found).blind_to


def test_policies_of_a_tier_that_may_not_be_seen_are_no_absent_ones(
    server: ApiServer, view: CalicoApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = server.client()
    admin.grant("reader", [_LIST_ALL, _SEE_TIERS, _SEE_SERVERS])  # without names: every tier
    _, problems = read_cluster(connect(server.endpoint, tmp_path, "reader"), NoWaiting())
    assert problems == []

    monkeypatch.setattr(view, "hidden", "kube-admin")
    others = ["default.*", "kube-baseline.*", "ringfence.*"]
    named = {**_LIST_ALL, "resources": [f"tier.{name}" for name in PLURALS], "resourceNames": others}
    admin.grant("reader", [{**_LIST_ALL, "resources": _kinds(admin)}, _SEE_TIERS, _SEE_SERVERS, named])
    check_a_tier_that_is_left_out(server, tmp_path)
    faults.a_list_holds_every_tier(monkeypatch)
    with pytest.raises(AssertionError):
        check_a_tier_that_is_left_out(server, tmp_path)


def _kinds(admin: Client) -> list[str]:
    return sorted({admin.path(version, kind).rpartition("/")[2] for version, kind, _ in admin.kinds(("list",))})


def test_a_plan_is_carried_out_through_it_and_taken_back(
    server: ApiServer, view: CalicoApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ("--kubeconfig", str(server.kubeconfig(tmp_path / "kubeconfig")))
    live = ("--live", "cluster", *config, *_DAY)
    intent, plan = str(_BOUTIQUE / "intent.yaml"), str(tmp_path / "plan.json")
    client = server.client()
    before = {obj["metadata"]["name"]: obj["spec"] for obj in client.objects(api_version(_CRDS), "GlobalNetworkPolicy")}

    assert run_command(["plan", intent, *live, "-o", plan]) == 0, capsys.readouterr()
    quick = (*config, "--yes", "--wait-by", "pause", "--pause", "0")
    assert run_command(["apply", plan, *quick]) == 0, capsys.readouterr()
    assert {method for method, _ in view.asked} >= {"GET", "POST"}
    capsys.readouterr()
    assert run_command(["diff", intent, *live]) == 0, capsys.readouterr()
    assert "kns." not in capsys.readouterr().out
    assert run_command(["rollback", plan, *quick]) == 0, capsys.readouterr()
    after = {obj["metadata"]["name"]: obj["spec"] for obj in client.objects(api_version(_CRDS), "GlobalNetworkPolicy")}
    assert after == before
