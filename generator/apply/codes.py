"""Diagnostic codes of carrying a plan out: RF83xx."""

from __future__ import annotations

from generator.foundation.codes import register
from generator.foundation.diagnostics import Severity

JOURNAL_DAMAGED = register(
    "RF8301",
    "the journal is damaged",
    Severity.ERROR,
    "A record is not as it was written. A record that was cut off at the end of the file is no damage: it is dropped.",
)
JOURNAL_UNWRITABLE = register(
    "RF8302",
    "the journal cannot be written",
    Severity.ERROR,
    "Without a journal nothing is written to the cluster: the disk is full, or does not permit it.",
)
NOT_APPLYABLE = register(
    "RF8303",
    "the plan cannot be carried out",
    Severity.ERROR,
    "It holds no proven steps, or was not made from a whole cluster.",
)
PLAN_STALE = register(
    "RF8304",
    "the plan is stale",
    Severity.ERROR,
    "On what is live now it is not proven any more, or would cut or open something else. Make it anew.",
)
DRIFTED = register(
    "RF8305",
    "somebody has changed what the plan writes",
    Severity.ERROR,
    "An object is neither as the plan saw it nor as a step of it leaves it. Nothing of it was overwritten.",
)
RIGHT_MISSING = register(
    "RF8306", "a right is missing", Severity.ERROR, "RBAC does not permit what the plan needs; nothing was written."
)
NOT_SERVED = register(
    "RF8307",
    "the cluster does not serve what the plan writes",
    Severity.ERROR,
    "A kind, an API version or a field of the plan's target is unknown to the API server; plan for its version.",
)
NAMESPACE_MISSING = register(
    "RF8308", "a namespace is missing", Severity.ERROR, "It has to be there before anything can be written into it."
)
RUN_UNFINISHED = register(
    "RF8309",
    "a run is unfinished",
    Severity.ERROR,
    "An earlier run of this intent has stopped half-way; it is gone on with or rolled back first.",
)
NO_RUN = register("RF8310", "there is no run", Severity.ERROR, "Nothing is known of a run that could go on or go back.")
DECLINED = register(
    "RF8311", "declined", Severity.ERROR, "The question before the first write was not answered with yes."
)
STOPPED = register(
    "RF8312",
    "stopped as asked",
    Severity.ERROR,
    "The run stopped between two steps; what is live is a state that the plan proved.",
)
LEASE_LOST = register(
    "RF8313",
    "the right to write is lost",
    Severity.ERROR,
    "Another run holds the Lease, or it could not be renewed in time; nothing more is written.",
)
WRITE_REFUSED = register(
    "RF8314", "the server refuses a write", Severity.ERROR, "What it says is shown; the step was not done."
)
WRITE_DIFFERS = register(
    "RF8315",
    "what was written is not what is there",
    Severity.ERROR,
    "The server warned, or kept something else than what the plan proved.",
)
OUTCOME_UNKNOWN = register(
    "RF8316",
    "the cluster does not answer",
    Severity.ERROR,
    "Whether the last write happened is found out by reading when the run goes on or goes back.",
)
NOT_CONVERGED = register(
    "RF8317",
    "not every node has what was written",
    Severity.ERROR,
    "A node was asked and has not shown within --timeout that it has it, or a gate refused; the next stage may begin "
    "only after it has.",
)
NODES_TROUBLED = register(
    "RF8318",
    "calico-node or Typha restarted, or is not ready",
    Severity.ERROR,
    "A node may have gone back to an older state; the proof does not cover that, so nothing is cut over now.",
)
FREEZING_OBJECT = register(
    "RF8319", "an object freezes Felix", Severity.ERROR, "While it is there, no node takes in what is written."
)
UNTIL_UNKNOWN = register(
    "RF8320", "the run cannot stop there", Severity.ERROR, "The plan has no such step, or others come before it."
)
OTHER_GROUP = register(
    "RF8321",
    "an object changes its API group",
    Severity.ERROR,
    "The plan reads an object in one API group and writes it in another: on a server that serves both they are two.",
)
WAITS_GUESSED = register(
    "RF8322",
    "waits are pauses by time",
    Severity.WARNING,
    "Nothing confirms that every node has what was written; the length of the pause is a guess.",
)
WAY_BACK_UNPROVEN = register(
    "RF8323",
    "the way back is not proven",
    Severity.ERROR,
    "On what is live now taking the plan back may cut or open something on its way; nothing was written.",
)
