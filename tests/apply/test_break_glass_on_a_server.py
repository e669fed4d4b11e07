"""The break-glass bundle with kubectl alone, after `apply` has stopped at each step: all is as before the plan."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator.cli.main import run_command
from generator.plan.break_glass import SCRIPT
from generator.plan.plan_file import read_plan
from tests.apply.test_boutique import AS_OF, BOUTIQUE, boutique
from tests.apply.worlds import CALICO_KINDS, policies
from tests.testbed.client import Client
from tests.testbed.crd_sets import CrdSet, api_version
from tests.testbed.fixtures import Servers
from tests.testbed.server import ApiServer

KUBECTL = Path(sys.executable).parent / "kubectl"
KUBERNETES = "networking.k8s.io/v1"
TARGETS: dict[CrdSet, str] = {
    "v3-3.32": "apiGroup: projectcalico.org/v3\n",
    "crd-v1-3.28": "apiGroup: crd.projectcalico.org/v1\nlayout: single-tier\ncalico: '3.28'\n",  # with a bridge
}


@pytest.mark.parametrize(("crds", "every"), [("v3-3.32", 1), ("crd-v1-3.28", 6)])
def test_the_bundle_takes_back_what_a_stopped_run_has_written(
    servers: Servers, crds: CrdSet, every: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = servers.clean(crds)
    client = server.client()
    boutique(client, crds)
    start = policies(client, api_version(crds))
    config = server.kubeconfig(tmp_path / "kubeconfig")
    overlay, plan = tmp_path / "target.yaml", tmp_path / "plan.json"
    overlay.write_text(TARGETS[crds])
    asked = ("-f", str(overlay), "--live", "cluster", "--kubeconfig", str(config), *AS_OF)
    assert run_command(["plan", str(BOUTIQUE / "intent.yaml"), *asked, "-o", str(plan)]) == 0, capsys.readouterr()
    writes = [step.id for step in read_plan(plan.read_text(), "plan.json").writes]
    assert len(writes) >= 20
    quick = ("--kubeconfig", str(config), "--yes", "--wait-by", "pause", "--pause", "0", "--force-conflicts")
    going_on: tuple[str, ...] = ()
    for step in dict.fromkeys([*writes[::every], writes[-1]]):
        assert run_command(["apply", str(plan), *quick, *going_on, "--until", step]) == 0, capsys.readouterr()
        going_on = ("--continue",)
        reached = policies(client, api_version(crds))
        assert reached != start
        for _ in range(2 if step == writes[0] else 1):  # it can be run again
            done = run_bundle(tmp_path / "plan.break-glass", server, config)
            assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "taken back"), done.stderr
            assert policies(client, api_version(crds)) == start, step
        bring_back(client, crds, start, reached)


def run_bundle(folder: Path, server: ApiServer, config: Path, sleep: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script as an administrator would, but for its `sleep`, a command; nothing of ours is on its path."""
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    if not (programs / "kubectl").exists():
        (programs / "kubectl").symlink_to(KUBECTL)
        (programs / "sleep").write_text(f"#!/bin/sh\n{sleep}\n")
        (programs / "sleep").chmod(0o755)
    env = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(folder.parent),
        "KUBECONFIG": str(config),
        "SERVER": server.endpoint.url,
        "GOMAXPROCS": "1",  # many short processes: none lives long enough to need more
        "GOGC": "off",
    }
    call = ["/bin/sh", str(folder / SCRIPT)]
    return subprocess.run(call, env=env, capture_output=True, text=True, timeout=120, check=False)


def bring_back(client: Client, crds: CrdSet, now: dict[str, dict[str, Any]], then: dict[str, dict[str, Any]]) -> None:
    """Make the cluster what it was when the run stopped, for the next step of that run."""
    order = [*CALICO_KINDS, "KubernetesNetworkPolicy"]
    for key in sorted(now | then, key=lambda key: order.index(key.partition("/")[0])):
        kind = key.partition("/")[0]
        group = KUBERNETES if kind == "KubernetesNetworkPolicy" else api_version(crds)
        typed = {"apiVersion": group, "kind": kind.removeprefix("Kubernetes")}
        if key in now and now[key] != then.get(key):
            client.delete({**now[key], **typed})
        if key in then and then[key] != now.get(key):
            client.create({**then[key], **typed})
