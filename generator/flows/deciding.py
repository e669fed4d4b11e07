"""What denies a flow, in one line: the place and the rule, or the end of the tier."""

from __future__ import annotations

from generator.reach.decision import Decision, Reason, Verdict
from generator.reach.flow import FlowVerdict


def what_denies(verdict: FlowVerdict) -> str:
    """Name the first place on the packet's way that denies, and what decides there."""
    for decision in (verdict.egress, *verdict.host, verdict.ingress):
        if decision is not None and decision.verdict is Verdict.DENY:
            where = "egress" if decision is verdict.egress else "ingress" if decision is verdict.ingress else "host"
            return f"{where}: {_decided_by(decision)}"
    return "nobody knows by what"


def _decided_by(decision: Decision) -> str:
    match decision.reason:
        case Reason.RULE if decision.view is not None and decision.policy is not None:
            return f"{decision.policy} rule {decision.view.index} (tier {decision.tier})"
        case Reason.RULE:
            return f"{decision.policy} rule {decision.rule} (tier {decision.tier})"
        case Reason.END_OF_TIER:
            return f"no rule in tier {decision.tier} allows it"
        case Reason.NO_PROFILE:
            return "no policy and no profile allows it"
        case Reason.ENCAPSULATION:
            return "pods may not send encapsulated packets"
        case Reason.TO_OWN_HOST:
            return "Felix drops what pods send to their own node"
        case _:
            return decision.reason.value
