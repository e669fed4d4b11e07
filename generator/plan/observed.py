"""What a plan that only observes leaves behind, as data: which namespaces and directions, and how their log is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from generator.plan.effects import FlowEffect


class Form(StrEnum):
    """What shows what the set would drop."""

    LOG = "log"  # Log rules: lines in the kernel log of a node
    STAGED = "staged"  # staged policies: pending verdicts in Calico's flow logs, from 3.30


@dataclass(frozen=True, slots=True, order=True)
class Observed:
    """One direction of a namespace of which is shown what the set would drop.

    `policy` is the policy that logs it, or the staged default deny; `until` the day up to which it was meant to stay,
    "" for none.
    """

    namespace: str
    direction: str
    policy: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Observing:
    """What is observed, and where its log lines are: `prefix` begins each of them, `limit` is the rate that is kept.

    `limit` is "" where nothing limits the lines. `drops` are the flows that live now, that are shown, and that
    cut-over cuts. A plan that does not observe has no `ways`; staged policies leave no lines.
    """

    ways: tuple[Observed, ...] = ()
    prefix: str = ""
    limit: str = ""
    until: str = ""
    drops: tuple[FlowEffect, ...] = ()
    form: Form = Form.LOG
