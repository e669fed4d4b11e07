"""A line on the terminal for what takes over a second, gone when it is done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from generator.cli.screen import write_note

_AFTER: Final = 1.0  # seconds before anything is shown
_EVERY: Final = 0.5
_ERASE: Final = "\r\x1b[K"


@contextmanager
def show_progress(what: str) -> Iterator[None]:
    """Show what is being done and for how long, only where standard error is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    shower = threading.Thread(target=_show, args=(what, done), daemon=True)
    shower.start()
    try:
        yield
    finally:
        done.set()
        shower.join()


def _show(what: str, done: threading.Event) -> None:
    begun = time.monotonic()
    if done.wait(_AFTER):
        return
    while not done.is_set():
        write_note(f"{_ERASE}{what}: {time.monotonic() - begun:.0f} s")
        done.wait(_EVERY)
    write_note(_ERASE)
