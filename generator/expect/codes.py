"""Diagnostic codes of expectations: RF7501 and up."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

VIOLATED = register(
    "RF7501",
    "expectation violated",
    Severity.ERROR,
    "A flow that must be allowed is denied, or one that must not be is allowed; the report shows it.",
)
NOT_KNOWN = register(
    "RF7502",
    "expectation not known to hold",
    Severity.ERROR,
    "The snapshot does not tell what becomes of some flow; unknown is never counted as met.",
)
VACUOUS = register(
    "RF7503",
    "expectation selects nothing",
    Severity.ERROR,
    "One of its ends means nobody, or nobody has the port by that name; so it states nothing, and fails.",
)
UNMET_NOW = register(
    "RF7504",
    "expectation not met as it is now",
    Severity.WARNING,
    "What is live does not meet it; with the policy set of the intent in place it is met.",
)
OPEN_TO_NEW_PODS = register(
    "RF7505",
    "open to pods that come",
    Severity.WARNING,
    "A pod for which nobody wrote a policy could reach anybody or be reached; a note where it only may, or only now.",
)
NEED_BREAKS = register(
    "RF7506",
    "declared need would break",
    Severity.WARNING,
    "The set allows what the intent declares, and where the plan leads a policy of others denies it; now it lives.",
)
NEED_STAYS_DENIED = register(
    "RF7507",
    "declared need stays denied",
    Severity.WARNING,
    "The set allows what the intent declares, but a policy of others denies it, now and where the plan leads.",
)
