"""What a plan that only observes leaves behind, as data: which namespaces and directions, and how their log is read."""

from __future__ import annotations

from dataclasses import dataclass

from generator.plan.effects import FlowEffect


@dataclass(frozen=True, slots=True, order=True)
class Observed:
    """One direction of a namespace whose packets are logged where the set would drop them.

    `policy` is the policy that holds the Log rule; `until` the day up to which it was meant to stay, "" for none.
    """

    namespace: str
    direction: str
    policy: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Observing:
    """What is observed, and where its log lines are: `prefix` begins each of them, `limit` is the rate that is kept.

    `limit` is "" where nothing limits the lines. `drops` are the flows that live now, that are logged, and that
    cut-over cuts. A plan that does not observe has no `ways`.
    """

    ways: tuple[Observed, ...] = ()
    prefix: str = ""
    limit: str = ""
    until: str = ""
    drops: tuple[FlowEffect, ...] = ()
