"""Something is shown for what takes long, on a terminal only, and it is gone afterwards."""

from __future__ import annotations

import io
import sys
import time

import pytest

from generator.cli import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, seconds: float, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_AFTER", 0.05)
    monkeypatch.setattr(progress, "_EVERY", 0.02)
    with progress.show_progress("rendering"):
        time.sleep(seconds)
    return stream.getvalue()


def test_what_takes_long_is_shown_and_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(Terminal(), 0.3, monkeypatch)
    assert "\r\x1b[Krendering: 0 s" in text
    assert text.endswith("\r\x1b[K")


def test_what_is_quick_or_no_terminal_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), 0, monkeypatch) == ""
    assert shown(io.StringIO(), 0.2, monkeypatch) == ""
