"""What a real API server refuses in the middle of a run: named, with whose doing it is, and gone on from afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.apply.events import Stopped
from generator.apply.ports import Point
from generator.apply.run import go_on, start_run
from generator.plan.model import WriteStep
from tests.apply.history import state_now, states_planned
from tests.apply.test_admission import wait_for_refusal
from tests.apply.test_outages import Scene, scene_on
from tests.apply.worlds import Told
from tests.testbed.client import Client
from tests.testbed.fixtures import Servers


@dataclass
class Before:
    """Does something right before the write of a step."""

    step: str
    what: Callable[[], object]

    def at(self, point: Point, step: str) -> None:
        if point is Point.BEFORE_JOURNAL and step == self.step:
            self.what()


def stopped_by(scene: Scene, step: WriteStep, what: Callable[[], object]) -> Stopped:
    """Run until something that happens right before a step stops it there."""
    told = Told()
    assert scene.run(start_run, None, told, faults=Before(step.id, what)) == 3
    (stopped,) = [event for event in told.events if isinstance(event, Stopped)]
    assert stopped.next == step.id
    assert "apply --continue" in stopped.hint
    done = [item.id for item in scene.plan.writes].index(step.id)
    assert state_now(scene.server.client(), scene.plan) == states_planned(scene.plan)[done]
    return stopped


def test_a_field_that_somebody_else_manages_too(servers: Servers, tmp_path: Path) -> None:
    """409: another manager has taken the same value for its own, so the change would take it away."""
    scene = scene_on(servers.clean(), tmp_path)
    admin = scene.server.client()
    step = next(item for item in scene.plan.writes if item.write.before and item.write.after)
    before = step.write.before
    assert before is not None
    share = {key: before[key] for key in ("apiVersion", "kind", "spec")}
    share["metadata"] = {key: before["metadata"][key] for key in ("name", "namespace") if key in before["metadata"]}
    stopped = stopped_by(scene, step, lambda: take_for(admin, share, "gitops"))
    assert stopped.code == "RF8314"
    assert "belong to gitops (409)" in stopped.reason
    assert {field.message for field in stopped.fields} == {"belongs to gitops"}


def take_for(admin: Client, obj: dict[str, Any], manager: str) -> None:
    """Apply an object's own content as another field manager."""
    query = {"fieldManager": manager, "force": "true"}
    answer = admin.ask("PATCH", admin.path_of(obj), obj, query, "application/apply-patch+yaml")
    assert answer.status == 200, answer


def test_an_admission_policy_that_says_no(servers: Servers, tmp_path: Path) -> None:
    """422: its name and its words, and the run goes on once it is gone."""
    scene = scene_on(servers.clean(), tmp_path)
    admin = scene.server.client()
    rule = {"apiGroups": ["projectcalico.org"], "apiVersions": ["v3"], "resources": ["networkpolicies"]}
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "house-rules"}}
    policy = {
        **head,
        "kind": "ValidatingAdmissionPolicy",
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{**rule, "operations": ["CREATE"]}]},
            "validations": [{"expression": "false", "message": "ask the platform team"}],
        },
    }
    bound = {"policyName": "house-rules", "validationActions": ["Deny"]}
    binding = {**head, "kind": "ValidatingAdmissionPolicyBinding", "spec": bound}
    step = next(item for item in scene.plan.writes if item.write.identity.namespace)
    try:
        admin.create(policy)
        admin.create(binding)
        wait_for_refusal(admin)
        stopped = stopped_by(scene, step, lambda: None)
        assert stopped.code == "RF8314"
        assert "'house-rules'" in stopped.reason
        assert "ask the platform team" in stopped.reason
    finally:
        admin.delete(binding)
        admin.delete(policy)
    wait_for_refusal(admin, refused=False)
    assert scene.run(go_on, None, Told()) == 0


def test_a_namespace_that_goes_in_the_middle(servers: Servers, tmp_path: Path) -> None:
    """404, or 403 while it still goes: by its name."""
    scene = scene_on(servers.clean(), tmp_path)
    admin = scene.server.client()
    step = next(item for item in scene.plan.writes if item.write.identity.namespace == "shop-b")
    stopped = stopped_by(scene, step, lambda: admin.delete_namespace("shop-b"))
    assert stopped.code == "RF8308"
    assert "shop-b" in stopped.reason
    assert "(404)" in stopped.reason or "the namespace is being deleted (403)" in stopped.reason
