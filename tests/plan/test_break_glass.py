"""The way out without ringfence: a shell runs the script against a small stand-in for kubectl, from every state."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.calico.kinds import KINDS, find_kind
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject, Identity
from generator.foundation.source import SourceMap
from generator.intent.model import Layout
from generator.plan.break_glass import SCRIPT, write_break_glass
from generator.plan.isolation import Cluster
from generator.plan.model import Manifest, WriteStep
from generator.plan.simulate import states
from tests.plan import laws
from tests.plan.break_glass_laws import live_after, steps_from
from tests.plan.worlds import Planned, Shape, kubernetes_policy, meaning, plan_of, pod, snapshot_of, space
from tests.support.golden import check_golden
from tests.support.plain_yaml import load_one

GOLDEN = Path(__file__).parent / "golden"
SERVER = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "kubernetes", "namespace": "default", "labels": {"kubernetes.io/service-name": "kubernetes"}},
    "addressType": "IPv4",
    "endpoints": [{"addresses": ["192.0.2.10"]}, {"addresses": ["192.0.2.11"]}],
    "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
}
LIVE = [
    SERVER,
    space("shop"),
    pod("shop", "web"),
    kubernetes_policy("shop", "old", {"matchLabels": {"app": "web"}}, "Ingress"),
]
SERVICES = (("pay", "api"), ("shop", "web"))
OLD = "KubernetesNetworkPolicy/shop/old"

# Stands for kubectl and the API server: objects are files named by plural, group, namespace and name.
KUBECTL = r"""#!/bin/sh
echo "$@" >> "$STORE/log"
while [ $# -gt 0 ]; do case "$1" in --server=*|--request-timeout=*) shift;; *) break;; esac; done
verb=$1; shift
case "$verb" in
get) case "$1" in
  --raw) [ "$FORMS" = stored ];;
  -f) key=$(head -1 "$2.key"); [ ! -e "$STORE/objects/$key" ] || cat "$STORE/specs/$key";;
  *) what=$1 name=$2 space=; [ "$3" = --namespace ] && space=$4
    [ ! -e "$STORE/objects/$what,$space,$name" ] || echo "$name";;
  esac;;
delete) what=$1 name=$2 space=; [ "$3" = --namespace ] && space=$4
  rm -f "$STORE/objects/$what,$space,$name";;
replace|create) [ "$1" = --dry-run=server ] && { tail -1 "$3.key"; exit; }
  key=$(head -1 "$2.key")
  if [ -e "$STORE/objects/$key" ]; then [ "$verb" = replace ] || exit 1; else [ "$verb" = create ] || exit 1; fi
  cp "$2" "$STORE/objects/$key"; tail -1 "$2.key" > "$STORE/specs/$key";;
*) exit 9;;
esac
"""


def planned(layout: Layout, version: str = "3.32") -> Planned:
    shape = Shape(layout=layout, version=version)
    return plan_of(LIVE, shape, replaces=[OLD])


@pytest.mark.parametrize("layout", list(Layout))
def test_the_script(layout: Layout) -> None:
    files = write_break_glass(planned(layout).plan)
    check_golden(GOLDEN / f"break-glass-{layout.value}.sh", files[SCRIPT])
    assert ': "${SERVER:=https://192.0.2.10:6443}"' in files[SCRIPT]
    assert {name.partition("/")[0] for name in files} <= {SCRIPT, "stored", "v3", "kubernetes"}


def test_without_an_address_it_asks_for_one() -> None:
    script = write_break_glass(plan_of(LIVE[1:], Shape()).plan)[SCRIPT]
    assert ': "${SERVER:?' in script


def key_of(manifest: Mapping[str, Any]) -> str:
    kind = find_kind(manifest["apiVersion"], manifest["kind"])
    assert kind is not None
    group = manifest["apiVersion"].partition("/")[0]
    head = manifest["metadata"]
    return f"{KINDS[kind].plural}.{group},{head.get('namespace', '')},{head['name']}"


def spec_of(manifest: Mapping[str, Any]) -> str:
    """Return what kubectl prints of an object's labels and spec, on one line."""
    return json.dumps([manifest["metadata"].get("labels"), manifest.get("spec")], sort_keys=True)


