"""Observing on a real API server: put in place, enforced from there, taken back to observing, and taken off."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.calico.manifest import write_manifest
from generator.cli.main import run_command
from tests.apply.worlds import STATE, policies
from tests.plan.worlds import space
from tests.testbed.crd_sets import VERSIONS, CrdSet, api_version
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "two-tier"
FORMS = (
    ("v3-3.32", "tiers", ()),
    ("v3-3.32", "tiers", ("--observe-as", "staged")),
    ("crd-v1-3.28", "single-tier", ()),
)


@pytest.mark.parametrize(("crds", "layout", "form"), FORMS, ids=["log", "staged", "log-on-3.28"])
def test_observed_then_enforced_and_all_the_way_back(
    servers: Servers,
    crds: CrdSet,
    layout: str,
    form: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = servers.clean(crds)
    client = server.client()
    client.create(space(STATE))
    version, group = VERSIONS[crds], api_version(crds)
    world = World(client, calico=version)
    world.write_system()
    found = [item for file in sorted((EXAMPLE / "live").glob("*.yaml")) for item in documents_of(file)]
    world.write([write_manifest(item, group, version) for item in found])
    start = policies(client, group)
    overlay = tmp_path / "target.yaml"
    overlay.write_text(f"layout: {layout}\ncalico: '{version}'\napiGroup: {group}\n")
    config = ("--kubeconfig", str(server.kubeconfig(tmp_path / "kubeconfig")))
    live = ("-f", str(overlay), "--live", "cluster", *config, "--as-of", "2026-11-01")
    quick = (*config, "--yes", "--wait-by", "pause", "--pause", "0")
    intent, watching, plan = str(EXAMPLE / "intent.yaml"), str(tmp_path / "observe.json"), str(tmp_path / "plan.json")

    def run(*words: str) -> str:
        code = run_command(list(words))
        shown = capsys.readouterr()
        assert code == 0, shown.err
        return shown.out

    run("plan", intent, *live, "--observe", *form, "-o", watching)
    run("apply", watching, *quick)
    observed = policies(client, group)
    assert observed != start
    assert "nothing to do" in run("plan", intent, *live, "--observe", *form)
    run("plan", intent, *live, "-o", plan)
    run("apply", plan, *quick)
    run("diff", intent, *live)
    run("rollback", plan, *quick)
    assert policies(client, group) == observed
    run("plan", intent, *live, "--to", "none", "-o", plan)
    run("apply", plan, *quick)
    assert policies(client, group) == start
