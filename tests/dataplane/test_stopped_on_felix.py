"""A run that is killed, and killed again, on Calico's own Felix: kubectl alone takes it back, and no packet is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from generator.plan.plan_file import read_plan
from tests.apply.test_break_glass_on_a_server import run_bundle
from tests.dataplane.boutique import Boutique, policies_of, write_plan
from tests.testbed.client import Manifest
from tests.testbed.dataplane.cluster import API_VERSION
from tests.testbed.dataplane.fixtures import StartCluster
from tests.testbed.dataplane.load import Load

PROGRAMS = Path(sys.executable).parent


def test_killed_twice_and_taken_back_by_kubectl_alone(felix_cluster: StartCluster, tmp_path: Path) -> None:
    cluster, world = felix_cluster()
    boutique = Boutique(cluster, world)
    boutique.wait_until_open()
    cluster.server.client().create(canary_of_another_intent())
    start = policies_of(cluster.server.client())
    plan, _, config = write_plan(cluster, "single-tier", tmp_path)
    writes = [step.id for step in read_plan(plan.read_text(), "plan.json").writes]
    with Load(boutique.needed, every=0.25) as load:
        kill_after(writes[len(writes) // 2], [str(plan), *config])
        kill_after(writes[-2], [str(plan), *config, "--continue"])
        assert policies_of(cluster.server.client()) != start
        taken_back = run_bundle(tmp_path / "plan.break-glass", cluster.server, Path(config[1]), "exec /bin/sleep 2")
        assert (taken_back.returncode, taken_back.stdout.splitlines()[-1]) == (0, "taken back"), taken_back.stderr
    assert policies_of(cluster.server.client()) == start
    boutique.wait_until_open()
    assert not load.lost, load


def canary_of_another_intent() -> Manifest:
    """Return a canary of intent `boutique-2`, which the way back of `boutique` leaves alone."""
    spec = {"tier": "default", "order": 1, "selector": "has(a) && !has(a)", "types": ["Ingress"]}
    metadata = {"name": "default.ringfence-canary-boutique-2-1"}
    return {"apiVersion": API_VERSION, "kind": "GlobalNetworkPolicy", "metadata": metadata, "spec": spec}


def kill_after(step: str, call: list[str]) -> None:
    """Apply in a process of its own, and kill it as soon as it says that a step is written."""
    ringfence = [str(PROGRAMS / "ringfence"), "apply", *call, "--yes", "--format", "json"]
    with subprocess.Popen(ringfence, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            event = json.loads(line)
            if event["event"] == "written" and event["step"] == step:
                running.kill()
                return
    raise AssertionError(f"the run ended with {running.returncode} and did not write {step}")
