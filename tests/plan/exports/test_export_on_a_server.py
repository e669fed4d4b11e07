"""Exports against a real API server, by kubectl: scripts, overlays, and what the hooks are made of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.intent.model import Layout
from generator.plan.exports import Tool, export_plan
from generator.plan.model import Manifest, WriteStep
from generator.plan.simulate import states
from tests.cli.calling import call, environment
from tests.plan.exports.reading import build, read_states
from tests.plan.exports.scripts import Bench
from tests.plan.exports.small import LIVE, SMALL_LIVE, small
from tests.plan.worlds import Planned, meaning
from tests.plan_oracle_parts.steps import key_of
from tests.support.objects import api_object
from tests.support.plain_yaml import load_all
from tests.testbed.crd_sets import CrdSet
from tests.testbed.fixtures import Servers
from tests.testbed.server import ApiServer

KUBECTL = Path(sys.executable).parent / "kubectl"


class Cluster:
    """The objects of a plan in an API server, and kubectl for it."""

    def __init__(self, server: ApiServer, planned: Planned, folder: Path) -> None:
        self._client = server.client()
        self.config = server.kubeconfig(folder / "kubeconfig")
        self._kinds = {
            (part["apiVersion"], part["kind"])
            for step in planned.plan.writes
            for part in (step.write.before, step.write.after)
            if part is not None
        }
        self._about = {step.write.identity for step in planned.plan.writes}
        self._client.create(LIVE[0])
        for manifest in planned.start.values():
            self._client.create(manifest)

    def objects(self) -> dict[Identity, Manifest]:
        """Return what the plan is about, as it is there."""
        found: dict[Identity, Manifest] = {}
        for version, kind in sorted(self._kinds):
            for item in self._client.objects(version, kind):
                identity = identity_of(api_object(item))
                if identity in self._about:
                    found[identity] = item
        return found

    def kubectl(self, *words: str, text: str = "") -> str:
        call = [str(KUBECTL), f"--kubeconfig={self.config}", *words]
        done = subprocess.run(call, input=text, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout


FORMS: tuple[tuple[Layout, CrdSet, str], ...] = (
    (Layout.SINGLE_TIER, "v3-3.32", "projectcalico.org/v3"),
    (Layout.TIERS, "crd-v1-3.32", "crd.projectcalico.org/v1"),
)


@pytest.mark.parametrize(("layout", "crds", "group"), FORMS)
def test_scripts_make_each_state_of_the_plan_and_take_it_back(
    layout: Layout, crds: CrdSet, group: str, servers: Servers, tmp_path: Path
) -> None:
    """Each run makes a write of which it never learns, so that the next one makes it again."""
    planned = small(layout, group)
    cluster = Cluster(servers.clean(crds), planned, tmp_path)
    start = cluster.objects()
    files = export_plan(planned.plan, Tool.KUBECTL, None).files
    run = Bench.make(files, tmp_path, KUBECTL, {"KUBECONFIG": str(cluster.config), "CONTEXT": "testbed"})
    passed = [item for step, item in states(planned.start, planned.plan.steps) if isinstance(step, WriteStep)]
    for number, expected in enumerate(passed):
        run.run("apply.sh", min(number, 1), "after")
        assert meaning(cluster.objects()) == meaning(expected)
    assert run.run("apply.sh").returncode == 0
    assert meaning(cluster.objects()) == meaning(passed[-1])
    done = run.run("rollback.sh")
    assert done.returncode == 0, done.stderr
    assert plain(cluster.objects()) == plain(start)


def plain(objects: dict[Identity, Manifest]) -> dict[Identity, Manifest]:
    """Return objects without what the server counts in them."""
    served = {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"}
    return {
        identity: {**item, "metadata": {key: value for key, value in item["metadata"].items() if key not in served}}
        for identity, item in objects.items()
    }


def test_overlays_make_each_state_and_take_it_back(clean_server: ApiServer, tmp_path: Path) -> None:
    planned = small(Layout.SINGLE_TIER)
    cluster = Cluster(clean_server, planned, tmp_path)
    start = meaning(cluster.objects())
    files = write(export_plan(planned.plan, Tool.KUSTOMIZE, SMALL_LIVE).files, tmp_path / "export")
    found = read_states(files, "kustomize")
    for state in found:
        folder = tmp_path / "export" / "stages" / state.name
        if (folder / "kustomization.yaml").exists():
            cluster.kubectl("apply", "-k", str(folder))
        run_script(folder / "remove.sh", cluster)
        expected = {identity_of(api_object(item)): item for item in state.objects.values()}
        assert meaning(cluster.objects()) == meaning(expected)
    for number in range(len(found) - 1, 0, -1):
        stages = tmp_path / "export" / "stages"
        run_script(stages / found[number].name / "take-back.sh", cluster)
        if (stages / found[number - 1].name / "kustomization.yaml").exists():
            cluster.kubectl("apply", "-k", str(stages / found[number - 1].name))
    assert meaning(cluster.objects()) == start


def test_kubectl_builds_what_the_tests_read(tmp_path: Path) -> None:
    planned = small(Layout.TIERS)
    for tool, part in ((Tool.ARGO, ""), (Tool.FLUX, "/policies"), (Tool.KUSTOMIZE, "")):
        files = write(export_plan(planned.plan, tool, SMALL_LIVE).files, tmp_path / tool.value)
        for name in sorted({file.split("/")[1] for file in files if file.startswith("stages/")}):
            folder = f"stages/{name}{part}"
            call = [str(KUBECTL), "kustomize", str(tmp_path / tool.value / folder)]
            done = subprocess.run(call, capture_output=True, text=True, timeout=60, check=True)
            built = {key_of(item): item for item in load_all(done.stdout)}
            assert built == {key_of(item): item for item in build(files, folder)}
        for current in [file for file in files if file.startswith("current/")]:
            call = [str(KUBECTL), "kustomize", str((tmp_path / tool.value / current).parent)]
            assert subprocess.run(call, capture_output=True, timeout=60, check=False).returncode == 0


def test_the_server_takes_the_hooks(clean_server: ApiServer, tmp_path: Path) -> None:
    planned = small(Layout.TIERS)
    cluster = Cluster(clean_server, planned, tmp_path)
    clean_server.client().create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ringfence"}})
    files = export_plan(planned.plan, Tool.ARGO, SMALL_LIVE).files
    names = {file.split("/")[1] for file in files if file.startswith("stages/")}
    for name in sorted(names)[:2]:
        hooks = [item for item in build(files, f"stages/{name}") if item["kind"] in ("Job", "ConfigMap")]
        assert len(hooks) == 6
        for item in hooks:
            made = cluster.kubectl(
                "create", "--validate=strict", "--dry-run=server", "-o", "json", "-f", "-", text=yaml.safe_dump(item)
            )
            assert f'"{item["metadata"]["name"]}"' in made


def test_the_jobs_run_what_ringfence_understands(clean_server: ApiServer, tmp_path: Path) -> None:
    """Without a sign of any node the wait fails, so that the next commit does not come; a guess has to be permitted."""
    planned = small(Layout.TIERS)
    cluster = Cluster(clean_server, planned, tmp_path)
    clean_server.client().create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ringfence"}})
    files = export_plan(planned.plan, Tool.ARGO, SMALL_LIVE).files
    hooks = build(files, "stages/01-tier")
    arguments = {
        container["name"]: container["args"]
        for item in hooks
        if item["kind"] == "Job"
        for container in item["spec"]["template"]["spec"]["containers"]
    }
    env = environment(KUBECONFIG=str(cluster.config))
    assert call(*arguments["guard"], env=env).returncode == 0
    (first,) = (item for item in build(files, "stages/00-before") if "guard" in item["metadata"]["name"])
    (refusal,) = {
        item["data"]["not-to-00"] for item in build(files, "stages/02-denies") if "not-to-00" in item.get("data", ())
    }
    for container in first["spec"]["template"]["spec"]["containers"]:
        for value, code in (("$(MARK)", 0), (refusal, 2)):
            words = [word.replace("$(MARK)", value) for word in container["args"]]
            assert call(*words, env=env).returncode == code
    waited = call(*arguments["wait"], env=env)
    assert waited.returncode == 4, waited.stderr
    assert "nodes give no sign" in waited.stderr
    guessed = call(*arguments["wait"], "--pause=0", env=env)
    assert guessed.returncode == 0, guessed.stderr
    assert "which is a guess" in guessed.stderr


def test_adopting_changes_nothing_but_who_set_what(clean_server: ApiServer, tmp_path: Path) -> None:
    planned = small(Layout.SINGLE_TIER)
    cluster = Cluster(clean_server, planned, tmp_path)
    before = cluster.objects()
    files = write(export_plan(planned.plan, Tool.FLUX, SMALL_LIVE).files, tmp_path / "export")
    assert "adopt.sh" in files
    run_script(tmp_path / "export" / "adopt.sh", cluster)
    after = cluster.objects()
    assert plain(after) == plain(before)
    assert all("managedFields" not in item["metadata"] for item in after.values())


def write(files: dict[str, str], folder: Path) -> dict[str, str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return files


def run_script(path: Path, cluster: Cluster) -> None:
    if path.exists():
        env = {"PATH": f"{KUBECTL.parent}:/usr/bin:/bin", "KUBECONFIG": str(cluster.config), "HOME": str(path.parent)}
        done = subprocess.run(["/bin/sh", str(path)], env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
