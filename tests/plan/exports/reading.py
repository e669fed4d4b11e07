"""Reads an export as the tool would that it is for: from its files alone, with none of the code that wrote them.

A state is what the tool makes of the cluster when it has carried a commit out; between two states all writes may come
in any order, and a wait stands there only where the files make the tool wait.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.calico.kinds import KINDS, Kind
from tests.plan_oracle_parts.steps import Key, key_of
from tests.support.plain_yaml import load_all, load_one

Manifest = Mapping[str, Any]
Files = Mapping[str, str]
HOOK = "argocd.argoproj.io/hook"
WAVE = "argocd.argoproj.io/sync-wave"
OPTIONS = "argocd.argoproj.io/sync-options"
FLUX = "kustomize.toolkit.fluxcd.io"
POLICY = "argocd.argoproj.io/hook-delete-policy"
Marks = dict[str, dict[str, str]]


@dataclass
class State:
    """What one state of an export holds, and what its tool is told to do around it."""

    name: str
    objects: dict[Key, Manifest]
    waited_for: bool
    needs: frozenset[tuple[str, str]] = frozenset()  # marks and keys without which its first Job does not start
    refuses: frozenset[tuple[str, str]] = frozenset()  # those whose value its first Job does not understand
    begun: Marks = field(default_factory=dict)  # what is written before its objects, mark by mark
    reached: Marks = field(default_factory=dict)  # what is written once they are on every node
    waves: dict[Key, int] = field(default_factory=dict)
    pruned_last: frozenset[Key] = frozenset()


def read_states(files: Files, tool: str) -> list[State]:
    """Return the states of an export in their order."""
    names = sorted({name.split("/")[1] for name in files if name.startswith("stages/")})
    match tool:
        case "argo":
            return [_argo(files, name) for name in names]
        case "flux":
            return [_flux(files, name) for name in names]
        case "kustomize":
            return list(_kustomize(files, names))
    raise ValueError(tool)


def build(files: Files, folder: str) -> list[Manifest]:
    """Return what kustomize builds of a folder: the objects of its files and of the folders that it names."""
    body = load_one(files[f"{folder}/kustomization.yaml"])
    assert set(body) == {"apiVersion", "kind", "resources"}
    assert body["resources"], f"{folder}: kustomize refuses a kustomization without resources"
    found: list[Manifest] = []
    for name in body["resources"]:
        path = posixpath.normpath(f"{folder}/{name}")
        if f"{path}/kustomization.yaml" in files:
            found += build(files, path)
            continue
        assert path.startswith(f"{folder}/"), f"kustomize takes no file from outside of {folder}"
        found += load_all(files[path])
    keys = [(str(item["apiVersion"]), *key_of(item)) for item in found]
    assert len(keys) == len(set(keys)), f"{folder}: an object stands twice"
    return found


def wanted(files: Files) -> str:
    """Return the state that `current` names, where all of it names one."""
    found = {
        re.sub(r".*stages/([^/]+).*", r"\1", name)
        for path, text in files.items()
        if path.startswith("current/")
        for name in load_one(text)["resources"]
    }
    assert len(found) == 1
    return found.pop()


def _argo(files: Files, name: str) -> State:
    """Read a state as Argo CD syncs it: hooks apart, all else pruned where it is gone."""
    objects: dict[Key, Manifest] = {}
    state = State(name, objects, False)
    order: dict[str, list[tuple[str, int]]] = {"PreSync": [], "PostSync": []}
    last = set()
    for item in build(files, f"stages/{name}"):
        notes = item["metadata"].get("annotations", {})
        if phase := notes.get(HOOK):
            order[phase].append((item["kind"], int(notes[WAVE])))
            _read_hook(state, item, phase == "PreSync")
            # With any other policy a mark goes at the end of a sync, or when one fails.
            assert item["kind"] == "Job" or notes[POLICY] == "BeforeHookCreation"
        elif item["kind"] != "ConfigMap":
            key = key_of(item)
            objects[key] = _without_notes(item)
            state.waves[key] = int(notes[WAVE])
            options = notes[OPTIONS].split(",")
            assert "Replace=true" in options
            last |= {key} if "PruneLast=true" in options else set()
    for hooks in order.values():  # the marks are written behind the Job of their phase
        waves = {kind: {wave for other, wave in hooks if other == kind} for kind in ("Job", "ConfigMap")}
        assert max(waves["Job"]) < min(waves["ConfigMap"])
    state.pruned_last = frozenset(last)
    return state


def _read_hook(state: State, item: Manifest, before: bool) -> None:
    """Take in a Job or a mark that comes before the objects of a state, or behind them."""
    if item["kind"] == "ConfigMap":
        (state.begun if before else state.reached)[item["metadata"]["name"]] = dict(item["data"])
    elif before:
        state.needs |= _needed(item)
        state.refuses |= _refused(item)
    else:
        state.waited_for |= _waits(item)


def _flux(files: Files, name: str) -> State:
    """Read a state as Flux reconciles it: four Kustomizations, each behind the one that it depends on."""
    chain = {item["metadata"]["name"].rpartition("-")[2]: item["spec"] for item in load_all(files["flux.yaml"])}
    after = {
        part: {item["name"].rpartition("-")[2] for item in spec.get("dependsOn", ())} for part, spec in chain.items()
    }
    assert len({str(spec["sourceRef"]) for spec in chain.values()}) == 1
    for part, spec in chain.items():
        assert spec["path"].endswith(f"/current/{part}")
        assert spec["wait"]
        assert spec["prune"]
    parts = {part: build(files, f"stages/{name}/{part}") for part in chain}
    objects = {key_of(item): item for item in parts["policies"] if item["kind"] != "ConfigMap"}
    row = ("guard", "begin", "policies", "wait", "marker")
    state = State(name, objects, False)
    for number, part in enumerate(row):
        if after[part] != set(row[max(0, number - 1) : number]):
            continue  # nothing holds it back until the one before it is done
        for item in parts[part] if part != "policies" else ():
            _read_hook(state, item, part in ("guard", "begin"))
            assert item["kind"] == "Job" or item["metadata"]["annotations"] == {f"{FLUX}/prune": "disabled"}
    return state


def _kustomize(files: Files, names: list[str]) -> Iterator[State]:
    """Read overlays that are applied one after the other: what is gone goes only by its script."""
    live: dict[Key, Manifest] = {}
    if not names or not names[0].startswith("00-"):
        yield State("00-before", {}, True)  # nothing is there that is the intent's
    for name in names:
        overlay = build(files, f"stages/{name}") if f"stages/{name}/kustomization.yaml" in files else []
        live = {**live, **{key_of(item): item for item in overlay}}
        for key in deleted(files.get(f"stages/{name}/remove.sh", "")):
            del live[key]
        yield State(name, dict(live), "ringfence status --wait" in files["README.md"])


def deleted(script: str) -> list[Key]:
    """Return what a script of kubectl deletes."""
    found: list[Key] = []
    for line in script.splitlines():
        words = shlex.split(line)
        if words[:2] != ["kubectl", "delete"]:
            continue
        plural, name = words[2:4]
        namespace = words[words.index("--namespace") + 1] if "--namespace" in words else ""
        assert "--ignore-not-found" in words
        found.append((kind_of(plural).value, namespace, name))
    return found


def kind_of(plural: str) -> Kind:
    """Return the kind that kubectl knows by a plural with its group."""
    name, _, group = plural.partition(".")
    found = [
        kind
        for kind, info in KINDS.items()
        if info.plural == name and info.calico == (group.endswith("projectcalico.org"))
    ]
    assert len(found) == 1, plural
    return found[0]


def _without_notes(item: Manifest) -> Manifest:
    """Return an object without Argo CD's annotations, which say nothing of policies."""
    metadata = dict(item["metadata"])
    rest = {key: value for key, value in metadata["annotations"].items() if not key.startswith("argocd.argoproj.io/")}
    metadata["annotations"] = rest
    if not rest:
        del metadata["annotations"]
    return {**item, "metadata": metadata}


def _waits(item: Manifest) -> bool:
    """Tell whether an object is a Job that ends when all nodes have what is written."""
    if item["kind"] != "Job":
        return False
    pod = item["spec"]["template"]["spec"]
    return [container["args"][:2] for container in pod["containers"]] == [["status", "--wait"]]


def _needed(item: Manifest) -> frozenset[tuple[str, str]]:
    """Return the marks and keys without which a Job's container does not start."""
    volumes = item["spec"]["template"]["spec"].get("volumes", ())
    maps = [source["configMap"] for volume in volumes for source in volume["projected"]["sources"]]
    return frozenset((one["name"], entry["key"]) for one in maps if not one.get("optional") for entry in one["items"])


def _refused(item: Manifest) -> frozenset[tuple[str, str]]:
    """Return the marks and keys whose value one of a Job's containers does not understand."""
    found = set()
    for container in item["spec"]["template"]["spec"]["containers"]:
        for variable in container.get("env", ()):
            # ringfence reads options up to the first word that is none.
            assert container["args"] == ["--version", f"$({variable['name']})"]
            about = variable["valueFrom"]["configMapKeyRef"]
            assert about["optional"]
            found.add((about["name"], about["key"]))
    return frozenset(found)
