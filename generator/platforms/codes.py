"""Diagnostic codes of the platforms room (RF2xxx)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

UNKNOWN_PLATFORM = register(
    "RF2001", "unknown platform", Severity.ERROR, "No profile of this name is shipped, and no file of this path exists."
)
UNKNOWN_KEY = register(
    "RF2002", "unknown key in a profile", Severity.ERROR, "The profile has a key that means nothing."
)
MISSING_KEY = register(
    "RF2003", "profile is not complete", Severity.ERROR, "A fact that every profile states is absent."
)
WRONG_VALUE = register("RF2004", "wrong value in a profile", Severity.ERROR, "A fact has a value of another kind.")
UNVERIFIED = register(
    "RF2005", "unverified fact", Severity.NOTE,
    "Nobody has checked this fact of the profile against its source; check it on your cluster.",
)  # fmt: skip
EXTENDS_ITSELF = register("RF2006", "profile extends itself", Severity.ERROR, "Profiles extend each other in a circle.")
