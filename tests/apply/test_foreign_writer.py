"""Somebody else edits, deletes and makes our objects while a run goes on: seen each time, nothing of theirs lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.apply.course import forward_course
from generator.apply.events import Stopped
from generator.apply.freshness import NotFresh
from generator.apply.ports import Point
from generator.apply.run import go_on, start_run, take_back
from generator.apply.stopping import SystemClock
from generator.calico.objects import Identity
from generator.cluster.access import Connection, Request, Response
from generator.cluster.kubeconfig import open_connection
from generator.foundation.errors import RingfenceError
from generator.plan.model import Manifest, Plan, WriteStep
from tests.apply.bed import open_shops
from tests.apply.history import state_now, states_planned
from tests.apply.worlds import (
    Told,
    call_of,
    read_objects,
    reader,
    shop_plan,
    shop_shape,
    stripped,
    world_of,
)
from tests.testbed.client import Client
from tests.testbed.fixtures import Servers

V3 = "projectcalico.org/v3"
SHOPS = ("shop-a", "shop-b", "shop-c")
ROUNDS = 200


@dataclass
class Foreigner:
    """Does one thing to one object of the plan at one moment of a run, and undoes it when asked."""

    client: Client
    plan: Plan
    chance: random.Random
    contents: dict[Identity, Manifest | None]  # as they should be just now
    step: WriteStep
    at_request: bool  # between the run's look and its write, else before the look
    left: int = 1
    theirs: tuple[dict[str, Any], dict[str, Any] | None] | None = None  # the object's address, what they left there

    def meddle(self) -> None:
        if not self.left:
            return
        self.left -= 1
        there = [identity for identity, manifest in self.contents.items() if manifest is not None]
        others = [identity for identity in there if identity != self.step.write.identity]
        target = self.chance.choice(others) if others and self.chance.random() < 0.3 else self.step.write.identity
        manifest = self.contents[target]
        if manifest is None:
            assert self.step.write.after is not None
            made = self._changed(self.step.write.after)
            self.client.create(made)
            self.theirs = made, self._live(made)
        elif self.chance.random() < 0.4:
            self.client.delete(dict(manifest))
            self.theirs = dict(manifest), None
        else:
            live = self._live(manifest)
            assert live is not None
            self.client.replace(self._changed(live))
            self.theirs = dict(manifest), self._live(manifest)

    def is_untouched(self) -> bool:
        assert self.theirs is not None
        return self._live(self.theirs[0]) == self.theirs[1]

    def undo(self, contents: dict[Identity, Manifest | None]) -> None:
        """Put back what should be there, as the run itself would have written it."""
        assert self.theirs is not None
        address, live = self.theirs
        wanted = next((item for item in contents.values() if item is not None and _same(item, address)), None)
        if live is not None:
            self.client.delete(address)
        if wanted is not None:
            path = self.client.path_of(wanted, collection=True)
            assert self.client.ask("POST", path, stripped(wanted), {"fieldManager": "ringfence"}).status == 201

    def _live(self, manifest: Manifest) -> dict[str, Any] | None:
        meta = manifest["metadata"]
        return self.client.get(manifest["apiVersion"], manifest["kind"], meta["name"], meta.get("namespace"))

    def _changed(self, manifest: Manifest) -> dict[str, Any]:
        spec = dict(manifest["spec"])
        if "nets" in spec:
            spec["nets"] = [*spec["nets"], f"192.0.2.{self.chance.randrange(256)}/32"]
        else:
            spec["order"] = self.chance.randrange(2_000, 9_000)
        return {**manifest, "spec": spec}


def _same(one: Manifest, other: Manifest) -> bool:
    return (
        one["kind"] == other["kind"]
        and one["metadata"]["name"] == other["metadata"]["name"]
        and (one["metadata"].get("namespace") == other["metadata"].get("namespace"))
    )


@dataclass
class Meddled:
    """A connection on which somebody is faster than the run's write."""

    inner: Connection
    foreigner: Foreigner

    def send(self, request: Request) -> Response:
        policies = "projectcalico.org" in request.path
        if (
            self.foreigner.at_request
            and request.method != "GET"
            and policies
            and ("dryRun", "All") not in request.query
        ):
            self.foreigner.meddle()
        return self.inner.send(request)


@dataclass
class AtPoint:
    """A hook by which somebody is there just before the run looks."""

    foreigner: Foreigner

    def at(self, point: Point, step: str) -> None:
        if point is Point.BEFORE_REQUEST and not self.foreigner.at_request:
            self.foreigner.meddle()


def test_somebody_elses_change_is_seen_and_kept(servers: Servers, tmp_path: Path) -> None:
    server = servers.clean()
    client = open_shops(server, SHOPS)
    plan = shop_plan(read_objects(client, V3, SHOPS), shop_shape(*SHOPS))
    real = open_connection(str(server.kubeconfig(tmp_path / "kubeconfig"))).connection
    read = reader(client, V3, SHOPS)
    chance = random.Random(6)
    call = call_of(plan, tmp_path / "plan.run")
    course = forward_course(plan, call.digest)
    command: Callable[..., Any] = start_run
    rounds = later = done = 0
    while rounds < ROUNDS:
        quiet = world_of(real, SystemClock(), read, plan.intent, Told())
        number = next((n for n in range(done, len(plan.steps)) if isinstance(plan.steps[n], WriteStep)), None)
        if number is None:  # all the way, back, and once more
            assert [_run(go_on, call, quiet), _run(take_back, call, quiet)] == [0, 0]
            command, done = start_run, 0
            continue
        step = plan.steps[number]
        assert isinstance(step, WriteStep)
        foreigner = Foreigner(client, plan, chance, course.contents_at(number), step, chance.random() < 0.5)
        told = Told()
        hook = AtPoint(foreigner)
        world = world_of(Meddled(real, foreigner), SystemClock(), read, plan.intent, told, faults=hook)
        code = _run(command, call, world)
        assert code == 3, (rounds, step)
        assert foreigner.theirs is not None
        assert foreigner.is_untouched(), (rounds, step)
        rounds += 1
        stopped = told.of(Stopped)
        assert stopped, told.events
        assert stopped[-1].code == "RF8305"
        assert stopped[-1].versions
        later += stopped[-1].done > number
        done, command = stopped[-1].done, go_on
        foreigner.undo(course.contents_at(done))
        if rounds % 10 == 0 and done <= number:  # one step further
            quiet = world_of(real, SystemClock(), read, plan.intent, Told())
            assert _run(go_on, call_of(plan, call.folder, until=step.id), quiet) == 0
            done = number + 1
    assert later > 0  # some were seen only when the run looked at everything again
    quiet = world_of(real, SystemClock(), read, plan.intent, Told())
    assert _run(go_on, call, quiet) == 0
    assert state_now(client, plan) == states_planned(plan)[-1]


def _run(command: Callable[..., Any], call: Any, world: Any) -> int:
    try:
        command(call, world)
    except RingfenceError as error:
        return error.exit_code
    except NotFresh as error:
        raise AssertionError(error.check.drifts) from error
    return 0
