"""Pauses, for commands that compare a set with what is live: what somebody has paused is told apart from drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from generator.apply.enforcement import Enforcement, find_ways
from generator.apply.paused import pauses_in_force
from generator.apply.pauses import PauseBook, PauseRecord
from generator.apply.run_codes import PAUSE_IN_FORCE, STATE_UNREADABLE
from generator.apply.status import find_intents
from generator.apply.stopping import SystemClock
from generator.cli.cluster_options import ClusterCall
from generator.cli.live import CLUSTER
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import EnvironmentFailure, RefusedError
from generator.snapshot.model import Snapshot

IN_A_PLAN: Final = ", or apply a plan that enforces it with --end-pauses"


def look_for_pauses(
    snapshot: Snapshot,
    intent: str,
    live: Sequence[str] | None,
    cluster: ClusterCall,
    state_namespace: str,
    or_else: str = "",
) -> list[Diagnostic]:
    """Return a warning for each pause in force, with the command that ends it; `or_else` says what does so too.

    Who has paused and until when is asked of the cluster, and only where something of the intent is not enforced. Files
    tell of a pause where an object's name does.
    """
    if intent not in find_intents(snapshot):
        return []
    if all(way.state is Enforcement.ENFORCED for way in find_ways(snapshot, intent)):
        return []
    recorded: tuple[PauseRecord, ...] = ()
    unread: list[Diagnostic] = []
    if list(live or ()) == [CLUSTER]:
        from generator.cli.attended import reach_cluster  # loads what only a cluster needs

        try:
            opened = reach_cluster(cluster.kubeconfig, cluster.context).opened
            recorded = PauseBook(opened.connection, SystemClock(), state_namespace, intent).read()
        except (EnvironmentFailure, RefusedError) as error:
            summary = "; ".join(item.summary for item in error.diagnostics)
            hint = "what is not enforced may be paused by somebody; deploy/rbac/read has a role that may look"
            unread = [problem(STATE_UNREADABLE, summary, hint=hint)]
    found = pauses_in_force(snapshot, intent, recorded)
    ends = [f"{item.how_to_resume(intent)} ends it{or_else}" for item in found]
    return [*unread, *(problem(PAUSE_IN_FORCE, item.summary, hint=end) for item, end in zip(found, ends, strict=True))]
