"""Diagnostic codes of discovery: RF6001 and up."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

NO_WORKLOAD = register(
    "RF6001",
    "nothing to propose",
    Severity.ERROR,
    "The input holds no workload, so there is no service that an intent could name.",
)
