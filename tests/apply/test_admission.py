"""Admission policies that are not at work yet, as after a start of the API server: waited for, unlike a refusal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.apply.events import Event, Retried, Stopped
from generator.apply.run import start_run
from generator.cluster import faults
from generator.cluster.access import Request, Response
from generator.cluster.backoff import Patience
from generator.cluster.faults import FaultKind, fault_of
from tests.apply.history import states_planned, states_seen
from tests.apply.memory_api import Answer
from tests.apply.memory_runs import Trial, folder
from tests.apply.test_outages import V3, scene_on
from tests.apply.worlds import Told
from tests.testbed.client import Client
from tests.testbed.server import ApiServer

# As kube-apiserver 1.36.3 said it, of Calico 3.32.1's own policy, in the first 30 s after a restart.
STARTING = (
    'policy "policytypes.policy.projectcalico.org" denied request: failed to configure policy: failed to find resource '
    "referenced by paramKind: 'projectcalico.org/v3, Kind=NetworkPolicy'"
)
SYNCING = (
    "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed to configure binding: paramKind kind "
    "`example.org/v1, Kind=Limits` not yet synced to use for admission"
)
DENIED = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no such thing here"
QUOTED = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: else you failed to configure policy: ask us"
NO_RIGHT = 'globalnetworkpolicies.projectcalico.org "x" is forbidden: User "u" cannot create resource'
PLUGIN = 'globalnetworkpolicies.projectcalico.org "x" is forbidden: not yet ready to handle request'


def refusal(status: int, message: str, *causes: str) -> Response:
    details = {"name": "x", "causes": [{"message": cause} for cause in causes]} if causes else {"name": "x"}
    reason = {403: "Forbidden", 422: "Invalid"}.get(status, "Unknown")
    body = {"kind": "Status", "status": "Failure", "code": status, "reason": reason, "message": message}
    return Response(status, {**body, "details": details})


PASSING = {
    "a kind of parameters not found yet": refusal(403, STARTING, STARTING),
    "of a validating policy": refusal(422, SYNCING, SYNCING),
    "of several": refusal(403, STARTING, STARTING, SYNCING),
    "the plugin itself": refusal(403, PLUGIN),
}
LASTING = {
    "a right": refusal(403, NO_RIGHT),
    "a policy that says no": refusal(422, DENIED, DENIED),
    "one that says no beside one that starts": refusal(403, STARTING, STARTING, DENIED),
    "one that starts beside one that says no": refusal(403, DENIED, DENIED, STARTING),
    "words of a policy": refusal(403, QUOTED, QUOTED),
    "the words without a cause": refusal(403, STARTING),
    "another status": refusal(400, STARTING, STARTING),
    "a text": Response(403, STARTING),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_by_itself(name: str) -> None:
    fault = fault_of(PASSING[name])
    assert fault is not None
    assert (fault.kind, fault.happened) == (FaultKind.PASSES, False)
    assert "not at work yet" in fault.words


@pytest.mark.parametrize("name", LASTING)
def test_what_does_not(name: str) -> None:
    fault = fault_of(LASTING[name])
    assert fault is not None
    assert fault.kind in (FaultKind.FORBIDDEN, FaultKind.INVALID)


def writes_answered(answer: Response, times: int) -> Trial:
    """Return a run whose creations of policies get this answer so many times before they are taken."""
    trial = Trial(folder())
    left = [times]

    def intercept(request: Request, api: Answer) -> Response:
        if request.method == "POST" and request.path.endswith("policies") and left[0]:
            left[0] -= 1
            return answer
        return api(request)

    trial.api.intercept = intercept
    return trial


def start_is_waited_for() -> None:
    """A run meets a server that has just started, and ends in the target; nothing is written twice."""
    for answer in PASSING.values():
        trial = writes_answered(answer, 4)
        assert trial.run("apply") == 0
        assert len(trial.told.of(Retried)) == 4
        assert trial.api.states(trial.plan) == states_planned(trial.plan)


def start_that_never_ends_is_a_clear_stop() -> None:
    """A policy whose parameters nobody knows ends the run after a while, and it goes on once that is mended."""
    trial = writes_answered(PASSING["of several"], 10_000)
    assert trial.run("apply", duration=600) == 4
    (stopped,) = trial.told.of(Stopped)
    assert stopped.code == "RF8316"
    assert "admission policies are not at work yet (403)" in stopped.reason
    trial.api.intercept = None
    assert trial.run("continue") == 0


def refusal_is_not_waited_for() -> None:
    """A policy that says no, and a right that is missing, stop the run at once."""
    for name in ("a right", "a policy that says no", "one that says no beside one that starts"):
        trial = writes_answered(LASTING[name], 1)
        assert trial.run("apply") == 3
        assert trial.told.of(Retried) == []


LAWS = (start_is_waited_for, start_that_never_ends_is_a_clear_stop, refusal_is_not_waited_for)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Any) -> None:
    law()


def test_a_start_taken_for_a_refusal_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "is_not_at_work_yet", lambda answer: False)
    with pytest.raises(AssertionError):
        start_is_waited_for()


def test_a_refusal_taken_for_a_start_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "is_not_at_work_yet", lambda answer: answer.status in (403, 422))
    with pytest.raises(AssertionError):
        refusal_is_not_waited_for()


@dataclass
class MendsOnRetry(Told):
    """Hears what a run tells, and takes an admission policy away once the run has been refused twice because of it."""

    mend: Callable[[], None] = lambda: None

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        if isinstance(event, Retried) and len(self.of(Retried)) == 2:
            self.mend()


@pytest.mark.parametrize("kind", ["ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"])
def test_a_server_that_does_not_know_the_kind_of_parameters(clean_server: ApiServer, tmp_path: Path, kind: str) -> None:
    """The server's own answers, as in the first half minute after its start: not a refusal, and nothing is doubled."""
    admin = clean_server.client()
    scene = scene_on(clean_server, tmp_path)
    policy, binding = with_unknown_parameters(kind)
    try:
        admin.create(policy)
        admin.create(binding)
        wait_for_refusal(admin)
        told = MendsOnRetry(mend=lambda: admin.delete(binding))
        assert scene.run(start_run, None, told, patience=Patience(0.5, 1.0, 60.0)) == 0
    finally:
        admin.delete(binding)
        admin.delete(policy)
    assert all("admission policies are not at work yet (4" in retried.reason for retried in told.of(Retried))
    assert states_seen(admin, scene.plan, scene.since) == states_planned(scene.plan)


