"""What `kubectl kustomize` makes of a folder of deploy/, and RBAC rules taken apart."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.support.plain_yaml import load_all
from tests.testbed.client import Client

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
KUBECTL: Final = Path(sys.executable).parent / "kubectl"


class Right(NamedTuple):
    """One verb on one resource; `name` "" means all objects."""

    group: str
    resource: str
    verb: str
    name: str = ""


def kustomize(folder: Path) -> list[dict[str, Any]]:
    """Return the objects that a kustomization gives."""
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [doc for doc in load_all(done.stdout) if doc]


def install(admin: Client, folder: Path) -> list[dict[str, Any]]:
    """Apply a kustomization, namespaces first."""
    objects = sorted(kustomize(folder), key=lambda obj: obj["kind"] != "Namespace")
    return [admin.apply(obj) for obj in objects]


def rights_in(objects: Iterable[Mapping[str, Any]], name: str) -> set[Right]:
    """Return what the role of this name permits."""
    [role] = [obj for obj in objects if obj["kind"] in ("Role", "ClusterRole") and obj["metadata"]["name"] == name]
    return set(_rights(role))


def _rights(role: Mapping[str, Any]) -> Iterator[Right]:
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    for named in rule.get("resourceNames") or [""]:
                        yield Right(group, resource, verb, named)
