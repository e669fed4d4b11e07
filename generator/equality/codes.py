"""Diagnostic codes of the comparison of a rendered set with its intent (RF33xx)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

ALLOWS_MORE = register(
    "RF3301", "the set allows more than the intent", Severity.ERROR,
    "A rendered rule admits what no item of the intent asks for, or a denial of it is missing; nothing is written.",
)  # fmt: skip
ALLOWS_LESS = register(
    "RF3302", "the set allows less than the intent", Severity.ERROR,
    "A flow that an item of the intent asks for is denied by the rendered set; nothing is written.",
)  # fmt: skip
NOT_DECIDED = register(
    "RF3303", "the set cannot be proven equal to the intent", Severity.ERROR,
    "What the rendered set does to a flow cannot be told, so it is not taken as equal; nothing is written.",
)  # fmt: skip
REACHES_BEYOND = register(
    "RF3304", "the set governs what the intent does not own", Severity.ERROR,
    "A rendered policy selects a pod of another namespace, or a host endpoint; nothing is written.",
)  # fmt: skip