def with_unknown_parameters(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an admission policy with parameters of a kind that no CRD serves, and its binding."""
    rule = {"apiGroups": ["projectcalico.org"], "apiVersions": ["v3"], "resources": ["networkpolicies"]}
    spec: dict[str, Any] = {
        "failurePolicy": "Fail",
        "paramKind": {"apiVersion": "example.org/v1", "kind": "Limits"},
        "matchConstraints": {"resourceRules": [{**rule, "operations": ["CREATE"]}]},
    }
    bound: dict[str, Any] = {
        "policyName": "asks",
        "paramRef": {"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"},
    }
    if kind == "ValidatingAdmissionPolicy":
        version = "admissionregistration.k8s.io/v1"
        spec["validations"] = [{"expression": "true"}]
        bound["validationActions"] = ["Deny"]
    else:
        version = "admissionregistration.k8s.io/v1beta1"
        spec["reinvocationPolicy"] = "Never"
        patch = 'Object{metadata: Object.metadata{labels: {"a": "b"}}}'
        spec["mutations"] = [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": patch}}]
    head = {"apiVersion": version, "metadata": {"name": "asks"}}
    return {**head, "kind": kind, "spec": spec}, {**head, "kind": f"{kind}Binding", "spec": bound}


def wait_for_refusal(admin: Client, *, refused: bool = True) -> None:
    """Return once a new admission policy is heeded, or one that is gone is not any more."""
    asks = {"apiVersion": V3, "kind": "NetworkPolicy", "metadata": {"name": "asks", "namespace": "default"}, "spec": {}}
    until = time.monotonic() + 60
    while (admin.ask("POST", admin.path_of(asks, collection=True), asks, {"dryRun": "All"}).status < 400) == refused:
        assert time.monotonic() < until
        time.sleep(0.1)
