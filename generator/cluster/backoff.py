"""How long to wait before a request is sent again, and when to give up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from generator.cluster.access import Connection, NoAnswer, Request, Response
from generator.cluster.clock import Clock
from generator.cluster.faults import Fault, FaultKind, fault_of

OnRetry = Callable[[Fault, float], None]  # what was wrong, and for how many seconds is waited


class Unreachable(Exception):
    """The server gave no answer that helps for as long as anybody waits; `fault` is the last one."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.words)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of the first wait, of the longest one, and in all; each wait is twice the one before.

    `until` are seconds from the beginning, tries and waits together, after which nothing is tried again; 0: no end.
    """

    first: float = 0.5
    longest: float = 15.0
    total: float = 120.0
    until: float = 0.0


# A server that hangs keeps each try for half a minute.
PATIENCE: Final = Patience(until=150.0)


class Backoff:
    """Waits before tries of one thing; what the server asks for is waited, within the limits."""

    def __init__(self, clock: Clock, patience: Patience = PATIENCE, on_retry: OnRetry | None = None) -> None:
        self._clock = clock
        self._patience = patience
        self._on_retry = on_retry
        self._next = patience.first
        self._left = patience.total
        self._began = clock.monotonic()

    def wait(self, fault: Fault) -> None:
        """Sleep before the next try; Unreachable once all patience is used up."""
        seconds = max(self._next, fault.retry_after or 0.0)
        late = self._patience.until and self._clock.monotonic() - self._began > self._patience.until
        if seconds > self._left or late:
            raise Unreachable(fault)
        self._left -= seconds
        self._next = min(self._next * 2, self._patience.longest)
        if self._on_retry is not None:
            self._on_retry(fault, seconds)
        self._clock.sleep(seconds)


def send_once(connection: Connection, request: Request) -> Response | NoAnswer:
    """Send a request and return whatever comes of it."""
    try:
        return connection.send(request)
    except NoAnswer as error:
        return error


def ask(connection: Connection, request: Request, backoff: Backoff) -> Response | Fault:
    """Send a request that changes nothing until it is answered; a fault that will not pass is returned.

    Unreachable where no answer comes.
    """
    while True:
        answer = send_once(connection, request)
        fault = fault_of(answer)
        if fault is None:
            assert isinstance(answer, Response)
            return answer
        if fault.kind is not FaultKind.PASSES:
            return fault
        backoff.wait(fault)
