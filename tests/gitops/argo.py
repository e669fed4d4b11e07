"""Argo CD's application controller over one API server; its repository is a folder with one folder for each commit."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from tests.gitops.flux import define, wait_for
from tests.testbed.client import Client, Manifest
from tests.testbed.processes import Process, free_ports
from tests.testbed.server import ApiServer

NAMESPACE: Final = "argocd"
APPLICATION: Final = ("argoproj.io/v1alpha1", "Application")
_PART: Final = {"app.kubernetes.io/part-of": "argocd"}


class Argo:
    """The controller, its repository and what it says of its one Application."""

    def __init__(self, server: ApiServer, program: Path, crds: Path, folder: Path) -> None:
        self._server, self._program, self._crds, self._folder = server, program, crds, folder
        self.client: Client = server.client()
        self._repository = folder / "repository"
        self._count = 0
        self.name = ""

    def __enter__(self) -> Argo:
        self._repository.mkdir(parents=True)
        tools = self._folder / "tools"
        tools.mkdir()
        (tools / "kustomize").symlink_to(self._program)
        crds = [yaml.safe_load(file.read_text()) for file in sorted(self._crds.glob("*-crd.yaml"))]
        define(self.client, crds)
        for item in _settings():
            self.client.apply(item)
        (metrics,) = free_ports(1)
        config = self._server.kubeconfig(self._folder / "kubeconfig", namespace=NAMESPACE)
        self._controller = Process(
            [
                *(str(self._program), f"--kubeconfig={config}", "--namespace", NAMESPACE, "--loglevel=debug"),
                *(f"--metrics-port={metrics}", "--app-resync=3600", "--self-heal-timeout-seconds=1"),
                *("--status-processors=2", "--operation-processors=2"),
            ],
            self._folder / "argo.log",
            {
                "KUBECONFIG": str(config),
                "ARGOCD_FAKE_IN_CLUSTER": "true",
                "ARGOCD_SYNC_WAVE_DELAY": "0",
                "REPOSITORY": str(self._repository),
                "PATH": f"{tools}:{os.environ['PATH']}",
                "HOME": str(self._folder),
                "TMPDIR": str(self._folder),
            },
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def log(self) -> str:
        return self._controller.log.read_text(encoding="utf-8", errors="replace")

    def write(self, files: Mapping[str, str]) -> str:
        """Make files the newest commit, and return its revision."""
        self._count += 1
        sha = hashlib.sha1(f"{self._count}".encode(), usedforsecurity=False).hexdigest()
        for name, text in files.items():
            file = self._repository / sha / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        (self._repository / "HEAD").write_text(sha)
        return sha

    def commit(self, files: Mapping[str, str]) -> str:
        """Write a commit, and tell Argo CD as a webhook does."""
        sha = self.write(files)
        self.refresh()
        return sha

    def refresh(self) -> None:
        if self.name:
            about = {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}
            self.client.merge(self._about(), about)

    def make_application(self, name: str, path: str, *, heals: bool = False) -> None:
        """Make an Application with automated sync and pruning, which tries a sync once."""
        self.name = name
        spec = {
            "project": "default",
            "source": {"repoURL": "https://example.com/repository", "path": path, "targetRevision": "HEAD"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "ringfence"},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": heals}, "retry": {"limit": 0}},
        }
        self.client.apply({**self._about(), "spec": spec})

    def _about(self) -> Manifest:
        version, kind = APPLICATION
        return {"apiVersion": version, "kind": kind, "metadata": {"name": self.name, "namespace": NAMESPACE}}

    @property
    def application(self) -> Manifest:
        found = self.client.get(*APPLICATION, self.name, NAMESPACE)
        assert found is not None
        return found

    @property
    def operation(self) -> tuple[str, str, str]:
        """Return phase, revision and message of the newest sync."""
        state = (self.application.get("status") or {}).get("operationState") or {}
        asked = (state.get("operation") or {}).get("sync") or {}
        revision = (state.get("syncResult") or {}).get("revision") or asked.get("revision") or ""
        return state.get("phase", ""), revision, state.get("message", "")

    def wait_until(self, phase: str, revision: str) -> None:
        """Return when the sync of a revision has come to a phase."""
        wait_for(lambda: self.operation[:2] == (phase, revision), f"{phase} of {revision}", self._why)

    def _why(self) -> str:
        status = self.application.get("status") or {}
        about = {name: status.get(name) for name in ("conditions", "sync", "operationState")}
        return f"{yaml.safe_dump(about)}\n{self.log[-3000:]}"


def _settings() -> list[Manifest]:
    spec = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    }
    project = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "default", "namespace": NAMESPACE},
        "spec": spec,
    }
    secret = {"stringData": {"server.secretkey": "of the tests", "admin.password": "x", "admin.passwordMtime": "x"}}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _part("ConfigMap", "argocd-cm"),
        _part("Secret", "argocd-secret") | secret,
        project,
    ]


def _part(kind: str, name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": _PART},
    }
