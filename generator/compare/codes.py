"""Diagnostic codes of the object diff."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

OWNED_BY_OTHER = register(
    "RF7001",
    "owned by another intent",
    Severity.ERROR,
    "An object that this intent would write carries another intent's label; only one intent may own it.",
)
NOT_OURS = register(
    "RF7002",
    "exists and is not ours",
    Severity.ERROR,
    "An object of this name is there already, without an intent's label; it is never overwritten unasked.",
)
INTENDED_TWICE = register(
    "RF7003",
    "intended twice with different content",
    Severity.ERROR,
    "Two objects of the intended set are the same one by name, and differ.",
)
LIVE_TWICE = register(
    "RF7004",
    "live twice with different content",
    Severity.ERROR,
    "The live input holds one object twice and the two differ, so it is not known which one the cluster has. "
    "Of a foreign object this is only a warning, and the later one counts.",
)
INTENDED_WITHOUT_LABEL = register(
    "RF7005",
    "intended object does not say whose it is",
    Severity.ERROR,
    "An intended object lacks the label ringfence/intent with the intent's name, so it could never be found again.",
)
