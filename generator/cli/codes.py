"""Diagnostic codes of the command line (RF9xxx)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

USAGE = register(
    "RF9001", "the call is wrong", Severity.ERROR, "A command, an option or a value of the call is not known."
)
INTERRUPTED = register("RF9003", "stopped", Severity.ERROR, "The command was stopped; nothing half written is left.")
INTERNAL = register(
    "RF9004",
    "internal error",
    Severity.ERROR,
    "A mistake in ringfence itself. RINGFENCE_DEBUG=1 shows where; please report it.",
)
CANNOT_WRITE = register(
    "RF9010", "cannot write", Severity.ERROR, "The disk is full or does not permit it; what was there before is still."
)
FLOWS_NOT_COMPARED = register(
    "RF9005",
    "flows are not compared",
    Severity.WARNING,
    "The objects are compared; what that does to flows is not known, for the reason that is given.",
)
NOBODY_THERE = register(
    "RF9006",
    "no pods to ask about",
    Severity.WARNING,
    "What is live holds no pod and nothing that makes pods, so an empty answer does not mean that all is closed.",
)
NEW_NAMESPACE = register(
    "RF9007",
    "namespace taken as new",
    Severity.NOTE,
    "A pod was asked about in a namespace that is not in what is live; it may be misspelt.",
)
NOTHING_OF_IT_SEEN = register(
    "RF9008",
    "no pods of an owned namespace",
    Severity.WARNING,
    "What is live holds no pod of namespaces that the intent owns, so nothing is said of their flows. "
    "A note where only some of the namespaces are empty.",
)
EDITED_BY_HAND = register(
    "RF9011",
    "a rendered file was edited",
    Severity.ERROR,
    "A file of the output folder is not as the last render left it; it would be lost.",
)
NOT_OUR_FILE = register(
    "RF9012", "a file is in the way", Severity.ERROR, "A file that no render wrote has the name of one that is due."
)
OTHER_INTENT = register(
    "RF9013",
    "folder of another intent",
    Severity.ERROR,
    "The output folder holds the set of another intent; each has a folder of its own.",
)
UNSUITABLE_FOLDER = register(
    "RF9014",
    "not a folder for output",
    Severity.ERROR,
    "The output folder is replaced as a whole, so it cannot be the current folder, a repository's root or a file.",
)
