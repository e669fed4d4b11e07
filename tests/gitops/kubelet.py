"""Ends the Jobs of an export as a cluster would, where no kubelet is: what a pod may start with, and what it says.

A pod of the guard starts only if the key that its volume names is in the marker; a pod of the wait succeeds as soon as
the test lets it. Arguments are expanded as a kubelet does it, and `runs` says what comes out of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.plan.exports.hooks import STATE_NAMESPACE
from tests.cli.calling import call, environment
from tests.testbed.client import MERGE, Client, Manifest

_NOW = "2026-01-01T00:00:00Z"  # nobody asks when
Runs = Callable[[Sequence[str]], bool]


@dataclass
class Ringfence:
    """Runs what a Job runs; where `guesses`, a wait may be one by time, as the README permits it."""

    config: Path
    guesses: bool = True
    calls: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    def __call__(self, words: Sequence[str]) -> bool:
        guess = ("--pause=0",) if self.guesses and "--wait" in words else ()
        done = call(*words, *guess, env=environment(KUBECONFIG=str(self.config)))
        self.calls.append((tuple(words), done.returncode))
        return done.returncode == 0


@dataclass
class Kubelet:
    """Looks at all Jobs of the namespace again and again, in a thread of its own.

    `runs` gets the expanded arguments of a container and says whether it succeeds; `held` are Jobs, by the beginning
    of their names, that go on running until the test takes them out.
    """

    client: Client
    runs: Runs
    held: set[str] = field(default_factory=set)
    ended: list[tuple[str, bool]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    troubles: list[BaseException] = field(default_factory=list)
    collected: Sequence[tuple[str, str]] = ()  # kinds whose objects go once they are deleted in the foreground

    def __enter__(self) -> Kubelet:
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(30)
        assert not self.troubles, self.troubles

    def _go(self) -> None:
        client = self.client.as_user(self.client.user)
        while not self._stop.wait(0.1):
            try:
                for job in client.objects("batch/v1", "Job", STATE_NAMESPACE):
                    self._look_at(client, job)
                for kind in self.collected:
                    for item in client.objects(*kind):
                        _collect(client, item)
            except Exception as trouble:
                self.troubles.append(trouble)
                return

    def _look_at(self, client: Client, job: Manifest) -> None:
        name = job["metadata"]["name"]
        if job.get("status", {}).get("conditions") or any(part in name for part in self.held):
            return
        done = self._pod_succeeds(client, job["spec"]["template"]["spec"])
        answer = client.ask("PUT", client.path_of(job) + "/status", {**job, "status": _status(done)})
        if answer.status == 200:
            self.ended.append((name, done))
        else:  # it was changed or removed meanwhile
            assert answer.status in (404, 409), answer

    def _pod_succeeds(self, client: Client, pod: Mapping[str, Any]) -> bool:
        for volume in pod.get("volumes") or ():
            for about in (source["configMap"] for source in volume["projected"]["sources"]):
                if not {item["key"] for item in about["items"]} <= set(_data(client, about["name"])):
                    return False  # the container is not made, until the Job's deadline
        return all([self._succeeds(client, container) for container in pod["containers"]])

    def _succeeds(self, client: Client, container: Mapping[str, Any]) -> bool:
        values: dict[str, str] = {}
        for variable in container.get("env") or ():
            about = variable["valueFrom"]["configMapKeyRef"]
            assert about["optional"], about
            found = _data(client, about["name"]).get(about["key"])
            if found is not None:
                values[variable["name"]] = found
        return self.runs([expand(word, values) for word in container["args"]])


def _collect(client: Client, item: Manifest) -> None:
    """Let go what waits for its dependants, as the garbage collector does where there are none."""
    meta = item["metadata"]
    if "deletionTimestamp" in meta and "foregroundDeletion" in meta.get("finalizers", ()):
        rest = [name for name in meta["finalizers"] if name != "foregroundDeletion"]
        body = {"metadata": {"finalizers": rest, "resourceVersion": meta["resourceVersion"]}}
        answer = client.ask("PATCH", client.path_of(item), body, content_type=MERGE)
        assert answer.status in (200, 404, 409), answer


def expand(word: str, values: Mapping[str, str]) -> str:
    """Put values in for $(NAME); a name that has none stays as it is written (Kubernetes, `Container.args`)."""
    for name, value in values.items():
        word = word.replace(f"$({name})", value)
    return word


def _data(client: Client, name: str) -> dict[str, str]:
    found = client.get("v1", "ConfigMap", name, STATE_NAMESPACE) or {}
    return found.get("data") or {}


def _status(done: bool) -> Manifest:
    """The status that the Job controller writes at the end."""
    about = {"status": "True", "lastTransitionTime": _NOW, "lastProbeTime": _NOW}
    if done:
        types = ("SuccessCriteriaMet", "Complete")
        more: Manifest = {"succeeded": 1, "completionTime": _NOW}
    else:
        types = ("FailureTarget", "Failed")
        more = {"failed": 1}
    rows = [{"type": kind, "reason": "CompletionsReached" if done else "DeadlineExceeded", **about} for kind in types]
    return {"startTime": _NOW, "ready": 0, "uncountedTerminatedPods": {}, "conditions": rows, **more}
