"""What is dropped of an object is what nobody asks for: a snapshot of what is kept is that of the whole."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.cluster.kept import keep
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.snapshot.build import build_snapshot
from generator.snapshot.model import Snapshot
from tests.faults import cluster as faults
from tests.support.plain_yaml import load_all
from tests.support.shared import shared_folder

_APPS = ("online-boutique", "bank-of-anthos", "bookinfo", "voting-app")


def published(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.yaml")):
        for item in load_all(path.read_text(encoding="utf-8")):
            if isinstance(item, dict) and item.get("apiVersion") and (item.get("metadata") or {}).get("name"):
                yield item


def objects() -> Iterator[dict[str, Any]]:
    """Go through the objects of published applications, and a running pod for each of their templates."""
    for app in _APPS:
        for item in published(shared_folder() / "corpora/apps" / app):
            item["metadata"]["annotations"] = dict(item["metadata"].get("annotations") or {})
            yield item | {"status": {"conditions": [{"type": "Available", "status": "True"}]}}
            template = (item.get("spec") or {}).get("template")
            if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet") and template:
                name = f"{app}-{item['metadata']['name']}"
                metadata = {"name": name, "namespace": "default", "labels": template["metadata"]["labels"]}
                status = {"phase": "Running", "podIP": "10.0.0.1", "hostIP": "10.9.9.9", "conditions": []}
                pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status}
                yield pod | {"spec": template["spec"] | {"nodeName": "n1", "tolerations": [{}]}}


def snapshot_of(items: list[dict[str, Any]]) -> Snapshot:
    documents = [Document(item, SourceMap("x", "{}"), number) for number, item in enumerate(items)]
    return build_snapshot(documents, namespace="default", complete=True, origin="x")[0]


def check_same() -> None:
    whole = list(objects())
    assert len(whole) > 100
    kept = [keep(copy.deepcopy(item)) for item in whole]
    one, other = snapshot_of(whole), snapshot_of(kept)
    assert len(one.workloads) > 50
    for name in ("workloads", "services", "namespaces", "routes", "service_accounts", "grants", "config_maps"):
        assert getattr(one, name) == getattr(other, name), name
    assert [obj.manifest for obj in one.policies] == [obj.manifest for obj in other.policies]


def test_a_snapshot_of_what_is_kept_is_that_of_the_whole() -> None:
    check_same()


@pytest.mark.parametrize("fault", faults.KEPT, ids=lambda fault: fault.__name__)
def test_planted_fault_is_found(fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_same()
