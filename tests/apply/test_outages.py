"""The API answers wrongly, late or not at all: a run through a proxy that does harm, and over servers that go away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from generator.apply.events import Retried, Stopped
from generator.apply.ports import Point
from generator.apply.run import go_on, start_run, take_back
from generator.apply.stopping import SystemClock
from generator.cluster.backoff import Patience
from generator.cluster.kubeconfig import open_connection
from generator.foundation.errors import RingfenceError
from generator.plan.model import Plan
from tests.apply.bed import open_shops
from tests.apply.history import state_now, states_planned, states_seen, version_now
from tests.apply.worlds import (
    Told,
    call_of,
    read_objects,
    reader,
    shop_plan,
    shop_shape,
    world_of,
)
from tests.testbed import faults
from tests.testbed.access import write_kubeconfig
from tests.testbed.fault_proxy import FaultProxy
from tests.testbed.faults import Fault
from tests.testbed.fixtures import FreshServer, Servers
from tests.testbed.seeds import wait_until_served
from tests.testbed.server import ApiServer

V3 = "projectcalico.org/v3"
SHOPS = ("shop-a", "shop-b")
POLICIES = r"/apis/projectcalico\.org/v3/.+"
STATES = r"/(configmaps|leases)"
PATIENT = Patience(0.05, 2.0, 60.0)

TROUBLES: dict[str, Fault] = {
    "busy": faults.too_many(1),
    "failed": faults.internal_error(),
    "unavailable": faults.unavailable(1),
    "timed out": faults.status(504, "Timeout", "the server was unable to return a response in time"),
    "dropped before": faults.DropBefore(),
    "dropped after": faults.DropAfter(),
    "slow": faults.Slow(0.3),
    "cut short": faults.CutShort(),
}


@dataclass
class Scene:
    """Two shops on a server, a plan for them, and a way to it."""

    server: ApiServer
    plan: Plan
    folder: Path
    since: str

    def run(self, command: Callable[..., Any], url: str | None, told: Told, **more: Any) -> int:
        config = self.server.kubeconfig(self.folder / "kubeconfig", url=url)
        connection = open_connection(str(config)).connection
        read = reader(self.server.client(), V3, SHOPS)
        world = world_of(
            connection, SystemClock(), read, self.plan.intent, told, **{"patience": PATIENT, "duration": 120, **more}
        )
        try:
            command(call_of(self.plan, self.folder / "plan.run"), world)
        except RingfenceError as error:
            return error.exit_code
        return 0


def scene_on(server: ApiServer, folder: Path) -> Scene:
    client = open_shops(server, SHOPS)
    plan = shop_plan(read_objects(client, V3, SHOPS), shop_shape(*SHOPS))
    return Scene(server, plan, folder, version_now(client))


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_with_writes_looks_and_state(servers: Servers, tmp_path: Path, trouble: str) -> None:
    """Writes of objects, of the run's state, and looks: each sort meets the trouble, and the end is the same."""
    scene = scene_on(servers.clean(), tmp_path)
    told = Told()
    with FaultProxy(scene.server) as proxy:
        planted = [
            proxy.plant(TROUBLES[trouble], method, target, first=2)
            for method, target in (("POST", POLICIES), ("PATCH", POLICIES), ("GET", POLICIES), ("PUT", STATES))
        ]
        assert scene.run(start_run, proxy.url, told) == 0
        assert sum(item.hits for item in planted) == 4
        planted = [proxy.plant(TROUBLES[trouble], "DELETE", POLICIES, first=2)]
        assert scene.run(take_back, proxy.url, told) == 0
        assert sum(item.hits for item in planted) == 1
    forward = states_planned(scene.plan)
    assert states_seen(scene.server.client(), scene.plan, scene.since) == forward + forward[-2::-1]
    if trouble not in ("slow",):
        assert told.of(Retried)


@pytest.mark.parametrize("trouble", ["failed", "unavailable", "dropped after"])
def test_trouble_that_does_not_end_is_a_clear_stop(servers: Servers, tmp_path: Path, trouble: str) -> None:
    scene = scene_on(servers.clean(), tmp_path)
    told = Told()
    with FaultProxy(scene.server) as proxy:
        proxy.plant(TROUBLES[trouble], "", POLICIES, first=30, times=10_000)
        code = scene.run(start_run, proxy.url, told, patience=Patience(0.05, 0.2, 2.0))
        assert code == 4
        (stopped,) = told.of(Stopped)
        assert stopped.code == "RF8316"
        assert "apply --continue" in stopped.hint
    assert state_now(scene.server.client(), scene.plan) in states_planned(scene.plan)
    assert scene.run(go_on, None, told) == 0
    assert states_seen(scene.server.client(), scene.plan, scene.since) == states_planned(scene.plan)


@dataclass
class Meanwhile:
    """Does something once, before the write of a step."""

    number: int
    what: Callable[[], None]

    def at(self, point: Point, step: str) -> None:
        if point is Point.BEFORE_REQUEST:
            self.number -= 1
            if not self.number:
                self.what()


def test_servers_that_go_away_and_come_back(fresh_server: FreshServer, tmp_path: Path) -> None:
    server = fresh_server()
    scene = scene_on(server, tmp_path)
    told = Told()

    over = threading.Event()

    def later(seconds: float, what: Callable[[], None]) -> None:
        def wait() -> None:
            time.sleep(seconds)
            what()
            over.wait(120)  # a server lives as long as the thread that started it

        threading.Thread(target=wait, daemon=True).start()

    def kill() -> None:
        server.kill_apiserver()
        later(1.0, server.start_apiserver)

    assert scene.run(start_run, None, told, faults=Meanwhile(4, kill)) == 0
    assert told.of(Retried)
    told.events.clear()
    wait_until_served(server.client(), "v3-3.32")  # the tests' own reader tries once

    def stop_etcd() -> None:
        server.stop_etcd()
        later(2.0, server.start_etcd)

    assert scene.run(take_back, None, told, faults=Meanwhile(4, stop_etcd)) == 0
    assert state_now(server.client(), scene.plan) == states_planned(scene.plan)[0]
    server.stop()
    over.set()


def test_a_wrong_token_is_told_and_nothing_is_written(servers: Servers, tmp_path: Path) -> None:
    scene = scene_on(servers.clean(), tmp_path)
    wrong = {**scene.server.endpoint.tokens, "admin": "canary-wrong"}
    stranger = replace(scene.server.endpoint, tokens=wrong)
    config = tmp_path / "wrong"

    write_kubeconfig(config, stranger)
    world = world_of(
        open_connection(str(config)).connection,
        SystemClock(),
        reader(scene.server.client(), V3, SHOPS),
        scene.plan.intent,
        Told(),
    )
    with pytest.raises(RingfenceError) as failed:
        start_run(call_of(scene.plan, tmp_path / "plan.run"), world)
    assert "canary" not in str(failed.value)
    assert state_now(scene.server.client(), scene.plan) == states_planned(scene.plan)[0]
