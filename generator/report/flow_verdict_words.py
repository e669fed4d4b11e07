"""The words for a verdict on one flow: who decided, what was looked at, what has no effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Final

from generator.packets.printing import describe_packet
from generator.reach.decision import Decision, Reason, Tried, Verdict
from generator.reach.flow import HOST_TO_LOCAL_POD, ICMPV6_TO_OWN_HOST, End, Flow
from generator.reach.matching import Unsure
from generator.reach.model import Action, Direction, PolicyId, PolicyView, RuleView
from generator.report.decided import decided_by, name_end
from generator.report.flow_verdict_model import Explanation, endpoints_of, places_of
from generator.report.formats import count
from generator.report.judged_by import judged_by

MOST_TRIED: Final = 12
WIDTH: Final = 80
VERDICT_WORDS: Final = {Verdict.ALLOW: "allowed", Verdict.DENY: "denied", Verdict.UNKNOWN: "unknown"}
_NOTES: Final = {
    HOST_TO_LOCAL_POD: "a node always reaches its own pods",
    ICMPV6_TO_OWN_HOST: "a pod's neighbour discovery always reaches its node",
}


def headline(flow: Flow) -> str:
    """Return who asks whom for what."""
    family = " (IPv6)" if flow.packet.family == 6 else ""
    return f"{name_end(flow.source)} -> {name_end(flow.destination)} {describe_packet(flow.transport)}{family}"


def remarks(found: Explanation) -> Iterator[str]:
    """Yield what must be known beside the verdict, why it is unknown first."""
    if found.verdict.unknown:
        yield f"not known because {'; '.join(found.verdict.unknown)}"
    titles = [title for title, decision, _, _ in places_of(found) if decision and decision.verdict is Verdict.DENY]
    if found.verdict.verdict is Verdict.DENY and titles:
        yield "stopped at " + " and ".join(f"the {title.replace(' at ', ' of ', 1)}" for title in titles)
    yield from notes_of(found)


def notes_of(found: Explanation) -> Iterator[str]:
    """Yield what must be known beside the verdict."""
    yield from found.notes
    if found.verdict.note:
        yield _NOTES.get(found.verdict.note, found.verdict.note)
    remark = judged_by(found.engine.environment)
    if remark:
        yield remark


def wrapped(text: str, indent: int) -> list[str]:
    """Return the lines of a text for a terminal; all but the first are indented further."""
    first = " " * indent
    return wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=f"{first}  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def decided_words(decision: Decision | None, direction: Direction) -> str:
    """Say what decided at one place."""
    if decision is None:
        return "it is no pod and no host endpoint, so no policy is asked here"
    if decision.policy is not None and decision.view is not None:
        said = rule_name(decision.view, direction)
        text = f"{policy_name(decision.policy)}, {said}, tier {decision.tier}"
        return f"it is not known whether this matches: {text}" if decision.verdict is Verdict.UNKNOWN else text
    if decision.reason is Reason.PROFILE and decision.allows:
        return f"no policy decides, and what none decides is allowed (profile {decision.profile})"
    if decision.reason is Reason.PROFILE:
        return f"no policy decides; there is no profile {decision.profile}, so Felix denies"
    if decision.reason is Reason.END_OF_TIER:
        return f"no rule in tier {decision.tier} matches; the end of the tier denies"
    return decided_by(decision)


def policy_name(policy: PolicyId) -> str:
    """Return kind, namespace and name of a policy."""
    return f"{policy.kind} {policy.namespace}/{policy.name}" if policy.namespace else f"{policy.kind} {policy.name}"


def rule_name(rule: RuleView, direction: Direction) -> str:
    """Return where a rule stands in its policy, and its action."""
    return f"{direction.value.lower()}[{rule.index}] ({rule.action.value})"


def trace_lines(trace: Sequence[Tried], decision: Decision | None, direction: Direction) -> Iterator[str]:
    """Write the rules that were looked at before the one that decided; runs that differ in the same field are one."""
    looked = [item for item in trace if not _is_deciding(item, decision)]
    if not looked:
        return
    yield "  also looked at:" if decision is not None and decision.view is not None else "  looked at:"
    groups = [list(run) for _, run in groupby(looked, key=lambda item: (item.policy.id, _outcome(item)))]
    for run in groups[:MOST_TRIED]:
        first, last = run[0], run[-1]
        which = rule_name(first.rule, direction)
        if len(run) > 1:
            which += f" to [{last.rule.index}]"
        yield from wrapped(f"{policy_name(first.policy.id)} {which}: {_outcome(first)}", 4)
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


def without_effect(found: Explanation) -> list[str]:
    """Say which policies about the two ends are only staged, or refused by Felix."""
    engine = found.engine
    lines: list[str] = []
    for direction in (Direction.EGRESS, Direction.INGRESS):
        numbers = {engine.class_of(key) for key in endpoints_of(found, direction)}
        for tier in engine.lowered.tiers:
            for policy in tier.policies:
                if not policy.staged or direction not in policy.governs:
                    continue
                if numbers.intersection(engine.directory.endpoint_index.select(policy.selector)):
                    where = place_of_policy(found, policy, direction)
                    lines.append(f"{policy_name(policy.id)} is staged: it decides nothing{where}")
    namespaces = {"", *_namespaces((found.flow.source, found.flow.destination))}
    for refused in engine.lowered.refused:
        if refused.obj.namespace in namespaces:
            name = f"{refused.obj.namespace}/{refused.obj.name}".lstrip("/")
            place = refused.obj.source.place()
            lines.append(f"{refused.obj.kind} {name} is refused by Felix as a whole: {refused.reason} ({place})")
    return list(dict.fromkeys(lines))


def place_of_policy(found: Explanation, policy: PolicyView, direction: Direction) -> str:
    """Return the place of a policy in brackets, "" where it is not known."""
    place = found.place(policy, None, direction)
    return f" ({place})" if place is not None else ""


def _namespaces(ends: Iterable[End]) -> Iterator[str]:
    return (end.pod.namespace for end in ends if end.pod is not None)
