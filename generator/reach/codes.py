"""Diagnostic codes of the engine (RF52xx)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

LABELS_ASSUMED = register(
    "RF5201",
    "labels are assumed",
    Severity.WARNING,
    "Policies ask for labels of namespaces or service accounts that the manifests do not hold. The verdicts take it "
    "that these have the standard labels alone.",
)
