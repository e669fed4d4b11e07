"""From what `explain` was asked of to the change of the intent that would allow the flow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from generator.cli.target import Target, compare_with_live
from generator.compare.applied import apply_diff
from generator.intent import LoadedIntent
from generator.layers import render_set
from generator.reach.engine import Engine
from generator.reach.flow import Flow, FlowVerdict
from generator.report.flow_verdict_model import Explanation
from generator.snapshot.model import Snapshot
from generator.suggest import Refusal, Suggestion
from generator.suggest.asked import Asked
from generator.suggest.find import Prospect, find_suggestion


def suggest_for(target: Target, live: Snapshot, as_of: date, after: Explanation) -> Suggestion | Refusal | None:
    """Return the smallest change under which a flow that the intent's set denies is allowed, or why there is none."""
    return suggest_change(target, live, as_of, after.engine, after.flow, after.verdict)


def suggest_change(
    target: Target, live: Snapshot, as_of: date, engine: Engine, flow: Flow, verdict: FlowVerdict
) -> Suggestion | Refusal | None:
    """Do the same for a flow and its verdict with the set in place; `engine` is of that state."""

    def put(loaded: LoadedIntent) -> Snapshot:
        rendered = render_set(loaded.intent, target.profile, snapshot=live, as_of=as_of)
        changed = replace(target, loaded=loaded, rendered=rendered)
        diff, replaced, _ = compare_with_live(changed, live)
        return apply_diff(live, diff, replaced)

    asked = Asked(
        target.loaded,
        flow,
        frozenset(target.rendered.scope),
        tuple(engine.inventory.pods.values()),
        tuple(sorted(target.profile.capabilities)),
        as_of,
    )
    return find_suggestion(Prospect(engine, verdict, asked, put))
