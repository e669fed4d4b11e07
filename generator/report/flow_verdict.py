"""The verdict on one flow with what led to it, as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from textwrap import wrap
from typing import Any, Final

from generator.foundation.diagnostics import Place
from generator.layers.model import ANNOTATION_WHY
from generator.packets.addresses import format_address
from generator.packets.printing import describe_packet
from generator.reach.decision import Decision, Reason, Stage, Tried, Verdict
from generator.reach.engine import Engine
from generator.reach.flow import HOST_TO_LOCAL_POD, ICMPV6_TO_OWN_HOST, End, Flow, FlowVerdict
from generator.reach.inventory import UNKNOWN_ADDRESS
from generator.reach.matching import Unsure
from generator.reach.model import Action, Direction, PolicyClass, PolicyId, PolicyView, RuleView
from generator.report.flow_changes import decided_by, name_end
from generator.report.formats import PLAIN, Ink, count, markdown_table, write_json
from generator.report.judged_by import is_by_vectors, judged_by

KIND: Final = "ringfence.explain"
MOST_TRIED: Final = 12
_WIDTH: Final = 80
_WORDS: Final = {Verdict.ALLOW: "allowed", Verdict.DENY: "denied", Verdict.UNKNOWN: "unknown"}
_NOTES: Final = {
    HOST_TO_LOCAL_POD: "a node always reaches its own pods",
    ICMPV6_TO_OWN_HOST: "a pod's neighbour discovery always reaches its node",
}
_LEAVING: Final = frozenset({Stage.FORWARD_EGRESS, Stage.UNTRACKED_EGRESS})
_ON_PODS: Final = frozenset({PolicyClass.NORMAL, PolicyClass.FORWARD})


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with the engine that found it.

    `after` is the same flow once the set of an intent is in place of what is live. Of what was rendered, which has no
    file, `rendered` are the templates, and `intent_place` finds the line of the intent that a policy's why names.
    """

    engine: Engine
    flow: Flow
    verdict: FlowVerdict
    notes: tuple[str, ...] = ()
    after: Explanation | None = None
    rendered: frozenset[str] = frozenset()
    intent_place: Callable[[str], Place | None] = field(default=lambda why: None, compare=False)

    def place(self, policy: PolicyView, rule: RuleView | None, direction: Direction) -> Place | None:
        """Return the line of a rule, or of its policy; None where it is not known."""
        if policy.origin is None:
            return None
        if policy.origin.source.file in self.rendered:
            return self.intent_place(_why(policy, rule))
        return policy.origin.source.place(() if rule is None else ("spec", direction.value.lower(), rule.index))

    def decision_place(self, decision: Decision | None, direction: Direction) -> Place | None:
        """Return the line of the rule that decided; None where none did or it is not known."""
        if decision is None or decision.decided_by is None or decision.view is None:
            return None
        return self.place(decision.decided_by, decision.view, direction)


def verdict_text(found: Explanation, ink: Ink = PLAIN) -> str:
    """Write the verdict for a terminal, then what decided at each place, in the order of the packet's way."""
    if found.after is None:
        return _one_text(found, "", ink)
    return f"{_one_text(found, 'now ', ink)}\n{_one_text(found.after, 'after ', ink)}"


def _one_text(found: Explanation, when: str, ink: Ink) -> str:
    paint = {Verdict.ALLOW: ink.green, Verdict.DENY: ink.red, Verdict.UNKNOWN: ink.yellow}
    verdict = found.verdict.verdict
    lines = [f"{when}{paint[verdict](_WORDS[verdict])}: {_headline(found.flow)}"]
    lines += [line for text in _remarks(found) for line in _wrapped(text, 2)]
    for title, decision, direction, trace in _places(found):
        lines += ["", ink.bold(f"{title}: {decision.verdict if decision else 'not policed'}")]
        for text in _decision_lines(found, decision, direction):
            lines += _wrapped(text, 2)
        lines += [ink.faint(line) for line in _trace_lines(trace, decision, direction)]
    aside = _aside(found)
    if aside:
        lines += ["", ink.bold("without effect")]
        lines += [line for text in aside for line in _wrapped(text, 2)]
    return "".join(f"{line}\n" for line in lines)


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
            "calico": str(found.engine.environment.version),
            "byVectors": is_by_vectors(found.engine.environment.version),
            **_verdict_data(found),
            "after": _verdict_data(found.after) if found.after is not None else None,
        },
    )


def _verdict_data(found: Explanation) -> dict[str, Any]:
    verdict = found.verdict
    return {
        "verdict": verdict.verdict.value,
        "unknown": "; ".join(verdict.unknown) or None,
        "notes": list(_notes(found)),
        "egress": _decision_data(found, verdict.egress, Direction.EGRESS),
        "ingress": _decision_data(found, verdict.ingress, Direction.INGRESS),
        "host": [_decision_data(found, item, _direction(item)) for item in verdict.host],
        "egressTrace": [_tried_data(found, item, Direction.EGRESS) for item in verdict.egress_trace],
        "ingressTrace": [_tried_data(found, item, Direction.INGRESS) for item in verdict.ingress_trace],
        "withoutEffect": _aside(found),
    }


