"""Runs a piece of work in a process of its own, with limits: no change of code leaks, and an endless loop ends."""

from __future__ import annotations

import gc
import os
import pickle
import resource
import select
import signal
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

Result = TypeVar("Result")
CPU_SECONDS: Final = 2
WALL_SECONDS: Final = 60
MEMORY: Final = 2 << 30  # bytes of address space


@dataclass(frozen=True)
class Stopped:
    """The work did not come to its end within the limits."""

    why: str


def confined(work: Callable[[], Result], *, cpu: int = CPU_SECONDS, wall: float = WALL_SECONDS) -> Result | Stopped:
    """Return what the work returns, which must be picklable; the work fails nowhere but in the process of its own."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads; the child uses none of theirs
        child = os.fork()
    if child == 0:
        _work(work, writing, cpu)
    os.close(writing)
    try:
        answer = _read(reading, time.monotonic() + wall)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if answer:
        found: Result = pickle.loads(answer)  # from our own child
        return found
    return Stopped(f"past {cpu} s of CPU or {wall:g} s" if os.WIFSIGNALED(status) else "it ended without an answer")


def _work(work: Callable[[], object], writing: int, cpu: int) -> None:
    status = 1
    gc.disable()  # it would touch, and so copy, all that the parent has
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        with suppress(ValueError, OSError):  # where a system knows no such limit the other two remain
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        answer = pickle.dumps(work())
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
        status = 0
    finally:
        os._exit(status)  # nothing of the parent is run a second time


def _read(reading: int, until: float) -> bytes:
    """Return all that is written until the other end is closed; nothing if that takes too long."""
    found = bytearray()
    while select.select([reading], [], [], max(0.0, until - time.monotonic()))[0]:
        piece = os.read(reading, 1 << 16)
        if not piece:
            return bytes(found)
        found += piece
    return b""
