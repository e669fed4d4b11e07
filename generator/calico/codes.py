"""Diagnostic codes of reading and writing policy objects: RF4201 and up (RF4001 to RF4048 are the validator's)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

VERSION_UNREADABLE = register(
    "RF4201", "no Calico version", Severity.ERROR, "The text is no version of Calico such as 3.32 or v3.32.1."
)
VERSION_UNSUPPORTED = register(
    "RF4202",
    "Calico version not supported",
    Severity.ERROR,
    "The version lies outside what is known here: 3.26 to 3.32.",
)
STORED_METADATA = register(
    "RF4203",
    "stored metadata unreadable",
    Severity.ERROR,
    "The annotation projectcalico.org/metadata is no JSON object, so Calico cannot read this object.",
)
LABEL_NOT_TEXT = register(
    "RF4204",
    "label or annotation is no text",
    Severity.ERROR,
    "Labels and annotations are text; an unquoted number, true or yes is refused by the API server.",
)
UNDECODABLE = register(
    "RF4205",
    "value cannot be decoded",
    Severity.ERROR,
    "Calico's decoder fails on this value; stored in a cluster it can blind every reader of the kind.",
)
UNKNOWN_FIELD = register(
    "RF4206",
    "unknown field",
    Severity.WARNING,
    "The API has no such field: strict clients refuse it, kube-apiserver drops it without a word.",
)
NAME_MISSING = register("RF4208", "object without a name", Severity.ERROR, "Every policy object needs metadata.name.")
NOT_IN_VERSION = register(
    "RF4209",
    "not in this Calico version",
    Severity.ERROR,
    "The kind, the tier or the API group does not exist in the Calico version that is written for.",
)
