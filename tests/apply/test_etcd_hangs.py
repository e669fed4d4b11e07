"""etcd does not go away but stands still, and the API server with it: for a while, or for longer than anybody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generator.apply.events import Event, Stopped
from generator.apply.ports import Point
from generator.apply.run import go_on, start_run, take_back
from generator.cluster.backoff import Patience
from tests.apply.history import state_now, states_planned, states_seen
from tests.apply.test_outages import POLICIES, scene_on
from tests.apply.worlds import Told
from tests.testbed.fault_proxy import FaultProxy
from tests.testbed.faults import Hold
from tests.testbed.fixtures import FreshServer
from tests.testbed.server import ApiServer

A_WHILE = 6.0  # seconds
IMPATIENT = Patience(0.1, 0.5, 10.0, until=5.0)


@dataclass
class HangsAt:
    """Holds etcd up for a while, once, at a point of one of the writes."""

    server: ApiServer
    point: Point
    number: int

    def at(self, point: Point, step: str) -> None:
        self.number -= point is self.point
        if not self.number:
            self.number = -1
            self.server.hang_etcd()
            threading.Timer(A_WHILE, self.server.wake_etcd).start()


@dataclass
class WakesOnStop(Told):
    """Hears what a run tells, and lets etcd go on once the run has given up."""

    wake: Callable[[], None] = lambda: None

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        if isinstance(event, Stopped):
            self.wake()


@contextmanager
def awake_afterwards(server: ApiServer) -> Iterator[None]:
    try:
        yield
    finally:
        server.wake_etcd()


def test_a_run_outlives_it_or_stops_and_goes_on(fresh_server: FreshServer, tmp_path: Path) -> None:
    server = fresh_server()
    scene = scene_on(server, tmp_path)
    forward = states_planned(scene.plan)
    seen = forward + forward[-2::-1]
    with awake_afterwards(server):
        for command, point in ((start_run, Point.BEFORE_REQUEST), (take_back, Point.AFTER_REQUEST)):
            assert scene.run(command, None, Told(), faults=HangsAt(server, point, 4)) == 0
        assert states_seen(server.client(), scene.plan, scene.since) == seen

        told = WakesOnStop(wake=server.wake_etcd)
        begun = time.monotonic()
        with FaultProxy(server) as proxy:
            held = proxy.plant(Hold(), "POST", POLICIES, first=5)

            def hang() -> None:
                if held.reached.wait(60):
                    server.hang_etcd()
                held.release()

            threading.Thread(target=hang, daemon=True).start()
            code = scene.run(start_run, proxy.url, told, patience=IMPATIENT, duration=120)
        assert code == 4, told.events
        assert time.monotonic() - begun < 120
        (stopped,) = told.of(Stopped)
        assert stopped.code == "RF8316"
        assert "found out when the run goes on" in stopped.reason
        assert "apply --continue" in stopped.hint
        wait_until_it_answers(server)
        # Of a creation that the server has answered with 504 nobody knows whether it comes through.
        assert state_now(server.client(), scene.plan) in forward[4:6]
        assert scene.run(go_on, None, Told()) == 0
    assert states_seen(server.client(), scene.plan, scene.since) == seen + forward[1:]


def wait_until_it_answers(server: ApiServer) -> None:
    until = time.monotonic() + 60
    while server.client().ask("GET", "/readyz").status != 200:
        assert time.monotonic() < until
        time.sleep(0.2)
