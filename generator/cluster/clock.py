"""Time as those see it who wait or count seconds; tests have one of their own, so that nothing sleeps."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class StopAsked(Exception):
    """Somebody asked to stop while something waited; nothing was in the middle of being written."""


class Clock(Protocol):
    """A way to tell the time and to wait."""

    def now(self) -> datetime:
        """Return the wall clock's time in UTC; for people and for the Lease, never for counting."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only grow; a suspended process finds that they went on."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; StopAsked as soon as a stop is asked for, also where one was asked for before."""
        ...
