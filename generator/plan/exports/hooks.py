"""What runs in the cluster between two commits: the wait for all nodes, and the guard against a commit left out.

A wave that the API server has accepted is not one that the nodes have (dataplane.md 8). So behind the objects of each
commit a Job runs `ringfence status --wait`, and only when it has succeeded the marker says that the next commit may
come. The marker is a ConfigMap with a key for each state that may be next: this one, the one before and the one after.

The guard of a commit is a Job that mounts the key of its own number. A container does not start while a key that a
volume names is missing (Kubernetes, Volumes, `items` of a ConfigMap that is not optional), so whoever merges two
commits at once finds a sync that fails at the guard, before anything is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

STATE_NAMESPACE: Final = "ringfence"
ACCOUNT: Final = "ringfence-applier"
WAIT_COMMAND: Final = ("status", "--wait", "--timeout=1500")
GUARD_COMMAND: Final = ("--version",)
_GUARD_SECONDS: Final = 120
_WAIT_SECONDS: Final = 1800

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The Jobs and the marker of one intent; `states` counts the states that its export goes through."""

    intent: str
    image: str
    states: int

    def guard(self, number: int) -> Manifest:
        """Return the Job that ends only if this state may be next; the first one may, for there is no marker yet."""
        job = self._job("guard", number, GUARD_COMMAND, _GUARD_SECONDS)
        pod = job["spec"]["template"]["spec"]
        pod["automountServiceAccountToken"] = False
        if number == 0:
            return job
        key = _key(number)
        volume = {"name": "order", "configMap": {"name": self.marker_name, "items": [{"key": key, "path": key}]}}
        pod["containers"][0]["volumeMounts"] = [{"name": "order", "mountPath": "/order", "readOnly": True}]
        pod["volumes"] = [volume]
        return job

    def wait(self, number: int) -> Manifest:
        """Return the Job that ends when every node has what is written."""
        job = self._job("wait", number, WAIT_COMMAND, _WAIT_SECONDS)
        job["spec"]["template"]["spec"]["serviceAccountName"] = ACCOUNT
        return job

    def marker(self, number: int) -> Manifest:
        """Return what says that every node has this state, and which states may be next."""
        nearby = range(max(0, number - 1), min(self.states, number + 2))
        return {**self._head("v1", "ConfigMap", self.marker_name), "data": {_key(item): "" for item in nearby}}

    def stage(self, name: str) -> Manifest:
        """Return what tells one state from another for a tool that looks whether anything has changed."""
        return {**self._head("v1", "ConfigMap", f"{self._prefix}-stage"), "data": {"stage": name}}

    @property
    def marker_name(self) -> str:
        """Return the name of the marker."""
        return f"{self._prefix}-reached"

    @property
    def _prefix(self) -> str:
        return f"ringfence-{self.intent}-export"

    def _job(self, what: str, number: int, command: tuple[str, ...], seconds: int) -> Manifest:
        container = {
            "name": what,
            "image": self.image,
            "args": list(command),
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
        }
        spec = {
            "backoffLimit": 2,
            "activeDeadlineSeconds": seconds,
            "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
        }
        # A Job's template cannot be changed, so each state has a Job of its own.
        return {**self._head("batch/v1", "Job", f"{self._prefix}-{what}-{number:02d}"), "spec": spec}

    def _head(self, version: str, kind: str, name: str) -> Manifest:
        return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": STATE_NAMESPACE}}


def _key(number: int) -> str:
    return f"may-go-to-{number:02d}"
