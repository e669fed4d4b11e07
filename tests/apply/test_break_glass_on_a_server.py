"""The break-glass bundle with kubectl alone, after `apply` has stopped anywhere: all is as it was before the plan."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator.cli.main import run_command
from generator.plan.break_glass import SCRIPT
from generator.plan.plan_file import read_plan
from tests.apply.test_boutique import AS_OF, BOUTIQUE, boutique
from tests.apply.worlds import STATE, policies
from tests.testbed.client import Client
from tests.testbed.crd_sets import CrdSet, api_version
from tests.testbed.fixtures import Servers
from tests.testbed.server import ApiServer

KUBECTL = Path(sys.executable).parent / "kubectl"


@pytest.mark.parametrize(("crds", "every"), [("v3-3.32", 4), ("crd-v1-3.32", 11)])
def test_the_bundle_takes_back_what_a_stopped_run_has_written(
    servers: Servers, crds: CrdSet, every: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = servers.clean(crds)
    client = server.client()
    boutique(client, crds)
    start = policies(client, api_version(crds))
    config = server.kubeconfig(tmp_path / "kubeconfig")
    overlay, plan = tmp_path / "target.yaml", tmp_path / "plan.json"
    overlay.write_text(f"apiGroup: {api_version(crds)}\n")
    asked = ("-f", str(overlay), "--live", "cluster", "--kubeconfig", str(config), *AS_OF)
    assert run_command(["plan", str(BOUTIQUE / "intent.yaml"), *asked, "-o", str(plan)]) == 0, capsys.readouterr()
    writes = [step.id for step in read_plan(plan.read_text(), "plan.json").writes]
    assert len(writes) >= 20
    for step in dict.fromkeys([*writes[::every], writes[-1]]):
        journal = ("--journal", str(tmp_path / step))
        quick = ("--kubeconfig", str(config), "--yes", "--wait-by", "pause", "--pause", "0", "--force-conflicts")
        assert run_command(["apply", str(plan), *quick, *journal, "--until", step]) == 0, capsys.readouterr()
        assert policies(client, api_version(crds)) != start
        for _ in range(2 if step == writes[0] else 1):  # it can be run again
            done = run_bundle(tmp_path / "plan.break-glass", server, config)
            assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "taken back"), done.stderr
            assert policies(client, api_version(crds)) == start, step
        forget_the_run(client)


def run_bundle(folder: Path, server: ApiServer, config: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as an administrator would, but for its sleep; nothing of ours is on its path."""
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    if not (programs / "kubectl").exists():
        (programs / "kubectl").symlink_to(KUBECTL)
        (programs / "sleep").write_text("#!/bin/sh\n")
        (programs / "sleep").chmod(0o755)
    env = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(folder.parent),
        "KUBECONFIG": str(config),
        "SERVER": server.endpoint.url,
    }
    call = ["/bin/sh", str(folder / SCRIPT)]
    return subprocess.run(call, env=env, capture_output=True, text=True, timeout=120, check=False)


def forget_the_run(client: Client) -> None:
    """Remove what a run keeps in the cluster, as who gives it up by hand does."""
    for api, kind in (("v1", "ConfigMap"), ("coordination.k8s.io/v1", "Lease")):
        for item in client.objects(api, kind, STATE):
            client.delete({"apiVersion": api, "kind": kind, **item})
