"""A request whose answer was lost and that reaches the server only when the run is over: a proxy keeps it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator.apply.late import find_late
from generator.apply.ports import Direction, Progress, RunStatus
from generator.apply.run import start_run, take_back
from generator.apply.state_copy import ClusterStateCopy
from generator.apply.status import IntentStatus, find_status
from generator.apply.stopping import SystemClock
from generator.cluster.access import Connection, Request, Response
from generator.cluster.kubeconfig import open_connection
from generator.plan.model import Plan, WriteStep
from generator.report.status import status_text
from tests.apply.bed import V3, Bed, open_shops
from tests.apply.memory_api import Killed
from tests.apply.worlds import (
    STATE,
    Told,
    call_of,
    policies,
    shop_objects,
    shop_plan,
    shop_shape,
)
from tests.faults.calico import Fault
from tests.faults.late import FAULTS_OF_LATE_WRITES
from tests.testbed.fault_proxy import FaultProxy
from tests.testbed.faults import Late, Planted
from tests.testbed.fixtures import Servers

SHOPS = ("shop-a", "shop-b")


@dataclass
class Mortal:
    """A connection whose process is gone once a fault has struck."""

    connection: Connection
    fault: Planted
    lives: bool = True

    def send(self, request: Request) -> Response:
        if self.fault.hits and not self.lives:
            raise Killed
        return self.connection.send(request)


@dataclass(kw_only=True)
class LateBed(Bed):
    proxy: FaultProxy
    folder: Path

    def run(self, command: Callable[..., Any], plan: Plan, folder: str, connection: Connection | None = None) -> Told:
        self.told = Told()
        command(call_of(plan, self.folder / folder), self.world(connection=connection, duration=1))
        return self.told

    def status(self) -> IntentStatus:
        saved = ClusterStateCopy(self.connection, SystemClock(), STATE, "shop").load()
        return find_status(self.read(), "shop", saved)

    def late(self) -> tuple[tuple[str, str], ...]:
        run = self.status().run
        assert run is not None
        return run.late

    def deliver(self, fault: Planted) -> int:
        """Let go on what was kept, and return what the server says to it."""
        (seen,) = [item for item in self.proxy.seen if isinstance(item.fault, Late)]
        fault.release()
        until = time.monotonic() + 30
        while seen.status is None and time.monotonic() < until:
            time.sleep(0.02)
        assert seen.status is not None
        return seen.status


@pytest.fixture
def bed(servers: Servers, tmp_path: Path) -> Iterator[LateBed]:
    server = servers.clean()
    client = open_shops(server, SHOPS)
    with FaultProxy(server) as proxy:
        connection = open_connection(str(server.kubeconfig(tmp_path / "config", url=proxy.url))).connection
        yield LateBed(client, connection, SHOPS, proxy=proxy, folder=tmp_path)


def test_a_creation_that_comes_after_the_rollback_is_found_and_taken_back(bed: LateBed) -> None:
    """Its second try has succeeded, so nobody has a doubt; nothing can forbid the first one once the name is free."""
    start, plan = policies(bed.client, V3), bed.plan()
    fault = bed.proxy.plant(Late(), "POST", r"/globalnetworkpolicies\?")
    bed.run(start_run, plan, "run")
    assert fault.hits == 1
    assert bed.late() == ()
    bed.run(take_back, plan, "run")
    assert policies(bed.client, V3) == start
    assert bed.late() == ()
    assert bed.deliver(fault) == 201
    ((name, step),) = bed.late()
    assert name in {str(item.write.identity) for item in plan.writes}
    said = " ".join(status_text([bed.status()]).split())
    assert f"{name} is as {step} made it, though the run has ended otherwise" in said
    assert "take it back: ringfence rollback --intent shop" in said
    told = bed.run(take_back, plan, "run")
    assert [event.object for event in told.events if hasattr(event, "verb")] == [name]
    assert policies(bed.client, V3) == start
    assert bed.late() == ()


def test_a_change_in_doubt_comes_through_only_where_nobody_has_written_since(bed: LateBed) -> None:
    """The process dies without an answer. The way back has nothing to write on that object, so its version stays."""
    bed.run(start_run, bed.plan(), "first")
    start = policies(bed.client, V3)
    plan = bed.plan(nets=("192.0.2.0/24",))
    first = next(step for step in plan.writes if step.write.before is not None and step.write.after is not None)
    number = plan.steps.index(first)
    assert first.write.identity not in {step.write.identity for step in plan.writes if plan.steps.index(step) < number}
    path = rf"/{first.write.identity.name}(\?|$)"
    fault = bed.proxy.plant(Late(), "PATCH" if first.write.identity.kind.value != "GlobalNetworkSet" else "PUT", path)
    with pytest.raises(Killed):
        bed.run(start_run, plan, "second", Mortal(bed.connection, fault, lives=False))
    assert fault.hits == 1
    bed.run(take_back, plan, "second")
    assert policies(bed.client, V3) == start
    assert bed.deliver(fault) == 200
    assert bed.late() == ((str(first.write.identity), first.id),)
    bed.run(take_back, plan, "second")
    assert policies(bed.client, V3) == start
    assert bed.late() == ()


def test_a_change_in_doubt_is_refused_once_the_way_back_has_written_its_object(bed: LateBed) -> None:
    plan = bed.plan()
    start = policies(bed.client, V3)
    written = [step.write.identity for step in plan.writes]
    twice = next(step for n, step in enumerate(plan.writes) if written[n] in written[:n])
    fault = bed.proxy.plant(Late(), "PATCH", rf"/{twice.write.identity.name}\?")
    with pytest.raises(Killed):
        bed.run(start_run, plan, "run", Mortal(bed.connection, fault, lives=False))
    bed.run(take_back, plan, "run")
    assert bed.deliver(fault) in (404, 409)
    assert policies(bed.client, V3) == start
    assert bed.late() == ()


def what_is_late_is_told_from_what_belongs_there() -> None:
    """Of each step, in each direction: what came through is found, and what a run has left is not."""
    world = shop_objects(*SHOPS)
    plan = shop_plan(world, shop_shape(*SHOPS))
    start: dict[Any, Any] = {step.write.identity: None for step in plan.writes}
    end = {step.write.identity: step.write.after for step in plan.writes}
    forward = Progress("r", "p", Direction.FORWARD, 0, len(plan.steps), RunStatus.FINISHED, "")
    live = {identity: manifest for identity, manifest in end.items() if manifest is not None}
    assert find_late(plan, forward, live) == ()
    for number, step in enumerate(plan.steps):
        back = Progress("r", "p", Direction.BACK, number, 0, RunStatus.FINISHED, "")
        assert find_late(plan, back, {}) == ()
        if not isinstance(step, WriteStep):
            continue
        identity, after = step.write.identity, step.write.after
        assert after is not None
        found = find_late(plan, back, {identity: after})
        created = step.write.before is None
        assert [late.step.id for late in found] == ([step.id] if created else [])
        assert all(late.back.write.after is start[identity] for late in found)
        stopped = Progress("r", "p", Direction.BACK, number, 0, RunStatus.STOPPED, "")
        assert find_late(plan, stopped, {identity: after}) == ()
    narrower = next(step for step in plan.writes if step.stage == "cutover")
    assert find_late(plan, forward, {**live, narrower.write.identity: narrower.write.after}) == ()  # as in a pause
    update = next(step for step in plan.writes if step.write.before is not None)
    alone = [step for step in plan.steps if step is update]
    in_doubt = Plan(**{**{name: getattr(plan, name) for name in plan.__dataclass_fields__}, "steps": tuple(alone)})
    back = Progress("r", "p", Direction.BACK, 0, 0, RunStatus.FINISHED, "")
    assert update.write.after is not None
    assert [late.step for late in find_late(in_doubt, back, {update.write.identity: update.write.after})] == [update]


def test_what_is_late_is_told_from_what_belongs_there() -> None:
    what_is_late_is_told_from_what_belongs_there()


@pytest.mark.parametrize("fault", FAULTS_OF_LATE_WRITES, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        what_is_late_is_told_from_what_belongs_there()
