"""Stopping as asked: SIGINT or SIGTERM once stops between two steps, SIGINT twice at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Final, Protocol

from generator.cluster.clock import StopAsked

_SLICE: Final = 0.1  # seconds; a handler runs between two of them


class StopFlag:
    """How often somebody asked to stop."""

    def __init__(self) -> None:
        self.asked = 0

    def check(self) -> None:
        """Raise StopAsked where somebody has asked."""
        if self.asked:
            raise StopAsked


class StopCheck(Protocol):
    """Whoever knows whether what waits shall end now."""

    def check(self) -> None:
        """Raise StopAsked where that is so."""
        ...


class SystemClock:
    """The machine's time. With a check its sleep ends when a stop is asked for; without one it goes on."""

    def __init__(self, stop: StopCheck | None = None) -> None:
        self._stop = stop

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that only grow, also while the machine sleeps."""
        clock = getattr(time, "CLOCK_BOOTTIME", None)
        return time.clock_gettime(clock) if clock is not None else time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        until = time.monotonic() + seconds
        while True:
            if self._stop is not None:
                self._stop.check()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _SLICE))


@contextmanager
def stops_on_signals(flag: StopFlag, on_first: Callable[[], None]) -> Iterator[None]:
    """Count SIGINT and SIGTERM in the flag until the block ends; a second SIGINT is a KeyboardInterrupt."""

    def handle(number: int, frame: FrameType | None) -> None:
        flag.asked += 1
        if flag.asked == 1:
            on_first()
        elif number == signal.SIGINT:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
