"""What `explain` answers about one flow, in each of the states that it is asked of."""

from __future__ import annotations

from dataclasses import replace

from generator.cli.called_flow import read_flow
from generator.cli.progress import show_progress
from generator.cli.states import States
from generator.foundation.errors import InputError
from generator.reach.decision import Verdict
from generator.reach.engine import Engine
from generator.reach.flow import evaluate_flow
from generator.reach.question import between_pods
from generator.reach.to_service import behind_host_port, find_front
from generator.report.flow_verdict_model import Explanation
from generator.snapshot.model import Snapshot


def explain_flow(states: States, source: str, destination: str, ipv6: bool, source_port: int) -> Explanation:
    """Return the verdicts on one flow; InputError where an object stops Felix from reading all of its kind."""
    found = [_explain(states, state, source, destination, ipv6, source_port) for state in states.snapshots]
    if states.target is None or len(found) < 2:
        return found[0]
    after = found[1]
    if after.verdict.verdict is Verdict.DENY:
        # Only here, because a change is looked for only where something is denied.
        from generator.cli.suggested import suggest_for

        with show_progress("looking for a change of the intent"):
            after = replace(after, remedy=suggest_for(states.target, states.snapshots[0], states.as_of, after))
    return replace(found[0], after=after)


def _explain(
    states: States, snapshot: Snapshot, source: str, destination: str, ipv6: bool, source_port: int
) -> Explanation:
    engine = Engine(snapshot, states.environment)
    if engine.undecodable:
        raise InputError(engine.undecodable)
    called = read_flow(engine, snapshot, source, destination, ipv6=ipv6, source_port=source_port)
    sent_on = find_front(engine, called.flow) is not None or behind_host_port(engine, called.flow)
    if states.target is None and not sent_on:  # else the policies of other namespaces may have a say
        ends = (called.flow.source, called.flow.destination)
        engine = engine.asked(between_pods(engine.inventory, [end.pod for end in ends if end.pod is not None]))
    return Explanation(
        engine,
        called.flow,
        evaluate_flow(engine, called.flow, trace=True),
        called.notes,
        rendered=states.rendered,
        intent_place=states.intent_place,
    )
