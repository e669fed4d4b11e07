"""The CronJob's command line, run under its own service account: one Event for each drift, and always the report."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calling import call, environment
from tests.deploy.kustomized import DEPLOY, ROOT, install, kustomize
from tests.support.plain_yaml import load_all
from tests.testbed.access import write_kubeconfig
from tests.testbed.client import Client
from tests.testbed.fixtures import Servers
from tests.testbed.worlds import World, documents_of

EXAMPLE = DEPLOY / "example"
INTENT = EXAMPLE / "intent.yaml"
ACCOUNT = "ringfence-drift-check"


@dataclass(frozen=True)
class Check:
    """An installed drift check, over a cluster that holds exactly what the intent means."""

    admin: Client
    kubeconfig: Path

    def run(self) -> subprocess.CompletedProcess[str]:
        [job] = [obj for obj in kustomize(EXAMPLE) if obj["kind"] == "CronJob"]
        [container] = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        args = [str(INTENT) if arg == "/etc/ringfence/intent.yaml" else arg for arg in container["args"]]
        return call(*args, env=environment(COLUMNS="100", KUBECONFIG=str(self.kubeconfig)))

    def report(self) -> dict[str, str]:
        found = self.admin.get("v1", "ConfigMap", "ringfence-two-tier-report", "ringfence")
        assert found is not None
        data: dict[str, str] = found["data"]
        return data

    def events(self) -> list[dict[str, Any]]:
        return [row for row in self.admin.objects("v1", "Event", "ringfence") if row["reason"] == "Drift"]

    def break_something(self, name: str = "ringfence.two-tier-dns") -> dict[str, Any]:
        found = self.admin.get("projectcalico.org/v3", "GlobalNetworkPolicy", name)
        assert found is not None
        self.admin.delete(found)
        return found


@pytest.fixture
def check(servers: Servers, tmp_path: Path) -> Check:
    admin = servers.clean().client()
    world = World(admin)
    world.write_system()
    world.write(documents_of(ROOT / "examples/two-tier/live"))
    rendered = call("render", str(INTENT))
    assert rendered.returncode == 0, rendered.stderr
    documents = [doc for doc in load_all(rendered.stdout) if doc]
    for doc in sorted(documents, key=lambda doc: doc["kind"] != "Tier"):
        admin.apply(doc)
    install(admin, EXAMPLE)
    account = admin.as_account("ringfence", ACCOUNT)
    return Check(admin, write_kubeconfig(tmp_path / "config", account.endpoint, ACCOUNT))


def put_back(admin: Client, found: dict[str, Any]) -> None:
    drop = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")
    admin.create({**found, "metadata": {key: value for key, value in found["metadata"].items() if key not in drop}})


def test_a_drift_gives_one_event_and_the_report_and_none_gives_no_event(check: Check) -> None:
    done = check.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (check.report()["drift"], check.events()) == ("no", [])

    removed = check.break_something()
    assert [check.run().returncode for _ in range(2)] == [1, 1]
    [event] = check.events()
    assert event["message"].startswith("intent 'two-tier': 1 to create, 0 to change, 0 to remove")
    assert (event["type"], event["involvedObject"]["name"]) == ("Warning", "ringfence-two-tier-report")
    report = check.report()
    assert report["drift"] == "yes"
    assert "+ GlobalNetworkPolicy ringfence.two-tier-dns" in report["report"]
    assert report["summary"] == event["message"]
    assert report["since"] <= report["checked"]

    put_back(check.admin, removed)
    assert check.run().returncode == 0
    assert len(check.events()) == 1
    assert (check.report()["drift"], check.report()["digest"]) == ("no", "")

    check.break_something("ringfence.two-tier-guardrails")
    assert check.run().returncode == 1
    assert len(check.events()) == 2


@pytest.mark.parametrize(("verb", "resource"), [("create", "configmaps"), ("get", "configmaps"), ("create", "events")])
def test_a_missing_verb_of_the_report_is_named(check: Check, verb: str, resource: str) -> None:
    check.break_something()
    rules = [
        {"apiGroups": [""], "resources": [name], "verbs": [one]}
        for name in ("configmaps", "events")
        for one in ("get", "create", "update")
        if (name, one) != (resource, verb)
    ]
    [role] = [
        obj for obj in kustomize(EXAMPLE) if obj["kind"] == "Role" and obj["metadata"]["name"] == "ringfence-report"
    ]
    check.admin.apply({**role, "rules": rules})
    done = check.run()
    assert done.returncode == 3
    assert f"the role may not {verb} {resource} in namespace 'ringfence'" in done.stderr
    assert "GlobalNetworkPolicy ringfence.two-tier-dns" in done.stdout  # the result is there all the same


def test_the_pod_may_not_write_or_become_root() -> None:
    [job] = [obj for obj in kustomize(EXAMPLE) if obj["kind"] == "CronJob"]
    spec = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [container] = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["serviceAccountName"] == ACCOUNT
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    [config] = [obj for obj in kustomize(EXAMPLE) if obj["kind"] == "ConfigMap"]
    assert spec["volumes"][0]["configMap"]["name"] == config["metadata"]["name"]
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
