"""A server process that never outlives the tests: it is killed by the kernel when the thread that started it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

# Sets PR_SET_PDEATHSIG to SIGKILL (it survives exec) and becomes the program; no code runs between fork and exec
# of this process, which may have threads. Where there is no prctl, `Process.stop` alone ends what was started.
_LAUNCH: Final = """
import ctypes, os, sys
prctl = getattr(ctypes.CDLL(None), "prctl", None)
if prctl is not None:
    prctl(1, 9)
    if os.getppid() != int(sys.argv[1]):
        os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""

# A proxy for everything but loopback, and nobody there: an API server that dials a pod or a webhook reaches no network.
_NO_NETWORK: Final = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}


def _environment() -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return plain | _NO_NETWORK


class Process:
    """One running program with its log; start it from a thread that lives as long as it should."""

    def __init__(self, call: Sequence[str], log: Path, settings: Mapping[str, str] | None = None) -> None:
        """Start a program; `settings` come on top of its environment."""
        self.log = log
        with log.open("ab") as opened:
            self._running = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), *call],
                env=_environment() | dict(settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=opened,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the tests; they stop their servers in order
            )

    @property
    def pid(self) -> int:
        """The process id, of this process or of the one that was."""
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._running.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP and SIGCONT too."""
        self._running.send_signal(number)

    def stop(self, patience: float = 10.0) -> None:
        """End it with SIGTERM, and with SIGKILL if it takes over `patience` seconds."""
        self.send(signal.SIGCONT)
        self._running.terminate()
        try:
            self._running.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once."""
        self._running.kill()
        self._running.wait()

    def last_words(self) -> str:
        """Return the end of the log, for a message."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on; somebody else may take one before it is used."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
