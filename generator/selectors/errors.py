"""The one exception of the selector language, with the range that is wrong."""

from __future__ import annotations


class SelectorError(ValueError):
    """A text is no selector: `message` in one line, the wrong range `start`..`end` in characters, and a `hint`."""

    def __init__(self, message: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.hint = hint
