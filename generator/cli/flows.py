"""The flows that a difference of objects makes: both snapshots, through the engine."""

from __future__ import annotations

from collections.abc import Collection

from generator.calico.objects import Identity
from generator.checks.out_of_force import refused_policies
from generator.cli.codes import FLOWS_NOT_COMPARED
from generator.compare.applied import apply_diff
from generator.compare.model import ObjectDiff
from generator.foundation.diagnostics import Diagnostic, problem
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow_changes import find_flow_changes
from generator.reach.ignored_kinds import find_taken_for_granted
from generator.report.flow_changes import FlowDifference
from generator.snapshot.model import Snapshot


def compare_flows(
    snapshot: Snapshot, diff: ObjectDiff, replaced: Collection[Identity], environment: Environment
) -> tuple[FlowDifference | None, list[Diagnostic]]:
    """Return the flows that differ once the difference is carried out, and what to know of that, or why not."""
    before = Engine(snapshot, environment)
    after = Engine(apply_diff(snapshot, diff, replaced), environment, like=before)
    undecodable = [item for engine in (before, after) for item in engine.undecodable]
    if undecodable:
        summary = "flows are not compared: an object that Calico cannot decode stops all of its kind"
        return None, [problem(FLOWS_NOT_COMPARED, summary, hint="see what is said of that object")]
    if before.blind_to:
        unread = ", ".join(item.summary.split(" ")[0] for item in before.blind_to)
        summary = f"flows are not compared: {unread} may not be read"
        return None, [problem(FLOWS_NOT_COMPARED, summary, hint="ask for the right to list them")]
    if not before.inventory.pods:
        summary = "flows are not compared: there are no pods in what is live"
        return None, [problem(FLOWS_NOT_COMPARED, summary, hint="give the workloads too, not the policies alone")]
    assumed = find_taken_for_granted(after, snapshot) or find_taken_for_granted(before, snapshot)
    refused = refused_policies(before.lowered.refused)
    return FlowDifference(find_flow_changes(before, after), before.environment), [*assumed, *refused]
