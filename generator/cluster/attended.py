"""A connection that is attended: whoever called is told when the server is silent, and for how long it is waited for.

How long that may be depends on what is at stake. Before anything is written a call that fails costs nothing, so it
fails soon; in the middle of writes only the patience of who asks ends it; what is put in order at the end is not worth
a wait for a server that is gone. A server counts as gone only after it was asked for its health too: a long list, or
one API behind it that hangs, is no silent server.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Final

from generator.cluster.access import TIMEOUT, Connection, NoAnswer, Request, Response
from generator.cluster.backoff import PATIENCE
from generator.cluster.clock import StopAsked
from generator.cluster.codes import NO_CLUSTER
from generator.cluster.faults import fault_of
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure

Tell = Callable[[str], None]

_SLICE: Final = 0.1  # seconds between two looks at a request that is under way
_HEALTH_AFTER: Final = 0.8  # seconds until the server is asked for its health beside it
_HEALTH: Final = Request("GET", "/readyz", timeout=4.0)
_HEALTH_WAIT: Final = 1.0
_TOLD_AFTER: Final = 1.2  # seconds of tries that fail, until that is told
_TOLD_AGAIN: Final = 30.0


class Phase(Enum):
    """What a call is doing."""

    BEGINNING = "beginning"  # nothing is written
    UNDER_WAY = "under way"
    ENDING = "ending"  # what is left is put in order


# Seconds of silence after which the next sign of it is the last; none where whoever asks knows when to give up.
_LIMITS: Final = {Phase.BEGINNING: 6.0, Phase.UNDER_WAY: math.inf, Phase.ENDING: 2.0}
# What people are told: those who try again sleep up to four seconds meanwhile.
_AT_MOST: Final = {Phase.BEGINNING: 10.0, Phase.UNDER_WAY: PATIENCE.until + TIMEOUT}


class Attended:
    """A `Connection` over another one; `stops` says how often somebody asked for an end: twice is the end.

    In the beginning `send` and `check` raise StopAsked as soon as that is so, however long a request would still take;
    of writes only `stoppable` does so. EnvironmentFailure with the first trouble where a silent server is given up, and
    at once for each request after that.
    """

    def __init__(self, connection: Connection, server: str, tell: Tell, stops: Callable[[], int] = lambda: 0) -> None:
        self._connection = connection
        self._server = server
        self._tell = tell
        self._stops = stops
        self._reached = Phase.BEGINNING
        self._since: float | None = None  # when the oldest request was sent since which none was answered
        self._first = ""  # what was wrong with it
        self._told = -_TOLD_AGAIN
        self._answered = False
        self._gone: EnvironmentFailure | None = None

    @property
    def _phase(self) -> Phase:
        return self._reached if self._stops() < 2 else Phase.ENDING

    @property
    def stoppable(self) -> Stoppable:
        """Return the same for whoever waits and writes nothing that must be finished."""
        return Stoppable(self)

    def begin(self) -> None:
        """Say that something is about to be written, so that giving up is no longer for nothing."""
        self._reached = Phase.UNDER_WAY

    def end(self) -> None:
        """Say that nothing is left to be done but to put things in order."""
        self._reached = Phase.ENDING

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write within this block; whatever comes after it is the end."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def send(self, request: Request) -> Response:
        """Send one request; NoAnswer where no answer came."""
        return self.attend(request, self.check)

    def check(self) -> None:
        """Raise StopAsked where somebody wants an end and nothing has been written."""
        if self._phase is Phase.BEGINNING:
            self.stop_if_asked()

    def stop_if_asked(self) -> None:
        """Raise StopAsked where somebody wants an end, unless it is here already."""
        if self._phase is not Phase.ENDING and self._stops():
            self.end()
            raise StopAsked

    def attend(self, request: Request, check: Callable[[], None]) -> Response:
        """Send one request and look after it until its answer is there."""
        check()
        self._require_not_gone()
        began = time.monotonic()
        try:
            answer = self._watched(_Flight(self._connection, request), began + _meant_to_last(request), check)
        except NoAnswer as error:
            self._troubled(began, error.reason, self._phase)
            raise
        except KeyboardInterrupt:
            self.end()
            raise
        if answer.status < 500 and answer.status != 429:
            self._well()
        elif not _is_relayed(request):
            fault = fault_of(answer)
            self._troubled(began, fault.words if fault is not None else "", Phase.UNDER_WAY)
        return answer

    def _require_not_gone(self) -> None:
        if self._gone is not None:
            raise self._gone
        if self._phase is Phase.ENDING and self._since is not None and not self._is_well():
            self._give_up()

    def _watched(self, flight: _Flight, due: float, check: Callable[[], None]) -> Response:
        """Return the answer; what takes longer has the server asked for its health, again and again."""
        health: _Flight | None = None
        asked = due
        while not flight.done.wait(_SLICE):
            check()
            now = time.monotonic()
            if now - due < _HEALTH_AFTER:
                continue
            if health is None or (health.done.is_set() and now - asked > _HEALTH_WAIT):
                health, asked = _Flight(self._connection, _HEALTH), now
            elif not health.is_well and (health.done.is_set() or now - asked >= _HEALTH_WAIT):
                self._notice(due, "no answer came in time")
                self._say("no answer has come yet", self._phase)
                if now - due >= _LIMITS[self._phase]:
                    self._give_up()
        return flight.answer()

    def _troubled(self, began: float, words: str, limit: Phase) -> None:
        """Take note of a try that failed; `limit` is that of a server that answers nothing, or of one that refuses."""
        lasted = time.monotonic() - self._notice(began, words)
        if lasted >= _LIMITS[limit] and not self._is_well():
            self._give_up()
        if lasted >= _TOLD_AFTER:
            self._say(words, limit)

    def _notice(self, began: float, words: str) -> float:
        """Return since when the server is silent, which is now known."""
        if self._since is None:
            self._since, self._first = began, words
        return self._since

    def _well(self) -> None:
        self._since, self._first, self._answered = None, "", True

    def _is_well(self) -> bool:
        flight = _Flight(self._connection, _HEALTH)
        flight.done.wait(_HEALTH_WAIT)
        return flight.is_well

    def _say(self, words: str, limit: Phase) -> None:
        now = time.monotonic()
        if now - self._told < _TOLD_AGAIN or self._phase is Phase.ENDING:
            return
        self._told = now
        self._tell(f"waiting for the API server at {self._server}, for up to {_AT_MOST[limit]:g} s: {words}\n")

    def _give_up(self) -> None:
        never = "is it the right context, and can this machine reach the server? kubectl config get-contexts lists them"
        hint = "look whether the API server is well, then try again" if self._answered else never
        self._gone = EnvironmentFailure([problem(NO_CLUSTER, f"{self._server}: {self._first}", hint=hint)])
        raise self._gone


def _is_relayed(request: Request) -> bool:
    """Tell whether somebody behind the API server answers."""
    return "/proxy/" in request.path


def _meant_to_last(request: Request) -> float:
    """Return the seconds that a request takes where all is well."""
    return float(dict(request.query).get("timeoutSeconds", 0))


class Stoppable:
    """An attended connection whose requests end as soon as a stop is asked for; its `check` is for a clock."""

    def __init__(self, attended: Attended) -> None:
        self._attended = attended

    def send(self, request: Request) -> Response:
        """Send one request; NoAnswer where no answer came."""
        return self._attended.attend(request, self.check)

    def check(self) -> None:
        """Raise StopAsked where somebody wants an end."""
        self._attended.stop_if_asked()


class _Flight:
    """One request in a thread of its own, so that whoever waits for it can do something else, or leave it."""

    def __init__(self, connection: Connection, request: Request) -> None:
        self.done = threading.Event()
        self._found: Response | BaseException | None = None
        threading.Thread(target=self._send, args=(connection, request), name="request", daemon=True).start()

    @property
    def is_well(self) -> bool:
        """Tell whether it was answered by a server that does not say that it is ill."""
        return isinstance(self._found, Response) and self._found.status < 500

    def answer(self) -> Response:
        """Return the answer once it is done, or raise what was raised instead."""
        if isinstance(self._found, BaseException):
            raise self._found
        assert self._found is not None
        return self._found

    def _send(self, connection: Connection, request: Request) -> None:
        try:
            self._found = connection.send(request)
        except BaseException as error:  # handed to whoever waits
            self._found = error
        finally:
            self.done.set()
