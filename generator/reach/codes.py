"""Diagnostic codes of the engine (RF52xx)."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

LABELS_ASSUMED = register(
    "RF5201",
    "labels are assumed",
    Severity.WARNING,
    "Policies ask for labels of namespaces or service accounts that the manifests do not hold, or for labels that pods "
    "get when they are made. The verdicts take it that these have the standard labels alone, or those of the template.",
)
KIND_NOT_READ = register(
    "RF5202",
    "the version does not read a kind",
    Severity.WARNING,
    "There are policies of a kind that the version of Calico does not read (AdminNetworkPolicy since 3.32, "
    "ClusterNetworkPolicy before it, tiers before 3.29). They have no effect on the verdicts. Where the version is not "
    "stated the newest is taken.",
)
FELIX_STANDS_STILL = register(
    "RF5203",
    "Felix does not start",
    Severity.ERROR,
    "Felix does not start with an entry of failsafe ports that it cannot read, or an action for traffic to the host "
    "that there is not, and a NetworkSet with a net that is none ends it (a GlobalNetworkSet does not). What nodes "
    "enforce then is what they enforced before, so that no verdict is known.",
)
TYPES_GUESSED = register(
    "RF5204",
    "which directions a policy governs hangs on how it is written",
    Severity.WARNING,
    "A policy does not write its types, and holds an empty list of rules. Calico's API server and calicoctl count the "
    "rules, and a cluster that serves projectcalico.org/v3 as CRDs counts the lists, so that the empty one governs its "
    "direction and denies all of it. The verdicts are those of the first.",
)
