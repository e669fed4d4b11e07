"""What a parser of one value raises: the code, what is wrong and what to do; the caller knows its place."""

from __future__ import annotations

from collections.abc import Collection

from generator.foundation.codes import Code

_SHOWN = 12


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


def known_names(names: Collection[str], what: str) -> str:
    """List the names that would have been known, not more than a dozen."""
    if not names:
        return f"there are no {what}"
    left = len(names) - _SHOWN
    return f"known: {', '.join(sorted(names)[:_SHOWN])}" + (f" and {left} more" if left > 0 else "")


def describe_value(value: object) -> str:
    """Say what a value is, for a summary: `the number 7`, `the text 'x'`, `a list`."""
    match value:
        case None:
            return "an empty value"
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {show(value)}"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return show(value)
