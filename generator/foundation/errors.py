"""Exceptions that end a command, each with the exit code that the command line gives for it.

RingfenceError
├── InputError          the input or the call is wrong (2)
├── RefusedError        not proven, not equal, stale, declined (3)
└── EnvironmentFailure  cluster, network or disk failed (4)
"""

from __future__ import annotations

from collections.abc import Iterable

from generator.foundation.diagnostics import Diagnostic, sort_diagnostics


class RingfenceError(Exception):
    """A problem that ends the command; `diagnostics` say what and where, all of them at once."""

    exit_code = 2

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = sort_diagnostics(diagnostics)
        super().__init__("; ".join(f"{item.place}: {item.summary}" for item in self.diagnostics))


class InputError(RingfenceError):
    """The input files or the call are wrong."""

    exit_code = 2


class RefusedError(RingfenceError):
    """What was asked for is refused because it would not be safe."""

    exit_code = 3


class EnvironmentFailure(RingfenceError):
    """The cluster, the network or the disk failed."""

    exit_code = 4
