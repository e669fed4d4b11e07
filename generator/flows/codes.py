"""Diagnostic codes of observed flows: RF7601 and up."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

NOT_FLOWS = register(
    "RF7601",
    "no log of flows",
    Severity.ERROR,
    "The file holds neither flows of Whisker as JSON lines nor a kernel log; an empty one tells nothing either.",
)
FLOW_LINE_WRONG = register(
    "RF7602",
    "line of a log cannot be read",
    Severity.ERROR,
    "A flow lacks what one has: the line is cut off, hidden or changed. Nothing is left out without a word.",
)
OTHER_PREFIX = register(
    "RF7603",
    "log lines with another prefix",
    Severity.WARNING,
    "The kernel log has packets of other rules than Calico's; if they are Calico's, logPrefix is another one there.",
)
TOO_MANY_FLOWS = register(
    "RF7604",
    "too many different flows",
    Severity.WARNING,
    "More different flows than are kept; records of those that came later are counted, and are not judged.",
)
OBSERVED_CUT = register(
    "RF7605",
    "observed flows would be cut",
    Severity.WARNING,
    "Flows that logs show as let through are denied where the plan leads; the plan lists each with what decides.",
)
