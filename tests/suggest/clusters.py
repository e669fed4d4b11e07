"""A cluster and its intent, as files, and what a suggested overlay makes of them: applied the way `-f` does it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from generator.cli.explained import explain_flow
from generator.cli.states import States, read_states
from generator.cli.target import compare_with_live
from generator.compare.applied import apply_diff
from generator.intent import load_intent
from generator.layers import render_set
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow import evaluate_flow
from generator.reach.flow_changes import ChangeKind, FlowChange, find_flow_changes
from generator.report.flow_verdict_model import Explanation
from generator.suggest import Refusal, Suggestion

DAY = date(2026, 11, 1)


@dataclass(frozen=True, slots=True)
class Cluster:
    """An intent file, what is live, and both states."""

    intent: Path
    states: States

    @classmethod
    def read(cls, intent: Path, *live: Path) -> Cluster:
        return cls(intent, read_states(str(intent), None, list(map(str, live)), "default", False, DAY, None))

    def explain(self, source: str, destination: str) -> Explanation:
        """Return what would become of a flow with the intent in place, with its remedy."""
        after = explain_flow(self.states, source, destination, False, 40000).after
        assert after is not None
        return after

    def apply(self, suggestion: Suggestion, folder: Path) -> Engine:
        """Return the cluster after the overlay is written to a file and laid over the intent."""
        overlay = folder / "overlay.yaml"
        overlay.write_text(json.dumps(suggestion.overlay))
        loaded = load_intent([str(self.intent), str(overlay)])
        target, live = self.states.target, self.states.snapshots[0]
        assert target is not None
        rendered = render_set(loaded.intent, target.profile, snapshot=live, as_of=DAY)
        diff, replaced, _ = compare_with_live(replace(target, loaded=loaded, rendered=rendered), live)
        return Engine(apply_diff(live, diff, replaced), Environment(version=self.states.version))


def prove(cluster: Cluster, found: Explanation, folder: Path) -> list[FlowChange]:
    """Hold a suggestion to its word, apart from the code that made it; return all that it changes."""
    remedy = found.remedy
    assert isinstance(remedy, Suggestion), remedy
    engine = cluster.apply(remedy, folder)
    assert evaluate_flow(engine, found.flow).verdict == "allow"
    changes = [item for item in find_flow_changes(found.engine, engine) if item.kind is not ChangeKind.UNKNOWN]
    assert changes == list(remedy.opened)
    return changes


def refused(found: Explanation) -> Refusal:
    assert isinstance(found.remedy, Refusal), found.remedy
    return found.remedy
