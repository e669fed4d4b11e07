"""Gates: what else has to say yes before a run goes on: a command of the user's, a query to a Prometheus."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, Final, Protocol

from generator.apply.waits.prometheus import query
from generator.cluster.clock import Clock
from generator.cluster.faults import quote_server

_LOOK: Final = 0.05  # seconds between two looks at a command
_LAST_WORDS: Final = 4096  # bytes
_EVERY: Final = 5.0  # seconds between two tries


class Gate(Protocol):
    """Something that says yes, or no with its reason."""

    def refusal(self) -> str:
        """Return "" for yes, or in a few words why not."""
        ...


@dataclass(frozen=True, slots=True)
class CommandGate:
    """A command line for the shell that must end with 0 within `limit` seconds; it is run once for each wait.

    It has a process group of its own, which is ended when the time is over or a stop is asked for.
    """

    command: str
    clock: Clock
    limit: float = 300.0

    def refusal(self) -> str:
        """Run it; what it writes goes nowhere, but for its last words where it says no."""
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(  # noqa: S602 - the command is the user's own, as they wrote it
                self.command,
                shell=True,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
            try:
                code = self._wait(process)
            finally:
                if process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            if code is None:
                return f"the gate's command did not end within {self.limit:g} s"
            return "" if code == 0 else f"the gate's command ended with {code}{_last_words(said)}"

    def _wait(self, process: subprocess.Popen[bytes]) -> int | None:
        deadline = self.clock.monotonic() + self.limit
        while (code := process.poll()) is None and self.clock.monotonic() < deadline:
            self.clock.sleep(_LOOK)
        return code


def _last_words(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - _LAST_WORDS))
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return f": {quote_server(lines[-1], 200)}" if lines else ""


@dataclass(frozen=True, slots=True)
class QueryGate:
    """A query to a Prometheus that must give at least one sample, and none that is 0, within `limit` seconds.

    So both `rate < 0.1` and `rate < bool 0.1` say what they look like. The address is never shown: it may hold a
    password.
    """

    address: str
    query: str
    clock: Clock
    limit: float = 300.0

    def refusal(self) -> str:
        """Ask until it says yes or the time is over."""
        deadline = self.clock.monotonic() + self.limit
        while True:
            reason = self._ask()
            if not reason or self.clock.monotonic() >= deadline:
                return reason
            self.clock.sleep(_EVERY)

    def _ask(self) -> str:
        try:
            values = _values(query(self.address, self.query))
        except ValueError as error:
            return str(error)
        if values is None:
            return "the Prometheus answers with something else than samples"
        if not values:
            return "the gate's query gives no sample"
        bad = [value for value in values if value == 0 or math.isnan(value)]
        return f"the gate's query gives {bad[0]:g}" if bad else ""


def _values(data: Mapping[str, Any]) -> list[float] | None:
    try:
        match data.get("resultType"):
            case "vector":
                return [float(item["value"][1]) for item in data["result"]]
            case "scalar":
                return [float(data["result"][1])]
            case _:
                return None
    except (KeyError, TypeError, ValueError, IndexError):
        return None
