"""What the real kustomize makes of an export, and whether the account that its Jobs run as may do what they do."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.intent.model import Layout
from generator.plan.exports import Tool, export_plan
from generator.plan.exports.hooks import WAIT_COMMAND
from tests.deploy.kustomized import ROOT, kustomize
from tests.plan.exports.reading import build, read_states
from tests.plan.exports.small import SMALL_LIVE, small
from tests.plan_oracle_parts.steps import key_of
from tests.support.plain_yaml import load_all

FOLDERS = [Tool.ARGO, Tool.FLUX, Tool.KUSTOMIZE]


def written(folder: Path, tool: Tool) -> dict[str, str]:
    files = export_plan(small(Layout.SINGLE_TIER).plan, tool, SMALL_LIVE, image="ringfence:test").files
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return dict(files)


def by_key(objects: list[Any]) -> Mapping[object, Any]:
    return {(item["apiVersion"], *key_of(item)): item for item in objects}


@pytest.mark.parametrize("tool", FOLDERS)
def test_kustomize_builds_each_state_as_it_is_read(tool: Tool, tmp_path: Path) -> None:
    files = written(tmp_path, tool)
    folders = [name.removesuffix("/kustomization.yaml") for name in files if name.endswith("/kustomization.yaml")]
    built = [name for name in folders if name.startswith(("stages/", "current"))]
    assert len(built) >= len(read_states(files, tool.value)) - 1
    for name in built:
        assert by_key(kustomize(tmp_path / name)) == by_key(list(build(files, name))), name


@pytest.mark.parametrize("tool", list(Tool))
def test_every_script_can_be_read_by_two_shells(tool: Tool, tmp_path: Path) -> None:
    files = written(tmp_path, tool)
    scripts = [name for name in files if name.endswith(".sh")]
    assert scripts, "break-glass.sh at least"
    for name in scripts:
        for shell in ("sh", "bash"):
            done = subprocess.run([shell, "-n", tmp_path / name], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), name


@pytest.mark.parametrize("tool", [Tool.ARGO, Tool.FLUX])
def test_the_account_of_the_jobs_may_ask_the_nodes(tool: Tool, tmp_path: Path) -> None:
    """The folders that the README names give the account all parts: to read, to write, and to ask each Felix."""
    files = written(tmp_path, tool)
    folders = re.findall(r"`kubectl apply -k (deploy/[a-z/-]+)`", " ".join(files["README.md"].split()))
    waits = [job for name in files if name.endswith("/wait.yaml") for job in load_all(files[name])]
    pods = [job["spec"]["template"]["spec"] for job in waits]
    (account,) = {pod["serviceAccountName"] for pod in pods}
    (namespace,) = {job["metadata"]["namespace"] for job in waits}
    assert all(pod["containers"][0]["args"] == list(WAIT_COMMAND) for pod in pods)
    shipped = [item for folder in folders for item in kustomize(ROOT / folder)]
    assert ("ServiceAccount", namespace, account) in {key_of(item) for item in shipped}
    bound = {
        (item["roleRef"]["kind"], item["roleRef"]["name"])
        for item in shipped
        if item["kind"].endswith("RoleBinding")
        and {"kind": "ServiceAccount", "name": account, "namespace": namespace} in item["subjects"]
    }
    roles = [item for item in shipped if (item["kind"], item["metadata"]["name"]) in bound]
    rights = {
        (group, resource, verb)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert {
        ("", "pods/proxy", "get"),
        ("", "nodes", "list"),
        ("", "pods", "list"),
        ("projectcalico.org", "globalnetworkpolicies", "create"),
        ("projectcalico.org", "globalnetworkpolicies", "delete"),
    } <= rights