def verdict_markdown(found: Explanation) -> str:
    """Write the verdict as a headline and a table with a row for each place."""
    if found.after is None:
        return _one_markdown(found, "")
    return f"{_one_markdown(found, 'now ')}\n{_one_markdown(found.after, 'after ')}"


def _one_markdown(found: Explanation, when: str) -> str:
    text = f"### {when}{_WORDS[found.verdict.verdict]}: {_headline(found.flow)}\n\n"
    text += "".join(f"{remark}\n\n" for remark in _remarks(found))
    rows = []
    for title, decision, direction, _ in _places(found):
        place = found.decision_place(decision, direction)
        said = decision.verdict.value if decision else "not policed"
        rows.append((title, said, _decided(decision, direction), f"`{place}`" if place else "", _why_decided(decision)))
    text += markdown_table(("place", "verdict", "decided by", "where", "why"), rows)
    return text + "".join(f"\n* {item}" for item in _aside(found)) + ("\n" if _aside(found) else "")


def _headline(flow: Flow) -> str:
    family = " (IPv6)" if flow.packet.family == 6 else ""
    return f"{name_end(flow.source)} -> {name_end(flow.destination)} {describe_packet(flow.transport)}{family}"


def _places(found: Explanation) -> Iterator[tuple[str, Decision | None, Direction, Sequence[Tried]]]:
    """Yield each place on the way: its title, decision, direction and trace."""
    flow, verdict = found.flow, found.verdict
    yield f"egress at {name_end(flow.source)}", verdict.egress, Direction.EGRESS, verdict.egress_trace
    for item in verdict.host:
        yield f"{item.stage} at host endpoint {item.endpoint} of node {item.node}", item, _direction(item), ()
    yield f"ingress at {name_end(flow.destination)}", verdict.ingress, Direction.INGRESS, verdict.ingress_trace


def _direction(decision: Decision) -> Direction:
    return Direction.EGRESS if decision.stage in _LEAVING else Direction.INGRESS


def _remarks(found: Explanation) -> Iterator[str]:
    if found.verdict.unknown:
        yield f"not known because {'; '.join(found.verdict.unknown)}"
    yield from _notes(found)


def _notes(found: Explanation) -> Iterator[str]:
    yield from found.notes
    if found.verdict.note:
        yield _NOTES.get(found.verdict.note, found.verdict.note)
    remark = judged_by(found.engine.environment.version)
    if remark:
        yield remark


def _wrapped(text: str, indent: int) -> list[str]:
    first = " " * indent
    return wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=f"{first}  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _decision_lines(found: Explanation, decision: Decision | None, direction: Direction) -> Iterator[str]:
    yield _decided(decision, direction)
    place = found.decision_place(decision, direction)
    if place is not None:
        yield f"at {place}"
    why = _why_decided(decision)
    if why:
        yield f"why: {why}"
    if decision is not None and decision.reason is Reason.END_OF_TIER:
        for policy in _policies_of_tier(found, decision, direction):
            yield f"{_policy(policy.id)} applies{_at(found, policy, direction)}"


def _decided(decision: Decision | None, direction: Direction) -> str:
    if decision is None:
        return "no pod, no host endpoint: nobody asks here"
    if decision.policy is not None and decision.view is not None:
        said = _rule(decision.view, direction)
        text = f"{_policy(decision.policy)}, {said}, tier {decision.tier}"
        return f"it is not known whether this matches: {text}" if decision.verdict is Verdict.UNKNOWN else text
    if decision.reason is Reason.PROFILE and decision.allows:
        return f"no policy decides, and what none decides is allowed (profile {decision.profile})"
    if decision.reason is Reason.PROFILE:
        return f"no policy decides; there is no profile {decision.profile}, so Felix denies"
    if decision.reason is Reason.END_OF_TIER:
        return f"no rule in tier {decision.tier} matches; the end of the tier denies"
    return decided_by(decision)


def _policy(policy: PolicyId) -> str:
    return f"{policy.kind} {policy.namespace}/{policy.name}" if policy.namespace else f"{policy.kind} {policy.name}"


def _rule(rule: RuleView, direction: Direction) -> str:
    return f"{direction.value.lower()}[{rule.index}] ({rule.action.value})"


def _why_decided(decision: Decision | None) -> str:
    if decision is None or decision.decided_by is None:
        return ""
    return _why(decision.decided_by, decision.view)


