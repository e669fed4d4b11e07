"""What must hold of a connection to a server that falls silent: who is told, who gives up, and who does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from generator.cluster import attended
from generator.cluster.access import NoAnswer, Request, Response
from generator.cluster.attended import Attended, Phase
from generator.cluster.clock import StopAsked
from generator.foundation.errors import EnvironmentFailure

LOOK = Request("GET", "/api/v1/namespaces")
WRITE = Request("POST", "/api/v1/namespaces", body={})
HEALTH = "/readyz"


@dataclass
class Moody:
    """A server that answers, refuses or is silent; its health, too, unless it is said to be well."""

    mood: str = "well"
    healthy: bool = False
    asked: list[Request] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        well = self.mood == "well" or (request.path == HEALTH and self.healthy)
        if self.mood == "silent" and not well:
            well = self.over.wait(5) and self.healthy  # a long answer
        if well:
            return Response(200, {})
        raise NoAnswer(f"it was {self.mood}", sent=self.mood == "silent")


@dataclass
class Bench:
    """A moody server, the connection to it, what was told, and whether somebody wants an end."""

    server: Moody = field(default_factory=Moody)
    told: list[str] = field(default_factory=list)
    stops: int = 0

    def __post_init__(self) -> None:
        self.connection = Attended(self.server, "https://one", self.told.append, lambda: self.stops)

    def tries(self, seconds: float, request: Request = LOOK) -> Exception | None:
        """Ask again and again for so long; the first thing that is more than a missing answer."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                self.connection.send(request)
            except NoAnswer:
                time.sleep(0.02)
            except (EnvironmentFailure, StopAsked) as error:
                return error
        return None


def quick(patch: pytest.MonkeyPatch) -> None:
    """Let everything take a tenth of its time."""
    patch.setitem(attended._LIMITS, Phase.BEGINNING, 0.8)
    patch.setitem(attended._LIMITS, Phase.ENDING, 0.2)
    for name in ("_SLICE", "_HEALTH_AFTER", "_HEALTH_WAIT", "_TOLD_AFTER"):
        patch.setattr(attended, name, getattr(attended, name) / 10)


@contextmanager
def bench() -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        quick(patch)
        found = Bench()
        try:
            yield found
        finally:
            found.server.over.set()


def a_call_that_has_written_nothing_fails_soon() -> None:
    for mood in ("refused", "silent"):
        with bench() as one:
            one.server.mood = mood
            begun = time.monotonic()
            failed = one.tries(3.0)
            assert isinstance(failed, EnvironmentFailure), mood
            assert time.monotonic() - begun < 2.0
            words = "it was refused" if mood == "refused" else "no answer came in time"
            assert failed.diagnostics[0].summary == f"https://one: {words}"
            assert len(one.told) == 1
            assert one.told[0].startswith("waiting for the API server at https://one, for up to 10 s: ")


def writes_are_not_given_up() -> None:
    for mood in ("refused", "silent"):
        with bench() as one:
            one.connection.begin()
            one.server.mood = mood
            threading.Timer(1.0, lambda server=one.server: server.over.set()).start()
            assert one.tries(1.2, WRITE) is None
            assert len(one.told) == 1
            assert "for up to 180 s" in one.told[0]


def a_long_answer_is_no_silence() -> None:
    with bench() as one:
        one.server.mood, one.server.healthy = "silent", True
        threading.Timer(1.2, one.server.over.set).start()
        assert one.connection.send(LOOK).ok
        assert one.told == []


def one_server_behind_it_is_not_all_of_it() -> None:
    """Requests of one kind fail for long, and the server says that it is well."""
    with bench() as one:
        one.server.mood, one.server.healthy = "refused", True
        assert one.tries(1.4) is None
        assert len(one.told) == 1


def what_is_put_in_order_waits_for_nobody_who_is_gone() -> None:
    with bench() as one:
        with one.connection.writing():
            one.server.mood = "refused"
            assert one.tries(0.3, WRITE) is None
        begun, asked = time.monotonic(), len(one.server.asked)
        for _ in range(20):
            failed = one.tries(1.0, WRITE)
            assert isinstance(failed, EnvironmentFailure)
            assert "it was refused" in failed.diagnostics[0].summary
        assert time.monotonic() - begun < 1.0
        assert len(one.server.asked) <= asked + 1


def what_is_put_in_order_is_done_where_the_server_is_back() -> None:
    with bench() as one:
        with one.connection.writing():
            one.server.mood = "refused"
            assert one.tries(0.3, WRITE) is None
        one.server.mood = "well"
        assert one.tries(0.1, WRITE) is None


def a_stop_ends_what_hangs() -> None:
    with bench() as one:
        one.server.mood, one.server.healthy = "silent", True
        threading.Timer(0.2, lambda: setattr(one, "stops", 1)).start()
        begun = time.monotonic()
        assert isinstance(one.tries(3.0), StopAsked)
        assert time.monotonic() - begun < 1.0
        one.server.mood = "well"
        assert one.tries(0.1, WRITE) is None  # the Lease is given back all the same


def two_stops_are_the_end() -> None:
    with bench() as one:
        one.connection.begin()
        one.server.mood = "refused"
        assert one.tries(0.3, WRITE) is None
        one.stops = 2
        assert isinstance(one.tries(1.0, WRITE), EnvironmentFailure)


def a_stop_ends_no_write() -> None:
    with bench() as one:
        one.connection.begin()
        one.stops = 1
        assert one.tries(0.1, WRITE) is None
        one.connection.check()
        with pytest.raises(StopAsked):
            one.connection.stoppable.send(LOOK)
