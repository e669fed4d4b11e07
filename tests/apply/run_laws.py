"""What has to hold of runs that somebody disturbs, as functions: the tests call them, and planted faults break them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from generator.apply.events import Stopped
from generator.apply.journal import FILE
from generator.apply.lease import LeaseFence
from generator.apply.ports import Point
from generator.calico.objects import Identity
from generator.cluster.access import NoAnswer, Request, Response
from generator.plan.model import WriteStep
from tests.apply.history import states_planned
from tests.apply.memory_api import Answer
from tests.apply.memory_runs import Trial, folder, small_plan
from tests.apply.policy_api import PolicyApi
from tests.apply.worlds import FewWaits
from tests.plan.worlds import pod


@dataclass
class At:
    """Does something once: when a step comes to a point."""

    point: Point
    step: str
    what: Callable[[], None]
    done: bool = False

    def at(self, point: Point, step: str) -> None:
        if not self.done and (point, step) == (self.point, self.step):
            self.done = True
            self.what()


def writes() -> list[WriteStep]:
    return list(small_plan().writes)


def edit(api: PolicyApi, identity: Identity) -> dict[str, Any]:
    """Change an object past the run, and return what is there then."""
    key = api.key_of(identity)
    there = api.objects[key]
    return api.put(key, {**there, "spec": {**there["spec"], "order": 7_777}}, "MODIFIED")


def change_before_the_look_stops_the_run() -> None:
    """An object that somebody changed after its step is not written over by a later step."""
    trial = Trial(folder())
    step = next(step for step in writes() if step.write.before is not None)
    left: list[Any] = []
    hook = At(Point.BEFORE_REQUEST, step.id, lambda: left.append(edit(trial.api, step.write.identity)))
    assert trial.run("apply", faults=hook) == 3
    assert trial.api.objects[trial.api.key_of(step.write.identity)] == left[0]
    (stopped,) = trial.told.of(Stopped)
    assert (stopped.code, stopped.versions[0].found) == ("RF8305", left[0])


def change_between_look_and_removal_stays() -> None:
    """A removal takes away exactly the version that was looked at."""
    trial = Trial(folder())
    assert trial.run("apply") == 0
    identity = writes()[-1].write.identity
    left: list[Any] = []

    def intercept(request: Request, answer: Answer) -> Response:
        if request.method == "DELETE" and not left:
            left.append(edit(trial.api, identity_at(trial.api, request)))
        return answer(request)

    trial.api.intercept = intercept
    assert trial.run("rollback") == 3
    assert left[0] in trial.api.objects.values()
    assert identity in {step.write.identity for step in writes()}


def identity_at(api: PolicyApi, request: Request) -> Identity:
    """Return the plan's object that a request is about."""
    found = {step.write.identity for step in small_plan().writes}
    name = request.path.rpartition("/")[2]
    return next(
        item for item in sorted(found) if item.name == name and api.key_of(item)[0].split("/")[-1] in request.path
    )


def change_of_a_written_object_is_seen() -> None:
    """An object that no later step writes is looked at too, after each wait."""
    trial = Trial(folder())
    first = writes()[1]
    left: list[Any] = []
    hook = At(Point.AFTER_PROGRESS, first.id, lambda: left.append(edit(trial.api, first.write.identity)))
    assert trial.run("apply", faults=hook) == 3
    assert len(trial.api.states(trial.plan)) < len(states_planned(trial.plan))
    assert trial.api.objects[trial.api.key_of(first.write.identity)] == left[0]


def somebody_elses_object_is_not_ours() -> None:
    """A name that somebody takes between look and creation is theirs."""
    trial = Trial(folder())
    step = writes()[2]
    assert step.write.after is not None
    theirs = {**step.write.after, "spec": {**step.write.after["spec"], "order": 7_777}}
    left: list[Any] = []

    def intercept(request: Request, answer: Answer) -> Response:
        is_it = request.method == "POST" and request.path.endswith("policies") and not left
        if is_it and request.body["metadata"]["name"] == step.write.identity.name:
            left.append(trial.api.put(trial.api.key_of(step.write.identity), theirs, "ADDED"))
        return answer(request)

    trial.api.intercept = intercept
    assert trial.run("apply") == 3
    assert trial.told.of(Stopped)[0].next == step.id
    assert trial.api.objects[trial.api.key_of(step.write.identity)] == left[0]


