"""What init proposes fits the cluster that it looked at: its version, its API group; so nothing contradicts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.cli.main import run_command
from generator.discover import surroundings
from tests.cli.calling import ROOT
from tests.testbed.access import write_kubeconfig
from tests.testbed.crd_sets import VERSIONS, CrdSet
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of

_DAY = ("--as-of", "2026-01-01")
_PINNED = {
    "v3-3.32": [],
    "crd-v1-3.32": ["apiGroup: crd.projectcalico.org/v1  # the one that the cluster uses"],
    "crd-v1-3.28": [
        "calico: '3.28'  # the cluster's is 3.28.5",
        "apiGroup: crd.projectcalico.org/v1  # the one that the cluster uses",
    ],
}


def check(servers: Servers, crds: CrdSet, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = servers.clean(crds)
    world = World(server.client(), calico=VERSIONS[crds])
    world.write_system()
    world.write([item for item in documents_of(ROOT / "examples/two-tier/live") if "projectcalico" not in str(item)])
    live = ("--live", "cluster", "--kubeconfig", str(write_kubeconfig(folder / "config", server.endpoint)))
    intent = folder / "intent.yaml"
    assert run_command(["init", *live, "-o", str(intent)]) == 0, capsys.readouterr().err
    lines = intent.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith(("calico:", "apiGroup:"))] == _PINNED[crds]
    capsys.readouterr()
    assert run_command(["plan", str(intent), *live, *_DAY, "-o", str(folder / "plan.json")]) == 0
    told = capsys.readouterr()
    assert "RF5617" not in told.out + told.err
    assert ("Tier" in (folder / "plan.json").read_text(encoding="utf-8")) == (crds != "crd-v1-3.28")


@pytest.mark.parametrize("crds", _PINNED)
def test_a_proposal_fits_the_cluster(
    crds: CrdSet, servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(servers, crds, tmp_path, capsys)


def test_planted_fault_is_found(
    servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "_target", lambda *asked: ())
    with pytest.raises(AssertionError):
        check(servers, "crd-v1-3.28", tmp_path, capsys)
