"""Which lines some work runs: a change of any other line cannot show in what it returns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from types import FrameType
from typing import Any

Lines = Mapping[str, Collection[int]]  # by file


def lines_run(work: Callable[[], object], folder: str) -> Lines:
    """Return the lines of files below a folder that are run by some work."""
    found: dict[str, set[int]] = {}

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(folder):
            return None
        lines = found.setdefault(file, set())
        lines.add(frame.f_lineno)

        def line(inner: FrameType, event: str, argument: Any) -> Any:
            lines.add(inner.f_lineno)
            return line

        return line

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        work()
    finally:
        sys.settrace(before)
    return found