def what_the_server_keeps_otherwise_stops_the_run() -> None:
    """A field that admission changes is seen when the object is read back."""
    trial = Trial(folder())

    def admit(manifest: dict[str, Any]) -> dict[str, Any]:
        if manifest["kind"] != "NetworkPolicy":
            return manifest
        return {**manifest, "spec": {**manifest["spec"], "order": 1}}

    trial.api.admit = admit
    assert trial.run("apply") == 3
    (stopped,) = trial.told.of(Stopped)
    assert stopped.code == "RF8315"


def warning_stops_the_run() -> None:
    """A warning of the server means that something is not as the plan thought."""
    trial = Trial(folder())
    trial.api.warn = lambda request: ("unknown field",) if "globalnetworkpolicies" in request.path else ()
    assert trial.run("apply") == 3
    assert trial.told.of(Stopped)[0].code == "RF8315"


def refusal_that_looks_like_trouble_is_no_success() -> None:
    """A server that answers 504 to every creation has created nothing."""
    trial = Trial(folder())

    def intercept(request: Request, answer: Answer) -> Response:
        if request.method == "POST" and "globalnetworkpolicies" in request.path:
            return Response(504, {"reason": "Timeout"})
        return answer(request)

    trial.api.intercept = intercept
    assert trial.run("apply", duration=600) == 4
    assert trial.told.of(Stopped)[0].code == "RF8316"


def lost_lease_stops_writes() -> None:
    """Once another run has the Lease, nothing more of the plan is written."""
    trial = Trial(folder())
    step = writes()[3]
    seen: list[int] = []

    def lose() -> None:
        seen.append(len(trial.api.states(trial.plan)))
        fence = trial.world.fence
        assert isinstance(fence, LeaseFence)
        fence._ours = None

    assert trial.run("apply", faults=At(Point.BEFORE_REQUEST, step.id, lose)) == 3
    assert trial.told.of(Stopped)[0].code == "RF8313"
    assert len(trial.api.states(trial.plan)) == seen[0]


def missing_right_is_told_before_any_write() -> None:
    """A right that is missing for the last step, or for the way back, is missing before the first."""
    trial = Trial(folder())
    trial.api.refused_rights = {"delete networkpolicies", "update leases"}
    before = len(trial.api.log)
    assert trial.run("apply") == 3
    assert len(trial.api.log) == before


def another_machine_goes_on() -> None:
    """What one machine did, another knows from the cluster alone; and the first one knows what the other did."""
    trial = Trial(folder())
    first = trial.folder
    until = [step.id for step in trial.plan.writes][4]
    assert trial.run("apply", until=until) == 0
    trial.folder = folder()
    until = [step.id for step in trial.plan.writes][8]
    assert trial.run("continue", until=until) == 0
    trial.folder = first
    assert trial.run("continue") == 0
    assert trial.api.states(trial.plan) == states_planned(trial.plan)


def troubled_nodes_hold_the_cut_over() -> None:
    """A restart of calico-node that is seen stops the run before it takes anything away."""
    from tests.apply.worlds import CalmWatch

    trial = Trial(folder())
    assert trial.run("apply", watch=CalmWatch()) == 0
    other = Trial(folder())
    calm = CalmWatch()
    cut = next(step for step in writes() if step.stage.value == "cutover")

    def restart() -> None:
        calm.found = ("calico-node on node-1 has restarted",)

    assert other.run("apply", watch=calm, faults=At(Point.AFTER_PROGRESS, cut.id, restart)) == 3
    assert other.told.of(Stopped)[0].code == "RF8318"
    assert other.told.of(Stopped)[0].next != cut.id


def stop_that_is_asked_for_leaves_a_proven_state() -> None:
    """SIGINT in the middle of a write ends the run behind it, and it goes on from there."""
    trial = Trial(folder())
    step = writes()[5]
    assert trial.run("apply", faults=At(Point.AFTER_REQUEST, step.id, lambda: trial.ask_to_stop())) == 3
    assert trial.told.of(Stopped)[0].code == "RF8312"
    assert len(trial.api.states(trial.plan)) == 7
    assert trial.run("continue") == 0
    assert trial.api.states(trial.plan) == states_planned(trial.plan)


def damaged_journal_is_not_used() -> None:
    """A record that somebody has changed ends the command before anything is written."""
    trial = Trial(folder())
    assert trial.run("apply", until=writes()[3].id) == 0
    file = trial.folder / FILE
    file.write_bytes(file.read_bytes().replace(b'"uid":"uid-', b'"uid":"uid+', 1))
    assert trial.run("continue") == 3
    assert len(trial.api.states(trial.plan)) == 5


def waits_are_not_left_out() -> None:
    """Each wait of the plan is waited for, in its place."""
    trial = Trial(folder())
    waits = FewWaits()
    assert trial.run("apply", waits=waits) == 0
    assert waits.seen == [step.id for step in trial.plan.steps if type(step).__name__ == "WaitStep"]