@pytest.mark.parametrize("forms", ["stored", "v3"])
@pytest.mark.parametrize("layout", list(Layout))
def test_a_shell_takes_it_back(layout: Layout, forms: str, tmp_path: Path) -> None:
    found = planned(layout, "3.30" if forms == "stored" else "3.32")
    bundle = tmp_path / "bundle"
    for name, text in write_break_glass(found.plan).items():
        path = bundle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.endswith(".yaml"):
            Path(f"{path}.key").write_text(f"{key_of(load_one(text))}\n{spec_of(load_one(text))}\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("kubectl", KUBECTL), ("sleep", "#!/bin/sh\n")):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    for number, (_, objects) in enumerate(list(states(found.start, found.plan.steps))[::3]):
        store = tmp_path / f"state-{number}"
        put(store / "objects", objects, forms, found.plan.target.version)
        run(bundle, tools, store, forms)
        run(bundle, tools, store, forms)  # it can be run again
        assert meaning(get(store / "objects")) == meaning(found.start)
        assert "--server=https://192.0.2.10:6443" in (store / "log").read_text()


@pytest.mark.parametrize("layout", list(Layout))
def test_no_pod_that_was_open_is_cut_on_the_way(layout: Layout) -> None:
    """Whatever state the run stopped in: a pod that is open stays open, in every state that the script passes."""
    found = plan_of([*LIVE[1:], space("pay"), pod("pay", "api")], Shape(("pay", "shop"), SERVICES, layout=layout))
    cluster = Cluster.of(snapshot_of([*LIVE[1:], space("pay"), pod("pay", "api")]))
    pods = [cluster.pod_labels(item) for items in cluster.workloads.values() for item in items]
    for _, objects in states(found.start, found.plan.steps):
        current = dict(objects)
        fates = [_fates(current, pods)]
        for step in steps_from(found.plan, dict.fromkeys(live_after(found.plan, 0)) | current):
            if isinstance(step, WriteStep):
                current.pop(step.write.identity, None)
                if step.write.after is not None:
                    current[step.write.identity] = step.write.after
                fates.append(_fates(current, pods))
        assert current == found.start
        for before, after in pairwise(fates):
            assert before <= after
        assert fates[-1] == _fates(found.start, pods)


def _fates(objects: Mapping[Identity, Manifest], pods: list[dict[str, str]]) -> set[tuple[int, str]]:
    """Return which pods are open in which direction, in both tiers."""
    return {
        (number, direction)
        for number, labels in enumerate(pods)
        for direction in ("Ingress", "Egress")
        if laws.fate_of(objects, labels, direction) == "open"
    }


def put(folder: Path, objects: Mapping[Identity, Manifest], forms: str, version: str) -> None:
    from generator.calico.manifest import write_manifest

    folder.mkdir(parents=True)
    (folder.parent / "specs").mkdir()
    group = "crd.projectcalico.org/v1" if forms == "stored" else "projectcalico.org/v3"
    for manifest in objects.values():
        written = write_manifest(manifest, group, version)
        (folder / key_of(written)).write_text(yaml.safe_dump(written))
        (folder.parent / "specs" / key_of(written)).write_text(spec_of(written) + "\n")


def get(folder: Path) -> dict[Identity, Manifest]:
    found: dict[Identity, Manifest] = {}
    for path in sorted(folder.iterdir()):
        manifest = load_one(path.read_text())
        kind = find_kind(manifest["apiVersion"], manifest["kind"])
        assert kind is not None
        found[identity_of(ApiObject(kind, manifest, SourceMap("", "")))] = manifest
    return found


def run(bundle: Path, tools: Path, store: Path, forms: str) -> None:
    shell = shutil.which("sh")
    assert shell is not None
    system = Path(shell).parent
    env = {"PATH": f"{tools}:{system}:/usr/bin:/bin", "STORE": str(store), "FORMS": forms}
    done = subprocess.run([shell, str(bundle / SCRIPT)], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
