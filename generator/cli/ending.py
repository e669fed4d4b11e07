"""The end of a command that has read a large cluster: the process ends, and nothing is taken apart before.

Python gives back the objects of a process one by one; for a large cluster that takes as long as many an answer.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import Final, NoReturn

_HELD: Final[list[object]] = []


def hold(*objects: object) -> None:
    """Keep objects until the process ends, in place of those of a command before."""
    _HELD[:] = objects


def end_process(code: int) -> NoReturn:
    """End the process; at once where a command holds anything, after all that wants to be called at the end."""
    if not _HELD or threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            sys.exit(code)
    os._exit(code)
