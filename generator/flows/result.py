"""What became of observed flows between two states of a cluster, as a plan carries it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from generator.flows.model import FlowFormat, LogRead


class Fate(StrEnum):
    """What becomes of a flow that a log shows as let through."""

    CUT = "cut"
    KEPT = "kept"
    DENIED_NOW = "denied-now"  # nothing lives there any more: what let it through has changed since
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often the logs of one format show a flow, and when last; `last` is "" where no line has a time."""

    format: FlowFormat
    times: int  # connections of a kernel log, records of Whisker
    last: str


@dataclass(frozen=True, slots=True)
class CutFlow:
    """A flow that was let through and is denied then.

    `decides` is the rule, or what else, that denies it. `keeps` is the change of the intent that would keep it, proved
    before it is said, and "" where none is known; then `why` says why.
    """

    source: str
    destination: str
    packets: str
    seen: tuple[Sighting, ...]
    decides: str
    keeps: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class UnknownFlow:
    """A flow that was let through and of which nobody can say what becomes of it, with the reason."""

    source: str
    destination: str
    packets: str
    seen: tuple[Sighting, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ObservedFlows:
    """All of it. A plan that was made without logs has no `logs`.

    Flows are counted by workload: `kept`, `denied_now`, and those that are listed, of which the ones that were seen
    most are; `cut_more` and `unknown_more` are others like them. `denied` were denied when they were seen, so they are
    no needs. `unkept` records were not judged. `limits` say what these logs cannot show, `unseen` which scheduled
    workloads do not occur in them.
    """

    logs: tuple[LogRead, ...] = ()
    cut: tuple[CutFlow, ...] = ()
    cut_more: int = 0
    unknown: tuple[UnknownFlow, ...] = ()
    unknown_more: int = 0
    kept: int = 0
    denied_now: int = 0
    denied: int = 0
    unkept: int = 0
    limits: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Return how many flows were let through."""
        return self.cut_count + self.unknown_count + self.kept + self.denied_now

    @property
    def cut_count(self) -> int:
        """Return how many of them are cut."""
        return len(self.cut) + self.cut_more

    @property
    def unknown_count(self) -> int:
        """Return of how many of them nobody knows."""
        return len(self.unknown) + self.unknown_more
