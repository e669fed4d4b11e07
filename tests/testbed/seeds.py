"""Saved etcd data with a set of CRDs in it, so that a server has them at once instead of after five seconds."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path
from typing import Final

from tests.testbed import crd_sets
from tests.testbed.build import Programs, locked
from tests.testbed.client import Client, Manifest
from tests.testbed.crd_sets import CrdSet
from tests.testbed.server import ApiServer, CannotStart

_PATIENCE: Final = 60.0  # seconds until all kinds must be served


def seed(programs: Programs, crds: CrdSet) -> Path:
    """Return a folder of etcd data with a set of CRDs and Calico's own objects; make it where there is none yet."""
    made_from = hashlib.sha256()
    for source in (*crd_sets.crd_files(crds), Path(crd_sets.__file__), Path(__file__)):
        made_from.update(source.read_bytes())
    folder = programs.etcd.parent / f"etcd-{crds}-{made_from.hexdigest()[:16]}"
    if not folder.is_dir():
        with locked(folder.with_name(f"{folder.name}.lock")):
            if not folder.is_dir():
                _make(programs, crds, folder)
    return folder


def _make(programs: Programs, crds: CrdSet, folder: Path) -> None:
    making = folder.with_name(f"{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    server = ApiServer(programs, making)
    try:
        server.start()
        fill(server.client(), crds)
        server.stop()
        for older in folder.parent.glob(f"etcd-{crds}-{'[0-9a-f]' * 16}"):
            shutil.rmtree(older, ignore_errors=True)
        (making / "etcd").rename(folder)  # complete or not there at all
    finally:
        server.remove()


def fill(admin: Client, crds: CrdSet) -> None:
    """Write a set of CRDs to a server, wait until each is served, and write what Calico makes at its first start."""
    for obj in crd_sets.crd_objects(crds):
        admin.create(obj)
    wait_until_served(admin, crds)
    for obj in crd_sets.calico_objects(crds):
        admin.create(obj)


def wait_until_served(admin: Client, crds: CrdSet) -> None:
    """Return when each kind of a set is served, and Calico's admission policies, where it has some, are at work."""
    for crd in crd_sets.crd_objects(crds):
        if crd["kind"] == "CustomResourceDefinition":
            spec = crd["spec"]
            version = next(row["name"] for row in spec["versions"] if row["served"])
            _wait_for(admin, f"/apis/{spec['group']}/{version}/{spec['names']['plural']}")
    if crd_sets.VERSIONS.get(crds) and crd_sets.api_version(crds) == "projectcalico.org/v3":
        for kind in ("NetworkPolicy", "GlobalNetworkPolicy", "StagedNetworkPolicy", "StagedGlobalNetworkPolicy"):
            _wait_for_defaults(admin, kind)


def _wait_for(admin: Client, path: str) -> None:
    until = time.monotonic() + _PATIENCE
    while admin.ask("GET", path, query={"limit": "1"}).status != 200:
        if time.monotonic() > until:
            raise CannotStart(f"{path} is not served after {_PATIENCE:.0f} s")
        time.sleep(0.05)


def _wait_for_defaults(admin: Client, kind: str) -> None:
    """Wait until a created policy would get its types and its tier label; before that creation is 503, or none come."""
    obj: Manifest = {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": "asks"}, "spec": {}}
    path = admin.path_of(obj, collection=True)
    until = time.monotonic() + _PATIENCE
    while True:
        answer = admin.ask("POST", path, obj, {"dryRun": "All"})
        if answer.status == 201 and "types" in answer.body["spec"] and "labels" in answer.body["metadata"]:
            return
        if time.monotonic() > until:
            raise CannotStart(f"no defaults for {kind} after {_PATIENCE:.0f} s: {answer.status} {answer.body}")
        time.sleep(0.05)
