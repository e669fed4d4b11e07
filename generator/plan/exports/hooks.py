"""What runs in the cluster between two commits: the wait for all nodes, and the guard against a commit left out.

A wave that the API server has accepted is not one that the nodes have (dataplane.md 8). So behind the objects of each
commit a Job runs `ringfence status --wait`, and only when it has succeeded the next commit may come.

What may come is written down in three marks, ConfigMaps with a key for each state that may be next. Before anything of
a state is written the mark goes out whose number is that of the state modulo three; behind its wait the other two do.
Each mark of a state permits that state, the one before and the one after, and a guard needs the permission of all
three. So between two states, wherever nodes may be, either of the two may be next and no other, also after any number
of turns; behind a wait all three agree, and both neighbours may be next. One mark that is written behind the wait would
not do: two commits that are taken back at once, while the last one is under way, would pass it.

The guard of a commit is a Job that mounts the keys of its own number. A container does not start while a key that a
volume names is missing (Kubernetes, Volumes, `items` of a ConfigMap that is not optional), so whoever merges two
commits at once finds a sync that fails at the guard, before anything is written. The first state has to begin without
any mark: its guard has a container for each, which takes what the mark says against it as an argument, and ends on that
unknown option; a variable that nobody has set stays as it is written, and is not looked at (Kubernetes,
`Container.args`). In one container for all three it would hide what stands behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

STATE_NAMESPACE: Final = "ringfence"
ACCOUNT: Final = "ringfence-applier"
WAIT_COMMAND: Final = ("status", "--wait", "--timeout=1500")
GUARD_COMMAND: Final = ("--version",)
MARKS: Final = 3
_AGAINST_THE_FIRST: Final = "not-to-00"
_REFUSAL: Final = "--first-name-the-state-before-this-one"
_GUARD_SECONDS: Final = 120
_WAIT_SECONDS: Final = 1800

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The Jobs and the marks of one intent; `states` counts the states that its export goes through.

    `course` tells the marks of one export from those that an earlier one has left behind.
    """

    intent: str
    image: str
    states: int
    course: str

    def guard(self, number: int) -> Manifest:
        """Return the Job that ends only if this state may be next."""
        job = self._job("guard", number, GUARD_COMMAND, _GUARD_SECONDS)
        pod = job["spec"]["template"]["spec"]
        pod["automountServiceAccountToken"] = False
        container = pod["containers"][0]
        if number == 0:
            pod["containers"] = [self._against_the_first(container, mark) for mark in range(MARKS)]
            return job
        key = _key(number)
        needed = [
            {"configMap": {"name": self.mark_name(mark), "items": [{"key": key, "path": f"{mark}-{key}"}]}}
            for mark in range(MARKS)
        ]
        container["volumeMounts"] = [{"name": "order", "mountPath": "/order", "readOnly": True}]
        pod["volumes"] = [{"name": "order", "projected": {"sources": needed}}]
        return job

    def _against_the_first(self, container: Manifest, mark: int) -> Manifest:
        about = {"name": self.mark_name(mark), "key": _AGAINST_THE_FIRST, "optional": True}
        more = {
            "name": f"{container['name']}-{mark}",
            "args": [*container["args"], "$(MARK)"],
            "env": [{"name": "MARK", "valueFrom": {"configMapKeyRef": about}}],
        }
        return {**container, **more}

    def wait(self, number: int) -> Manifest:
        """Return the Job that ends when every node has what is written."""
        job = self._job("wait", number, WAIT_COMMAND, _WAIT_SECONDS)
        job["spec"]["template"]["spec"]["serviceAccountName"] = ACCOUNT
        return job

    def begun(self, number: int) -> Manifest:
        """Return the mark that is written before anything of a state is: only it and where it came from may be next."""
        return self._mark(number % MARKS, number)

    def reached(self, number: int) -> tuple[Manifest, ...]:
        """Return the other marks, which say that every node has this state, so that either neighbour may be next."""
        return tuple(self._mark((number + more) % MARKS, number) for more in range(1, MARKS))

    def _mark(self, mark: int, number: int) -> Manifest:
        data = {_key(item): "" for item in range(max(0, number - 1), min(self.states, number + 2))}
        if number > 1:
            data[_AGAINST_THE_FIRST] = _REFUSAL
        return {**self._head("v1", "ConfigMap", self.mark_name(mark)), "data": data}

    def stage(self, name: str) -> Manifest:
        """Return what tells one state from another for a tool that looks whether anything has changed."""
        return {**self._head("v1", "ConfigMap", f"{self._prefix}-stage"), "data": {"stage": name}}

    def mark_name(self, mark: int) -> str:
        """Return the name of one of the marks."""
        return f"{self._prefix}-{self.course}-mark-{mark}"

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
