"""Diagnostic codes of reading a snapshot: RF5001 and up."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

WRONG_TYPE = register(
    "RF5001",
    "value of another type",
    Severity.WARNING,
    "A field holds a value of a type that Kubernetes does not take there; the field is passed over.",
)
NO_NAME = register(
    "RF5002",
    "object without a name",
    Severity.WARNING,
    "An object that Kubernetes knows by name has none; it is passed over.",
)
SAME_OBJECT_TWICE = register(
    "RF5003",
    "object given twice",
    Severity.WARNING,
    "Two documents with different content describe the same object. As with kubectl apply, the later one counts.",
)
NOTHING_READ = register(
    "RF5004",
    "no Kubernetes object",
    Severity.WARNING,
    "The input holds no document with apiVersion and kind.",
)
SAVED_SNAPSHOT_WRONG = register(
    "RF5005",
    "not a saved snapshot",
    Severity.ERROR,
    "The file says that it is a saved snapshot, but its format version or its shape is another.",
)
SAVED_SNAPSHOT_MIXED = register(
    "RF5006",
    "saved snapshot beside other files",
    Severity.ERROR,
    "A saved snapshot is a whole of its own and cannot be read together with manifests.",
)
BAD_NUMBER = register(
    "RF5007",
    "port or protocol not usable",
    Severity.WARNING,
    "A port lies outside 1 to 65535, or a protocol is none of TCP, UDP and SCTP; the port is passed over.",
)
MAP_ABSENT = register(
    "RF5008",
    "ConfigMap not in the input",
    Severity.NOTE,
    "A container takes values from a ConfigMap that is not in the input; what it says is not known.",
)
KIND_UNREAD = register(
    "RF5009",
    "a kind was not read",
    Severity.ERROR,
    "The cluster refused to show a kind. What it holds could change verdicts, which are unknown, or break a plan.",
)