def every_record_is_on_the_disk_before_anything_is_sent() -> None:
    """Each write of an object has its record synced before it, and its end synced before the next one begins."""
    trial = Trial(folder())
    calls: list[str] = []
    sync = os.fsync

    def intercept(request: Request, answer: Answer) -> Response:
        if request.method != "GET" and request.path.startswith("/apis/projectcalico.org"):
            calls.append("write")
        return answer(request)

    def synced(file: int) -> None:
        calls.append("sync")
        sync(file)

    trial.api.intercept = intercept
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", synced)
        assert trial.run("apply") == 0
    places = [number for number, call in enumerate(calls) if call == "write"]
    assert len(places) == len(trial.plan.writes)
    assert all(calls[number - 2 : number] == ["sync", "sync"] for number in places)
    assert all(calls[number + 1] == "sync" for number in places)


def plan_of_files_is_not_carried_out() -> None:
    """A plan that was not made from a whole cluster, or has no proof, writes nothing."""
    for plan in (replace(small_plan(), applyable=False), replace(small_plan(), errored=True)):
        trial = Trial(folder(), plan)
        assert trial.run("apply") == 3
        assert trial.api.log == []


def stale_plan_is_refused() -> None:
    """What has changed around the plan is proven anew: at first, and half-way too, as if nothing had been begun."""
    trial = Trial(folder())
    trial.api.around.append(pod("shop-a", "stranger"))
    assert trial.run("apply") == 3
    assert trial.api.log == []
    half = Trial(folder())
    assert half.run("apply", until=half.plan.writes[5].id) == 0
    half.api.around.append(pod("shop-b", "stranger"))
    seen = len(half.api.states(half.plan))
    assert half.run("continue") == 3
    assert len(half.api.states(half.plan)) == seen
    half.api.around.pop()
    assert half.run("continue") == 0


def failure_outside_of_the_steps_keeps_its_words() -> None:
    """Where the run's state cannot be kept the run stops with that reason, and can go on when it can."""
    trial = Trial(folder())
    step = writes()[4]

    def forbid() -> None:
        trial.api.forbidden.add(("PUT", "configmaps"))

    assert trial.run("apply", faults=At(Point.BEFORE_REQUEST, step.id, forbid)) in (3, 4)
    assert trial.told.of(Stopped)[0].code == "RF8202"
    assert len(trial.api.states(trial.plan)) == 6
    trial.api.forbidden.clear()
    assert trial.run("continue") == 0
    assert trial.api.states(trial.plan) == states_planned(trial.plan)


def server_that_hangs_keeps_nobody_waiting() -> None:
    """Where nothing is answered any more the run ends without trying to keep its state there, and goes on later."""
    trial = Trial(folder())
    hung = [0]

    def intercept(request: Request, answer: Answer) -> Response:
        if "/leases" in request.path:  # whoever holds it may be slow to let it go, and is tested elsewhere
            return answer(request)
        if hung[0] or (request.method == "POST" and request.path.endswith("policies")):
            hung[0] = hung[0] or len(trial.api.sent)
            raise NoAnswer("no answer came in time", sent=True)
        return answer(request)

    trial.api.intercept = intercept
    assert trial.run("apply", duration=600) == 4
    since = trial.api.sent[hung[0] :]
    assert not [request for request in since if "/configmaps" in request.path]
    assert [request.timeout for request in since if request.path == "/readyz"] == [5.0]
    trial.api.intercept = None
    assert trial.run("continue") == 0
    assert trial.api.states(trial.plan) == states_planned(trial.plan)


LAWS: tuple[Callable[[], None], ...] = (
    server_that_hangs_keeps_nobody_waiting,
    plan_of_files_is_not_carried_out,
    stale_plan_is_refused,
    failure_outside_of_the_steps_keeps_its_words,
    every_record_is_on_the_disk_before_anything_is_sent,
    change_before_the_look_stops_the_run,
    change_between_look_and_removal_stays,
    change_of_a_written_object_is_seen,
    somebody_elses_object_is_not_ours,
    what_the_server_keeps_otherwise_stops_the_run,
    warning_stops_the_run,
    refusal_that_looks_like_trouble_is_no_success,
    lost_lease_stops_writes,
    missing_right_is_told_before_any_write,
    another_machine_goes_on,
    troubled_nodes_hold_the_cut_over,
    stop_that_is_asked_for_leaves_a_proven_state,
    damaged_journal_is_not_used,
    waits_are_not_left_out,
)
