"""Flux's kustomize-controller over one API server; the test is its source-controller.

A commit is an archive behind a web server on loopback, and the status of the GitRepository that names it, as
source-controller writes it (Flux, "GitRepository": `status.artifact`).
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import yaml

from tests.testbed.client import Client, Manifest
from tests.testbed.processes import Process, free_ports
from tests.testbed.server import ApiServer

NAMESPACE: Final = "flux-system"
SOURCES: Final = "source.toolkit.fluxcd.io"
KUSTOMIZATION: Final = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
_PATIENCE: Final = 60.0


class Flux:
    """The controller, its repository and what it says of its Kustomizations."""

    def __init__(self, server: ApiServer, program: Path, crds: Path, folder: Path) -> None:
        self._server, self._program, self._crds, self._folder = server, program, crds, folder
        self.client: Client = server.client()
        self.served = folder / "served"
        self._count = 0

    def __enter__(self) -> Flux:
        self.served.mkdir(parents=True)
        handler = partial(_Quiet, directory=str(self.served))
        self._web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._web.serve_forever, daemon=True).start()
        define(self.client, [*_of_kustomizations(self._crds), *_of_sources()])
        self.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.client.apply(_repository())
        metrics, health = free_ports(2)
        self._controller = Process(
            [
                *(str(self._program), "--watch-all-namespaces=true", "--enable-leader-election=false"),
                *(f"--metrics-addr=127.0.0.1:{metrics}", f"--health-addr=127.0.0.1:{health}"),
                *("--requeue-dependency=1s", "--interval-jitter-percentage=0", "--log-level=debug"),
            ],
            self._folder / "flux.log",
            {
                "KUBECONFIG": str(self._server.kubeconfig(self._folder / "kubeconfig")),
                "RUNTIME_NAMESPACE": NAMESPACE,
                "TMPDIR": str(self._folder),
            },
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
        self._web.shutdown()
        self._web.server_close()

    @property
    def log(self) -> str:
        return self._controller.log.read_text(encoding="utf-8", errors="replace")

    def commit(self, files: Mapping[str, str]) -> str:
        """Make files the newest commit, and return its revision."""
        self._count += 1
        sha = hashlib.sha1(f"{self._count}".encode(), usedforsecurity=False).hexdigest()
        packed = _archive(files)
        (self.served / f"{sha}.tar.gz").write_bytes(packed)
        artifact = {
            "url": f"http://127.0.0.1:{self._web.server_port}/{sha}.tar.gz",
            "path": f"gitrepository/{NAMESPACE}/{NAMESPACE}/{sha}.tar.gz",
            "revision": f"main@sha1:{sha}",
            "digest": f"sha256:{hashlib.sha256(packed).hexdigest()}",
            "lastUpdateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "size": len(packed),
        }
        ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored artifact"}
        ready["lastTransitionTime"] = str(artifact["lastUpdateTime"])
        status = {"artifact": artifact, "conditions": [ready], "observedGeneration": 1}
        self.client.merge(_repository(), {"status": status}, "/status")
        return str(artifact["revision"])

    def kustomization(self, name: str) -> Manifest:
        found = self.client.get(*KUSTOMIZATION, name, NAMESPACE)
        assert found is not None, name
        return found

    def is_ready_at(self, name: str, revision: str) -> bool:
        """Tell whether a Kustomization is ready at a revision, as `flux get` and a dependant ask it."""
        item = self.kustomization(name)
        status = item.get("status") or {}
        ready = {row["type"]: row["status"] for row in status.get("conditions") or ()}.get("Ready")
        same = status.get("observedGeneration") == item["metadata"]["generation"]
        return ready == "True" and same and status.get("lastAppliedRevision") == revision

    def says(self, name: str) -> str:
        """Return why a Kustomization is or is not ready."""
        rows = (self.kustomization(name).get("status") or {}).get("conditions") or ()
        found = (f"{row['status']} {row['reason']}: {row['message']}" for row in rows if row["type"] == "Ready")
        return next(found, "")

    def wait_until_ready(self, name: str, revision: str) -> None:
        def why() -> str:
            return f"{self.says(name)}\n{self.log[-3000:]}"

        wait_for(lambda: self.is_ready_at(name, revision), f"{name} at {revision}", why)


def wait_for(true: Callable[[], bool], what: str, why: Callable[[], str] = lambda: "") -> None:
    until = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < until, f"{what} did not come: {why()}"
        time.sleep(0.1)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def _archive(files: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in sorted(files.items()):
            data = text.encode()
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return packed.getvalue()


def _of_kustomizations(folder: Path) -> list[Manifest]:
    return [yaml.safe_load(file.read_text()) for file in sorted(folder.glob("*.yaml"))]


def _of_sources() -> list[Manifest]:
    """The kinds that the controller watches, as open as can be: nobody but the test writes them."""
    kinds = {"GitRepository": "v1", "OCIRepository": "v1", "Bucket": "v1", "ExternalArtifact": "v1"}
    return [_open_kind(kind, version) for kind, version in kinds.items()]


def _open_kind(kind: str, version: str) -> Manifest:
    plural = kind.lower().removesuffix("y") + ("ies" if kind.endswith("y") else "s")
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    about = {
        "name": version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    names = {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{SOURCES}"},
        "spec": {"group": SOURCES, "scope": "Namespaced", "names": names, "versions": [about]},
    }


def define(client: Client, crds: Sequence[Manifest]) -> None:
    """Apply CRDs and return when their kinds are served, and listed as such."""
    for crd in crds:
        client.apply(crd)
    for crd in crds:
        wait_for(partial(_is_served, client, crd), crd["spec"]["names"]["kind"])


def _is_served(client: Client, crd: Manifest) -> bool:
    path = f"/apis/{crd['spec']['group']}/{crd['spec']['versions'][0]['name']}"
    plural = crd["spec"]["names"]["plural"]
    listed = client.ask("GET", path)
    known = listed.status == 200 and plural in {row["name"] for row in listed.body["resources"]}
    return known and client.ask("GET", f"{path}/{plural}").status == 200


def _repository() -> Manifest:
    return {
        "apiVersion": f"{SOURCES}/v1",
        "kind": "GitRepository",
        "metadata": {"name": NAMESPACE, "namespace": NAMESPACE},
        "spec": {"interval": "1m", "url": "https://example.com/repository"},
    }
