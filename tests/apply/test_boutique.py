"""Online Boutique on a real API server, by the command line alone: plan, apply, nothing differs, rollback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.calico.manifest import write_manifest
from generator.cli.main import run_command
from tests.apply.worlds import STATE, policies
from tests.plan.worlds import space
from tests.testbed.client import Client
from tests.testbed.crd_sets import VERSIONS, CrdSet, api_version
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of

BOUTIQUE = Path(__file__).parents[2] / "examples" / "online-boutique"
AS_OF = ("--as-of", "2026-11-01")


def boutique(client: Client, crds: CrdSet) -> None:
    client.create(space(STATE))
    version = VERSIONS[crds]
    world = World(client, calico=version)
    world.write_system()
    files = ["namespace.yaml", "application.yaml", *(["policies.yaml"] if crds != "crd-v1-3.28" else [])]
    found = [item for file in files for item in documents_of(BOUTIQUE / "live" / file)]
    world.write([write_manifest(item, api_version(crds), version) for item in found])


@pytest.mark.parametrize("crds", ["v3-3.32", "crd-v1-3.32", "crd-v1-3.28"])
def test_there_and_back(servers: Servers, crds: CrdSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = servers.clean(crds)
    client = server.client()
    boutique(client, crds)
    start = policies(client, api_version(crds))
    config = ("--kubeconfig", str(server.kubeconfig(tmp_path / "kubeconfig")))
    overlay = tmp_path / "target.yaml"
    layout = "layout: single-tier\ncalico: '3.28'\n" if crds == "crd-v1-3.28" else ""
    overlay.write_text(f"{layout}apiGroup: {api_version(crds)}\n")
    live = ("-f", str(overlay), "--live", "cluster", *config, *AS_OF)
    intent, plan = str(BOUTIQUE / "intent.yaml"), str(tmp_path / "plan.json")
    quick = (*config, "--yes", "--wait-by", "pause", "--pause", "0")

    assert run_command(["plan", intent, *live, "-o", plan]) == 0, capsys.readouterr()
    capsys.readouterr()
    if crds == "crd-v1-3.32":  # what the tests have made belongs to them
        assert run_command(["apply", plan, *quick]) == 3
        assert "fields of it belong to testbed" in capsys.readouterr().err
        assert policies(client, api_version(crds)) == start
    forced = ("--force-conflicts",)
    assert run_command(["apply", plan, *quick, *forced, "--dry-run", "server"]) == 0, capsys.readouterr()
    assert policies(client, api_version(crds)) == start
    capsys.readouterr()
    assert run_command(["apply", plan, *quick, *forced, "--format", "json"]) == 0, capsys.readouterr()
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["begun", "finished"]
    assert run_command(["diff", intent, *live]) == 0, capsys.readouterr()
    capsys.readouterr()
    assert run_command(["rollback", plan, *quick]) == 0, capsys.readouterr()
    assert "everything is as it was before" in capsys.readouterr().out
    assert policies(client, api_version(crds)) == start
