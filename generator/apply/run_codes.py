"""Diagnostic codes of what a run keeps and waits for: RF82xx."""

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

STATE_NAMESPACE_ABSENT = register(
    "RF8201",
    "no namespace for the state",
    Severity.ERROR,
    "The Lease and the copy of the run's state are kept in a namespace of their own, which nobody makes but you.",
)
STATE_FORBIDDEN = register(
    "RF8202",
    "the state may not be kept",
    Severity.ERROR,
    "The role lacks a right in the state namespace; without Lease and state copy nothing is written.",
)
STATE_UNREACHABLE = register(
    "RF8203",
    "the state cannot be read or kept",
    Severity.ERROR,
    "The API server gave no answer that helps, though it was asked for a while.",
)
STATE_DAMAGED = register(
    "RF8204",
    "the state in the cluster is damaged",
    Severity.ERROR,
    "A part of the copy is missing, or its digest is another one. It is not used; the journal beside the plan file is "
    "whole by itself.",
)
RUN_GOES_ON = register(
    "RF8205",
    "another run has the Lease",
    Severity.ERROR,
    "Two runs of one intent never write at once. A run that was killed gives its Lease up when its time is over.",
)
NOT_PAUSABLE = register(
    "RF8206",
    "cannot be paused",
    Severity.ERROR,
    "The plan has no pause for this namespace and direction, or what is live is not what the pause would change.",
)
PAUSE_NOT_PROVEN = register(
    "RF8207",
    "the pause is not safe",
    Severity.ERROR,
    "On what is live now the writes would cut a flow that lives, or open one that neither side allows.",
)
NOT_ON_ALL_NODES = register(
    "RF8208",
    "not on every node",
    Severity.ERROR,
    "Nodes have not shown the sign that they have all that was written, or nobody can see it.",
)
NODES_UNREACHABLE = register(
    "RF8209",
    "nobody can tell what nodes have",
    Severity.ERROR,
    "The API server gave no answer while it was asked what nodes have taken in, so the wait could not end.",
)
STATE_UNREADABLE = register(
    "RF8210",
    "the state of runs is not known",
    Severity.WARNING,
    "The Lease or the state of a run may not be read, or is damaged. Runs and recorded pauses are not told of.",
)
PAUSED = register(
    "RF8211",
    "somebody has paused it",
    Severity.ERROR,
    "Namespaces are taken out of enforcement. What was asked for would end that, or cannot be done meanwhile.",
)
PAUSE_IN_FORCE = register(
    "RF8212",
    "a pause is in force",
    Severity.WARNING,
    "Objects differ from the set by a pause that somebody asked for, which is no drift; resume ends it.",
)
