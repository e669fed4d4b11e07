"""What a parser of one value raises: the code, what is wrong and what to do; the caller knows its place."""

from __future__ import annotations

from generator.foundation.codes import Code


class ValueProblem(ValueError):
    """A value that cannot be read; the loader gives it its place and turns it into a diagnostic."""

    def __init__(self, code: Code, summary: str, hint: str = "") -> None:
        super().__init__(summary)
        self.code = code
        self.summary = summary
        self.hint = hint


def show(value: object) -> str:
    """Quote a value for a summary, in one line and not too long."""
    text = " ".join(str(value).split())
    return f"'{text}'" if len(text) <= 80 else f"'{text[:77]}…'"
