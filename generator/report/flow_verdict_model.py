"""What is said about one flow: the verdict, the engine that found it, and the places and policies on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from generator.foundation.diagnostics import Place
from generator.reach.decision import Decision, Stage, Tried, Verdict
from generator.reach.engine import Engine
from generator.reach.flow import Flow, FlowVerdict
from generator.reach.model import Direction, PolicyClass, PolicyView, RuleView
from generator.report.decided import name_end

if TYPE_CHECKING:
    from generator.suggest.model import Refusal, Suggestion

_LEAVING: Final = frozenset({Stage.FORWARD_EGRESS, Stage.UNTRACKED_EGRESS})
_ON_PODS: Final = frozenset({PolicyClass.NORMAL, PolicyClass.FORWARD})


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with the engine that found it.

    `after` is the same flow once the set of an intent is in place of what is live. Of what was rendered, which has no
    file, `rendered` are the templates, and `intent_place` finds the line of the intent that a policy's why names.
    `remedy` is the change of the intent that would allow what is denied afterwards, or why there is none.
    """

    engine: Engine
    flow: Flow
    verdict: FlowVerdict
    notes: tuple[str, ...] = ()
    after: Explanation | None = None
    remedy: Suggestion | Refusal | None = None
    rendered: frozenset[str] = frozenset()
    intent_place: Callable[[str], Place | None] = field(default=lambda why: None, compare=False)

    def place(self, policy: PolicyView, rule: RuleView | None, direction: Direction) -> Place | None:
        """Return the line of a rule, or of its policy; None where it is not known."""
        if policy.origin is None:
            return None
        if policy.origin.source.file in self.rendered:
            return self.intent_place(why_of(policy, rule))
        return policy.origin.source.place(() if rule is None else ("spec", direction.value.lower(), rule.index))

    def decision_place(self, decision: Decision | None, direction: Direction) -> Place | None:
        """Return the line of the rule that decided; None where none did or it is not known."""
        if decision is None or decision.decided_by is None or decision.view is None:
            return None
        return self.place(decision.decided_by, decision.view, direction)


def places_of(found: Explanation) -> Iterator[tuple[str, Decision | None, Direction, Sequence[Tried]]]:
    """Yield each place on the way: its title, decision, direction and trace; none where nothing could be asked."""
    flow, verdict = found.flow, found.verdict
    if found.engine.blind_to and verdict.verdict is Verdict.UNKNOWN:
        return
    yield f"egress at {name_end(flow.source)}", verdict.egress, Direction.EGRESS, verdict.egress_trace
    for item in verdict.host:
        yield f"{item.stage} at host endpoint {item.endpoint} of node {item.node}", item, direction_of(item), ()
    yield f"ingress at {name_end(flow.destination)}", verdict.ingress, Direction.INGRESS, verdict.ingress_trace


def direction_of(decision: Decision) -> Direction:
    """Return the direction of a decision at a host endpoint."""
    return Direction.EGRESS if decision.stage in _LEAVING else Direction.INGRESS


def why_decided(decision: Decision | None) -> str:
    """Return the item of the intent that led to what decided, "" where there is none."""
    if decision is None or decision.decided_by is None:
        return ""
    return why_of(decision.decided_by, decision.view)


def why_of(policy: PolicyView, rule: RuleView | None) -> str:
    """Return what the rule, or else its policy, says of its own way in the intent."""
    notes = rule.notes if rule is not None else ()
    annotations = policy.origin.metadata.get("annotations") if policy.origin is not None else None
    if not notes and not annotations:
        return ""
    from generator.layers.model import ANNOTATION_WHY  # late: it brings all that rendering gives

    note = next((item for item in notes if item.startswith(f"{ANNOTATION_WHY}=")), "")
    if note:
        return note.partition("=")[2]
    return str(annotations.get(ANNOTATION_WHY) or "") if isinstance(annotations, Mapping) else ""


def endpoints_of(found: Explanation, direction: Direction) -> list[str]:
    """Return the keys by which the engine knows the endpoint that polices an end."""
    end = found.flow.source if direction is Direction.EGRESS else found.flow.destination
    if end.pod is not None:
        return [end.pod.key]
    return [f"host endpoint {host.key}" for host in found.engine.inventory.hosts.get(end.node, ())]


def policies_of_tier(found: Explanation, decision: Decision, direction: Direction) -> Iterator[PolicyView]:
    """Yield the policies that put an endpoint under the tier whose end denied."""
    forwarded = decision.stage in (Stage.FORWARD_INGRESS, Stage.FORWARD_EGRESS)
    classes = {PolicyClass.FORWARD} if forwarded else _ON_PODS
    keys = [f"host endpoint {decision.endpoint}"] if decision.endpoint else endpoints_of(found, direction)
    for key in keys:
        for tier, policy in found.engine.selecting(found.engine.class_of(key)):
            if tier.name == decision.tier and direction in policy.governs and policy.kind in classes:
                yield policy
