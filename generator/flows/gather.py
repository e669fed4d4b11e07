"""From judged flows to what a plan carries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from generator.flows.coverage import limits_of, unseen_jobs
from generator.flows.ends import EndFinder
from generator.flows.judge import JudgedFlow, describe_seen, judge_flows
from generator.flows.model import Observations
from generator.flows.result import CutFlow, Fate, ObservedFlows, UnknownFlow
from generator.intent.model import Intent
from generator.reach.engine import Engine
from generator.snapshot.model import Snapshot

MOST_LISTED: Final = 1_000  # of what is cut, and of what is unknown
# What would keep a flow that is cut: the change of the intent in words and "", or "" and why there is none.
Remedy = Callable[[JudgedFlow], tuple[str, str]]


def observe_flows(
    found: Observations,
    snapshot: Snapshot,
    intent: Intent,
    before: Engine,
    after: Engine,
    *,
    scope: Collection[str] = (),
    rate: str = "",
    remedy: Remedy | None = None,
) -> ObservedFlows:
    """Judge what was observed between two states, and say what the logs cannot show.

    `before` is the engine of the snapshot, `after` that of where the plan leads; `scope` are the owned namespaces and
    `rate` is the limit of Log lines. `remedy` is asked of each flow that is cut.
    """
    judged = judge_flows(found, snapshot, before, after)
    cut, unknown = ([item for item in judged if item.outcome.fate is fate] for fate in (Fate.CUT, Fate.UNKNOWN))
    return ObservedFlows(
        logs=found.logs,
        cut=tuple(_as_cut(item, remedy) for item in cut[:MOST_LISTED]),
        cut_more=max(0, len(cut) - MOST_LISTED),
        unknown=tuple(
            UnknownFlow(item.source, item.destination, item.packets, item.seen, item.outcome.says)
            for item in unknown[:MOST_LISTED]
        ),
        unknown_more=max(0, len(unknown) - MOST_LISTED),
        kept=_count(judged, Fate.KEPT),
        denied_now=_count(judged, Fate.DENIED_NOW),
        denied=_denied(found, EndFinder(before, snapshot)),
        unkept=found.unkept,
        limits=limits_of(found.logs, rate, found.unkept),
        unseen=unseen_jobs(snapshot, intent, {name for item in judged for name in _names(item)}, scope),
    )


def _as_cut(item: JudgedFlow, remedy: Remedy | None) -> CutFlow:
    keeps, why = remedy(item) if remedy is not None else ("", "")
    return CutFlow(item.source, item.destination, item.packets, item.seen, item.outcome.says, keeps, why)


def _names(item: JudgedFlow) -> list[str]:
    return [*item.source.split(" or "), *item.destination.split(" or ")]


def _count(judged: Sequence[JudgedFlow], fate: Fate) -> int:
    return sum(item.outcome.fate is fate for item in judged)


def _denied(found: Observations, finder: EndFinder) -> int:
    """Count the flows that were denied each time they were seen."""
    return len(
        {
            (finder.find(item.source).label, finder.find(item.destination).label, describe_seen(item.packets))
            for item in found.flows
            if item.denied and not (item.let_through or item.undecided)
        }
    )
