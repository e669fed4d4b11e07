"""What `plan --flows` names: the logs are read first, and what they show is judged once the plan is there."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import replace as with_fields
from datetime import UTC, date, datetime
from typing import Final

from generator.calico.objects import Identity
from generator.cli.codes import USAGE
from generator.cli.progress import show_progress
from generator.cli.screen import report_problems
from generator.cli.target import Call, Target
from generator.compare.applied import apply_diff
from generator.compare.model import ObjectDiff
from generator.flows.codes import OBSERVED_CUT
from generator.flows.gather import Remedy, observe_flows
from generator.flows.judge import JudgedFlow
from generator.flows.model import Observations
from generator.flows.read import read_flows
from generator.flows.result import ObservedFlows
from generator.foundation.diagnostics import Diagnostic, Place, problem, sort_diagnostics
from generator.foundation.errors import InputError
from generator.plan.model import Plan
from generator.plan.observing_log import limit_of, prefix_of
from generator.plan.proving_again import environment_for
from generator.reach.engine import Engine
from generator.snapshot.model import Snapshot
from generator.suggest import Refusal, Suggestion

# Each is rendered and proved, which takes as long as a rendering: of a large set only the first two are.
_MOST_REMEDIES: Final = 8
_FEWEST_REMEDIES: Final = 2
_OBJECTS: Final = 2_000  # of all that is rendered for them
_ASK: Final = "not looked for; ringfence explain --intent shows it"
_NO_ADDRESS: Final = "an external, by its domains or ranges; the log does not tell its address"
_TAKEN_OFF: Final = "the set is taken off, so nothing of the intent allows it"


def read_observed(
    paths: Sequence[str] | None, call: Call, expect: Sequence[str] | None, snapshot: Snapshot
) -> Observations:
    """Read the logs that the call names, none where it names none; what is odd in them is reported."""
    if not paths:
        return Observations()
    if "-" in paths and "-" in (call.intent, *(call.overlays or ()), *(call.live or ()), *(expect or ())):
        raise InputError([problem(USAGE, "standard input cannot be both the flows and something else")])
    with show_progress("reading flows"):
        found, notes = read_flows(paths, prefix_of(snapshot), sys.stdin.buffer if "-" in paths else None)
    report_problems(notes)
    return found


def with_findings(
    plan: Plan,
    warnings: Sequence[Diagnostic],
    found: Observations,
    call: Call,
    target: Target,
    snapshot: Snapshot,
    diff: ObjectDiff,
    replaced: Collection[Identity],
) -> Plan:
    """Return the plan with more warnings, and with what becomes of the flows that were seen.

    A plan that only observes is judged by the set that it puts in place: that is what its logs are for.
    """
    observed = _judge(plan, found, call, target, snapshot, diff, replaced) if found.logs else plan.observed
    every = sort_diagnostics([*plan.warnings, *warnings, *_warning(observed)])
    return with_fields(plan, warnings=tuple(every), observed=observed)


def _judge(
    plan: Plan,
    found: Observations,
    call: Call,
    target: Target,
    snapshot: Snapshot,
    diff: ObjectDiff,
    replaced: Collection[Identity],
) -> ObservedFlows:
    after = _where_it_leads(plan, snapshot, diff, replaced)
    environment = environment_for(plan)
    with show_progress("judging what was seen"):
        before = Engine(snapshot, environment)
        if snapshot.complete and not before.inventory.pods:
            snapshot, after = with_fields(snapshot, complete=False), with_fields(after, complete=False)
            before = Engine(snapshot, environment)
        then = Engine(after, environment, like=before)
        return observe_flows(
            found,
            snapshot,
            target.loaded.intent,
            before,
            then,
            scope=plan.scope,
            rate=limit_of(snapshot),
            remedy=_nothing if plan.to_none else _finder(target, snapshot, then, call.as_of),
        )


def _where_it_leads(plan: Plan, snapshot: Snapshot, diff: ObjectDiff, replaced: Collection[Identity]) -> Snapshot:
    if not plan.to_none:
        return apply_diff(snapshot, diff, replaced)
    others = (change.live for change in diff.changes if change.owner != plan.intent)
    return with_fields(snapshot, policies=tuple(live for live in others if live is not None))


def _finder(target: Target, snapshot: Snapshot, then: Engine, as_of: date | None) -> Remedy:
    """Return what looks for the change of the intent that keeps a flow, of the first few that are asked for."""
    # Only here, because a change is looked for only where something is denied.
    from generator.cli.suggested import suggest_change
    from generator.report.flow_verdict_remedy import edit_words

    day = as_of if as_of is not None else datetime.now(UTC).date()
    most = max(_FEWEST_REMEDIES, min(_MOST_REMEDIES, _OBJECTS // max(1, len(target.rendered.objects))))
    asked: list[JudgedFlow] = []

    def find(item: JudgedFlow) -> tuple[str, str]:
        flow, verdict = item.outcome.flow, item.outcome.then
        if flow is None:
            return "", _NO_ADDRESS
        if verdict is None or len(asked) >= most:
            return "", _ASK
        asked.append(item)
        match suggest_change(target, snapshot, day, then, flow, verdict):
            case Suggestion(edits=edits, beyond=beyond, unsure=unsure):
                more = "; this opens more than the flow" if beyond or unsure else ""
                return "; ".join(map(edit_words, edits)) + more, ""
            case Refusal(obstacle=obstacle):
                return "", str(obstacle)
            case None:
                return "", _ASK

    return find


def _nothing(_: JudgedFlow) -> tuple[str, str]:
    return "", _TAKEN_OFF


def _warning(observed: ObservedFlows) -> Sequence[Diagnostic]:
    if not observed.cut_count:
        return ()
    summary = f"{observed.cut_count:,} of {observed.count:,} observed flows would be cut"
    hint = "the plan lists each, with what decides and the need that would keep it"
    return (problem(OBSERVED_CUT, summary, place=Place(observed.logs[0].file), hint=hint),)
