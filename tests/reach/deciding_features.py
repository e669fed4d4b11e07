"""Which features of a world decided a verdict; what is counted is a feature of the rule or place that decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.reach.decision import Decision, Reason, Stage, Tried
from generator.reach.engine import Engine
from generator.reach.flow import HOST_TO_LOCAL_POD, Flow, FlowVerdict
from generator.reach.model import Action, Direction, RuleView, SideView
from generator.reach.packet import Packet
from generator.selectors.nodes import Contains, EndsWith, In, Node, Not, NotEqual, NotIn, Or, StartsWith, walk_selector

_OF_STAGE: Final = {
    Stage.NORMAL: "host endpoint, normal",
    Stage.FORWARD_INGRESS: "host endpoint, applyOnForward",
    Stage.FORWARD_EGRESS: "host endpoint, applyOnForward",
    Stage.PRE_DNAT: "host endpoint, preDNAT",
    Stage.UNTRACKED_INGRESS: "host endpoint, doNotTrack",
    Stage.UNTRACKED_EGRESS: "host endpoint, doNotTrack",
}
_OF_REASON: Final = {
    Reason.END_OF_TIER: "end of tier",
    Reason.PROFILE: "profile",
    Reason.ENCAPSULATION: "encapsulation",
    Reason.FAILSAFE: "failsafe",
    Reason.RULE: "rule",
}
_OF_KIND: Final = {
    "KubernetesNetworkPolicy": "Kubernetes NetworkPolicy",
    "KubernetesClusterNetworkPolicy": "ClusterNetworkPolicy",
}
OF_RULES: Final = (
    "selector", "lone notSelector", "service account", "named port", "notPorts", "service", "nets", "notNets",
    "nets and selector", "protocol number", "ICMP", "ICMPv6", "network set", "network set that holds a pod",
)  # fmt: skip
# Those that no rewriting of a selector puts there by itself, as it does `==` and `has`.
OPERATORS: Final = {
    kind: f"operator {text}"
    for kind, text in (
        (NotEqual, "!="), (In, "in"), (NotIn, "not in"), (Contains, "contains"), (StartsWith, "starts with"),
        (EndsWith, "ends with"), (Not, "!"), (Or, "||"),
    )
}  # fmt: skip
LISTED: Final = frozenset(
    {
        *OPERATORS.values(),
        *_OF_STAGE.values(), *_OF_REASON.values(), *_OF_KIND.values(), *OF_RULES, "tier that passes",
        "tier without object", "Pass", "Log", "pod to own node", "own node to pod", "hostNetwork pod", "IPv4", "IPv6",
        "dual-stack pod",
    }
)  # fmt: skip


def features_of(engine: Engine, flow: Flow, found: FlowVerdict) -> set[str]:
    """Return the features that decided a flow which was traced."""
    told: set[str] = set()
    source, destination = flow.source, flow.destination
    ends = (
        (Direction.EGRESS, found.egress, found.egress_trace, source),
        (Direction.INGRESS, found.ingress, found.ingress_trace, destination),
    )
    if found.note == HOST_TO_LOCAL_POD:
        told.add("own node to pod")
    if found.egress and source.pod is not None and destination.is_host and source.node == destination.node:
        told.add("pod to own node")
    for direction, decision, trace, end in ends:
        if decision is None:
            continue
        told |= set(_of_decision(engine, flow.packet, decision)) | set(_of_trace(trace))
        if end.pod is not None:
            told.add(f"IPv{end.address[0]}")
            if len(end.pod.addresses) == 2:
                told.add("dual-stack pod")
            passing = {tier.name for tier in engine.lowered.tiers if tier.passes}
            in_play = engine.pod_program(end.pod, direction).tiers
            before = in_play[: in_play.index(decision.tier)] if decision.tier in in_play else in_play
            jumped = {tried.tier for tried in trace if tried.mismatch is None and tried.rule.action is Action.PASS}
            if passing.intersection(before) - jumped:
                told.add("tier that passes")
    for decision in found.host:
        told |= set(_of_decision(engine, flow.packet, decision))
    return told


def _of_trace(trace: tuple[Tried, ...]) -> Iterator[str]:
    for tried in trace:
        if tried.mismatch is None and tried.rule.action in (Action.PASS, Action.LOG):
            yield tried.rule.action.value


def _of_decision(engine: Engine, packet: Packet, decision: Decision) -> Iterator[str]:
    if decision.stage is not None and decision.reason in (Reason.RULE, Reason.END_OF_TIER, Reason.NO_PROFILE):
        yield _OF_STAGE[decision.stage]
    if decision.reason in _OF_REASON:
        yield _OF_REASON[decision.reason]
    if decision.tier and any(tier.missing for tier in engine.lowered.tiers if tier.name == decision.tier):
        yield "tier without object"
    if decision.policy is not None and decision.policy.kind in _OF_KIND:
        yield _OF_KIND[decision.policy.kind]
    if decision.decided_by is not None:
        yield from _operators(decision.decided_by.selector)
    if decision.view is not None:
        yield from _of_rule(engine, packet, decision.view)


def _operators(selector: Node | None) -> Iterator[str]:
    for node in walk_selector(selector) if selector is not None else ():
        if type(node) in OPERATORS:
            yield OPERATORS[type(node)]


def _of_rule(engine: Engine, packet: Packet, rule: RuleView) -> Iterator[str]:
    match rule.protocol:
        case 1:
            yield "ICMP"
        case 58:
            yield "ICMPv6"
        case 47:
            yield "protocol number"
        case _:
            pass
    for side, address in ((rule.source, packet.source), (rule.destination, packet.destination)):
        yield from _of_side(side)
        for selector in (side.members, side.excluded):
            yield from _operators(selector)
        if side.members is not None:
            found = engine.directory.members(side.members)
            if found.ranges.contains(address[1], address[0]):
                yield "network set"
                if any(address in pod.addresses for pod in engine.inventory.pods.values()):
                    yield "network set that holds a pod"


def _of_side(side: SideView) -> Iterator[str]:
    asked = {
        "selector": side.members is not None,
        "lone notSelector": side.excluded is not None,
        "service account": "serviceaccount" in repr(side.members) or "pcsa." in repr(side.members),
        "named port": bool(side.port_names),
        "notPorts": side.not_ports is not None or bool(side.not_port_names),
        "service": side.service is not None,
        "nets": side.nets is not None,
        "notNets": side.not_nets is not None,
        "nets and selector": side.nets is not None and side.members is not None,
    }
    yield from (name for name, holds in asked.items() if holds)
