"""Network namespaces of the tests' own: each is held by a process that never outlives them."""

from __future__ import annotations

import ctypes
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.testbed.processes import Process

_CLONE_NEWNET: Final = 0x40000000
_PATIENCE: Final = 10.0  # seconds until a new namespace must be there
_HERE: Final = Path("/proc/thread-self/ns/net")


class Namespace:
    """A network namespace with its loopback up; it goes with `remove`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        unshare, sleep = shutil.which("unshare"), shutil.which("sleep")
        assert unshare is not None
        assert sleep is not None
        self._holder = Process([unshare, "--net", sleep, "infinity"], folder / f"{name}.log")
        self._wait()
        self.do("ip", "link", "set", "lo", "up")

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE
        ours = _HERE.readlink()
        while True:
            try:
                if self.path.readlink() != ours:
                    return
            except OSError:
                pass  # the holder has only just been started
            if time.monotonic() > until or not self._holder.alive:
                raise RuntimeError(f"no network namespace {self.name}: {self._holder.last_words()}")
            time.sleep(0.005)

    @property
    def pid(self) -> int:
        """The process that holds it, as `ip link set … netns PID` takes it."""
        return self._holder.pid

    @property
    def path(self) -> Path:
        """The file that stands for it."""
        return Path("/proc", str(self.pid), "ns", "net")

    def call(self, program: str, *arguments: str) -> list[str]:
        """Return the call that runs a program in it."""
        nsenter = shutil.which("nsenter")
        assert nsenter is not None
        return [nsenter, f"--net={self.path}", program, *arguments]

    def do(self, program: str, *arguments: str) -> str:
        """Run a program in it and return what it prints; RuntimeError with its own words where it fails."""
        done = subprocess.run(self.call(program, *arguments), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {program} {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let this thread alone be in it: a socket that is made here stays in it for good."""
        with _HERE.open() as back, self.path.open() as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(back.fileno())

    def socket(self, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
        """Return a new IPv4 socket in it."""
        with self.entered():
            return socket.socket(socket.AF_INET, kind)

    def remove(self) -> None:
        """Let it go, with all that is in it."""
        self._holder.kill()


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def join(first: Namespace, first_link: str, second: Namespace, second_link: str) -> None:
    """Lay a cable between two namespaces; both its ends are up."""
    first.do(*("ip", "link", "add", first_link, "type", "veth", "peer", "name", second_link, "netns", str(second.pid)))
    first.do("ip", "link", "set", first_link, "up")
    second.do("ip", "link", "set", second_link, "up")
