"""Signals of the programs that tests start."""

from __future__ import annotations

import signal


def heed_sigint() -> None:
    """Let a child heed SIGINT: a run of the tests in the background has it ignored, and its children would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
