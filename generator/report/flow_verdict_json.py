"""The verdict on one flow as JSON."""

from __future__ import annotations

from typing import Any, Final

from generator.foundation.diagnostics import Place
from generator.packets.addresses import format_address
from generator.packets.printing import describe_packet
from generator.reach.decision import Decision, Tried
from generator.reach.flow import End
from generator.reach.inventory import UNKNOWN_ADDRESS
from generator.reach.matching import Unsure
from generator.reach.model import Direction, PolicyId
from generator.report.decided import name_end
from generator.report.flow_verdict_model import Explanation, direction_of, why_decided
from generator.report.flow_verdict_words import notes_of, without_effect
from generator.report.formats import write_json
from generator.report.judged_by import judged_data

KIND: Final = "ringfence.explain"


def verdict_json(found: Explanation) -> str:
    """Write the verdict as JSON; what is not known or does not apply is null."""
    flow = found.flow
    transport = flow.transport
    return write_json(
        KIND,
        {
            "source": _end_data(flow.source),
            "destination": _end_data(flow.destination),
            "packet": {
                "ipVersion": flow.packet.family,
                "protocol": transport.protocol,
                "sourcePort": transport.source_port,
                "destinationPort": transport.destination_port,
                "icmpType": transport.icmp_type,
                "icmpCode": transport.icmp_code,
                "text": describe_packet(transport),
            },
            **judged_data(found.engine.environment),
            **_verdict_data(found),
            "after": _verdict_data(found.after) if found.after is not None else None,
            "remedy": _remedy(found.after) if found.after is not None else None,
        },
    )


def _remedy(found: Explanation) -> dict[str, Any] | None:
    if found.remedy is None:
        return None
    from generator.report.flow_verdict_remedy import remedy_data  # only where it is needed, as in flow_verdict

    return remedy_data(found)


def _verdict_data(found: Explanation) -> dict[str, Any]:
    verdict = found.verdict
    return {
        "verdict": verdict.verdict.value,
        "unknown": "; ".join(verdict.unknown) or None,
        "unknownReasons": [reason.name for reason in verdict.unknown],
        "notes": list(notes_of(found)),
        "egress": _decision_data(found, verdict.egress, Direction.EGRESS),
        "ingress": _decision_data(found, verdict.ingress, Direction.INGRESS),
        "host": [_decision_data(found, item, direction_of(item)) for item in verdict.host],
        "egressTrace": [_tried_data(found, item, Direction.EGRESS) for item in verdict.egress_trace],
        "ingressTrace": [_tried_data(found, item, Direction.INGRESS) for item in verdict.ingress_trace],
        "withoutEffect": without_effect(found),
    }


def _end_data(end: End) -> dict[str, Any]:
    known = end.address[1] < UNKNOWN_ADDRESS
    kind = "pod" if end.pod is not None else "node" if end.is_host else "outside"
    return {
        "name": name_end(end),
        "kind": kind,
        "address": format_address(*end.address) if known else None,
        "node": end.node or None,
    }


def _decision_data(found: Explanation, decision: Decision | None, direction: Direction) -> dict[str, Any] | None:
    if decision is None:
        return None
    policy = decision.policy
    return {
        "verdict": decision.verdict.value,
        "reason": decision.reason.value,
        "direction": direction.value,
        "tier": decision.tier or None,
        "policy": _policy_data(policy) if policy is not None else None,
        "rule": decision.rule,
        "action": decision.view.action.value if decision.view is not None else None,
        "place": place_data(found.decision_place(decision, direction)),
        "why": why_decided(decision) or None,
        "unknown": decision.why or None,
        "profile": decision.profile or None,
        "hostEndpoint": decision.endpoint or None,
        "stage": decision.stage.value if decision.stage is not None else None,
        "node": decision.node or None,
    }


def _policy_data(policy: PolicyId) -> dict[str, str]:
    return {"kind": policy.kind, "namespace": policy.namespace, "name": policy.name}


def place_data(place: Place | None) -> dict[str, Any] | None:
    """Return a line as plain data."""
    return {"file": place.file, "line": place.line, "column": place.column} if place is not None else None


def _tried_data(found: Explanation, item: Tried, direction: Direction) -> dict[str, Any]:
    unsure = item.mismatch if isinstance(item.mismatch, Unsure) else None
    asked = unsure.field if unsure is not None else item.mismatch
    return {
        "tier": item.tier,
        "policy": _policy_data(item.policy.id),
        "rule": item.rule.index,
        "action": item.rule.action.value,
        "matches": None if unsure is not None else item.mismatch is None,
        "mismatch": str(asked) if asked is not None else None,
        "unknown": unsure.reason if unsure is not None else None,
        "place": place_data(found.place(item.policy, item.rule, direction)),
    }
