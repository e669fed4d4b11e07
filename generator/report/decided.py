"""What decided a flow, and the names of its ends, as all reports say it."""

from __future__ import annotations

from generator.packets.addresses import format_address
from generator.reach.decision import Decision, Reason
from generator.reach.flow import End, FlowVerdict
from generator.reach.inventory import UNKNOWN_ADDRESS


def name_end(end: End) -> str:
    """Return the name of an end: a pod, a node, or its address."""
    if end.name and not end.name.startswith("ip:"):
        return end.name
    return format_address(*end.address) if end.address[1] < UNKNOWN_ADDRESS else end.name


def why(verdict: FlowVerdict) -> str:
    """Say what decided a flow: the first place that denies it, or where it is let in."""
    if verdict.unknown:
        return f"unknown because {'; '.join(verdict.unknown)}"
    decisions = [item for item in (verdict.egress, *verdict.host, verdict.ingress) if item is not None]
    stopping = [item for item in decisions if not item.allows]
    chosen = stopping[0] if stopping else (decisions[-1] if decisions else None)
    if chosen is None:
        return ""
    where = "egress" if chosen is verdict.egress else "ingress" if chosen is verdict.ingress else str(chosen.stage)
    return f"{chosen.verdict} at {where}, {decided_by(chosen)}"


def decided_by(decision: Decision) -> str:
    """Say in words what decided."""
    match decision.reason:
        case Reason.RULE:
            return f"{decision.policy} rule {decision.rule} in tier {decision.tier}"
        case Reason.END_OF_TIER:
            return f"no rule in tier {decision.tier} allows it"
        case Reason.PROFILE:
            return f"no policy decides, profile {decision.profile}"
        case Reason.NO_PROFILE:
            return "no policy and no profile allows it"
        case Reason.ENCAPSULATION:
            return "pods may not send encapsulated packets"
        case Reason.FAILSAFE:
            return "a failsafe port"
        case Reason.FORWARD_DEFAULT:
            return "the host endpoint asks nothing of routed packets"
        case Reason.NOT_READ:
            return decision.why or "nobody knows what is enforced there"
        case Reason.TO_OWN_HOST if decision.why:
            return decision.why
        case Reason.TO_OWN_HOST:
            return "Felix drops what pods send to their own node"
