"""Why there is no sign, or none any more."""

from __future__ import annotations

from generator.apply.run_codes import NODES_UNREACHABLE
from generator.foundation.diagnostics import problem
from generator.foundation.errors import EnvironmentFailure


class NoSign(Exception):
    """Nodes cannot be asked in a way that proves anything; `reason` in a few words, `remedies` as command lines."""

    def __init__(self, reason: str, remedies: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedies = remedies


class BeginAgain(Exception):
    """What was counted from does not hold any more: a record that expired, a node that started anew."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def unreachable(words: str) -> EnvironmentFailure:
    """Return the failure that ends a wait where the API server itself gives no answer: that is no missing sign."""
    return EnvironmentFailure([problem(NODES_UNREACHABLE, words)])
