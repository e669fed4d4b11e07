"""Online Boutique on a real API server, by the command line alone: plan, apply, nothing differs, rollback, as before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.cli.main import run_command
from tests.apply.worlds import STATE, policies
from tests.plan.worlds import space
from tests.testbed.client import Client
from tests.testbed.crd_sets import CrdSet, api_version
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of

BOUTIQUE = Path(__file__).parents[2] / "examples" / "online-boutique"
AS_OF = ("--as-of", "2026-11-01")


def boutique(client: Client) -> None:
    client.create(space(STATE))
    world = World(client)
    world.write_system()
    world.write(documents_of(BOUTIQUE / "live"))


@pytest.mark.parametrize("crds", ["v3-3.32"])
def test_there_and_back(
    servers: Servers, crds: CrdSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = servers.clean(crds)
    client = server.client()
    boutique(client)
    start = policies(client, api_version(crds))
    config = ("--kubeconfig", str(server.kubeconfig(tmp_path / "kubeconfig")))
    live = ("--live", "cluster", *config, *AS_OF)
    intent, plan = str(BOUTIQUE / "intent.yaml"), str(tmp_path / "plan.json")
    quick = (*config, "--yes", "--wait-by", "pause", "--pause", "0")

    assert run_command(["plan", intent, *live, "-o", plan]) == 0, capsys.readouterr()
    assert run_command(["apply", plan, *quick, "--dry-run", "server"]) == 0, capsys.readouterr()
    assert policies(client, api_version(crds)) == start
    capsys.readouterr()
    assert run_command(["apply", plan, *quick, "--format", "json"]) == 0, capsys.readouterr()
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["begun", "finished"]
    assert run_command(["diff", intent, *live]) == 0, capsys.readouterr()
    capsys.readouterr()
    assert run_command(["rollback", plan, *quick]) == 0, capsys.readouterr()
    assert "everything is as it was before" in capsys.readouterr().out
    assert policies(client, api_version(crds)) == start