def _why(policy: PolicyView, rule: RuleView | None) -> str:
    """Return what the rule, or else its policy, says of its own way in the intent."""
    notes = rule.notes if rule is not None else ()
    note = next((item for item in notes if item.startswith(f"{ANNOTATION_WHY}=")), "")
    if note or policy.origin is None:
        return note.partition("=")[2]
    annotations = policy.origin.metadata.get("annotations")
    return str(annotations.get(ANNOTATION_WHY) or "") if isinstance(annotations, Mapping) else ""


def _trace_lines(trace: Sequence[Tried], decision: Decision | None, direction: Direction) -> Iterator[str]:
    """Write the rules that were looked at before the one that decided; runs that differ in the same field are one."""
    looked = [item for item in trace if not _is_deciding(item, decision)]
    if not looked:
        return
    yield "  also looked at:" if decision is not None and decision.view is not None else "  looked at:"
    groups = [list(run) for _, run in groupby(looked, key=lambda item: (item.policy.id, _outcome(item)))]
    for run in groups[:MOST_TRIED]:
        first, last = run[0], run[-1]
        which = _rule(first.rule, direction)
        if len(run) > 1:
            which += f" to [{last.rule.index}]"
        yield from _wrapped(f"{_policy(first.policy.id)} {which}: {_outcome(first)}", 4)
    left = sum(len(run) for run in groups[MOST_TRIED:])
    if left:
        yield f"    ... and {count(left, 'more rule')}; --format json lists all"


def _is_deciding(item: Tried, decision: Decision | None) -> bool:
    return decision is not None and item.rule is decision.view


def _outcome(item: Tried) -> str:
    match item.mismatch:
        case None if item.rule.action is Action.PASS:
            return "matches, goes on to the next tier"
        case None:
            return "matches, only logs" if item.rule.action is Action.LOG else "matches"
        case Unsure(asked, reason):
            return f"{asked} may match or not: {reason}"
        case asked:
            return f"{asked} does not match"


def _endpoints(found: Explanation, direction: Direction) -> list[str]:
    """Return the keys by which the engine knows the endpoint that polices an end."""
    end = found.flow.source if direction is Direction.EGRESS else found.flow.destination
    if end.pod is not None:
        return [end.pod.key]
    return [f"host endpoint {host.key}" for host in found.engine.inventory.hosts.get(end.node, ())]


def _policies_of_tier(found: Explanation, decision: Decision, direction: Direction) -> Iterator[PolicyView]:
    """Yield the policies that put an endpoint under the tier whose end denied."""
    forwarded = decision.stage in (Stage.FORWARD_INGRESS, Stage.FORWARD_EGRESS)
    classes = {PolicyClass.FORWARD} if forwarded else _ON_PODS
    keys = [f"host endpoint {decision.endpoint}"] if decision.endpoint else _endpoints(found, direction)
    for key in keys:
        for tier, policy in found.engine.selecting(found.engine.class_of(key)):
            if tier.name == decision.tier and direction in policy.governs and policy.kind in classes:
                yield policy


def _aside(found: Explanation) -> list[str]:
    """Say which policies about the two ends are only staged, or refused by Felix."""
    engine = found.engine
    lines: list[str] = []
    for direction in (Direction.EGRESS, Direction.INGRESS):
        numbers = {engine.class_of(key) for key in _endpoints(found, direction)}
        for tier in engine.lowered.tiers:
            for policy in tier.policies:
                if not policy.staged or direction not in policy.governs:
                    continue
                if numbers.intersection(engine.directory.endpoint_index.select(policy.selector)):
                    lines.append(f"{_policy(policy.id)} is staged: it decides nothing{_at(found, policy, direction)}")
    namespaces = {"", *_namespaces((found.flow.source, found.flow.destination))}
    for refused in engine.lowered.refused:
        if refused.obj.namespace in namespaces:
            name = f"{refused.obj.namespace}/{refused.obj.name}".lstrip("/")
            place = refused.obj.source.place()
            lines.append(f"{refused.obj.kind} {name} is refused by Felix as a whole: {refused.reason} ({place})")
    return list(dict.fromkeys(lines))


def _at(found: Explanation, policy: PolicyView, direction: Direction) -> str:
    place = found.place(policy, None, direction)
    return f" ({place})" if place is not None else ""


def _namespaces(ends: Iterable[End]) -> Iterator[str]:
    return (end.pod.namespace for end in ends if end.pod is not None)


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
        "place": _place_data(found.decision_place(decision, direction)),
        "why": _why_decided(decision) or None,
        "unknown": decision.why or None,
        "profile": decision.profile or None,
        "hostEndpoint": decision.endpoint or None,
        "stage": decision.stage.value if decision.stage is not None else None,
        "node": decision.node or None,
    }


def _policy_data(policy: PolicyId) -> dict[str, str]:
    return {"kind": policy.kind, "namespace": policy.namespace, "name": policy.name}


def _place_data(place: Place | None) -> dict[str, Any] | None:
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
        "place": _place_data(found.place(item.policy, item.rule, direction)),
    }
