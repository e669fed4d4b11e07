"""What a run needs of the rest of the world, as Protocols: who may write, what is kept, who waits, who is told.

The executor knows these and a `Connection`, and nothing of Leases, ConfigMaps, metrics or terminals.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from generator.apply.events import Event
from generator.plan.model import WaitStep
from generator.snapshot.model import Snapshot

Tell = Callable[[Event], None]
ReadCluster = Callable[[], Snapshot]  # reads all that the proof needs; RingfenceError where it cannot


class Direction(StrEnum):
    """Which way a run goes."""

    FORWARD = "forward"
    BACK = "back"


class RunStatus(StrEnum):
    """What a run was last known to do."""

    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class LeaseLost(Exception):
    """The Lease is not ours any more, or may not be; `holder` is who has it now, "" where that is not known."""

    def __init__(self, holder: str, reason: str) -> None:
        super().__init__(reason)
        self.holder = holder
        self.reason = reason


class Fence(Protocol):
    """The right to write, which only one run has at a time."""

    def hold(self) -> AbstractContextManager[None]:
        """Take the Lease and renew it until the block ends, then give it back.

        RefusedError that names the holder where another run has it, EnvironmentFailure where nobody can tell. The
        end of the block gives nothing back that was lost meanwhile.
        """
        ...

    def still_ours(self) -> None:
        """Return at once where the Lease is certainly ours at this moment, by local time alone; else LeaseLost."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is, in few words: enough for another machine to go on, together with the objects themselves.

    `reached` is how many steps of the plan were done when the run turned back (of a run forward: 0). `next` counts the
    steps of this direction that are done: those of the plan, or of `rollback_steps(plan.steps, reached)`. `until`
    is the id of the step after which the run was asked to stop, "" for the end; `namespaces` are those asked for.
    `run` tells runs of one plan apart.
    """

    run: str
    plan: str  # digest of the plan file's text
    direction: Direction
    reached: int
    next: int
    status: RunStatus
    journal: str  # checksum of the last record that the writer had journalled
    reason: str = ""  # why it stopped
    until: str = ""
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedRun:
    """What the cluster holds of a run."""

    plan: str  # the plan file's text, its digest checked
    progress: Progress


class StateCopy(Protocol):
    """The copy of a run's state in the cluster, one for each intent.

    All of it raises EnvironmentFailure where the server cannot be asked (after retries of its own), RefusedError for a
    copy that is damaged. It remembers the resourceVersion that it last saw.
    """

    def load(self) -> SavedRun | None:
        """Return what is there; None where no run was ever kept."""
        ...

    def save_plan(self, text: str) -> None:
        """Put a plan there, all of its chunks, before any progress names it."""
        ...

    def save_progress(self, progress: Progress) -> None:
        """Put the progress there; LeaseLost where somebody else has written it since."""
        ...


class Certainty(StrEnum):
    """How it is known that a node has what was written."""

    CONFIRMED = "confirmed"
    GUESSED = "guessed"
    MISSING = "missing"  # the node was asked and has not got everything


@dataclass(frozen=True, slots=True)
class NodeWait:
    """What is known of one node; `name` "" stands for all nodes, where a pause by time is all there is."""

    name: str
    certainty: Certainty
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WaitResult:
    """How a wait ended. The run goes on only where no node is MISSING and no gate refuses.

    `limit` is how many seconds nodes had, 0.0 where nobody counted.
    """

    nodes: tuple[NodeWait, ...]
    refusal: str = ""  # a gate that said no, in a few words
    limit: float = 0.0

    @property
    def certainty(self) -> Certainty:
        """Return the weakest of what is known."""
        found = {node.certainty for node in self.nodes}
        for weak in (Certainty.MISSING, Certainty.GUESSED):
            if weak in found:
                return weak
        return Certainty.CONFIRMED if found else Certainty.GUESSED

    @property
    def lets_pass(self) -> bool:
        """Tell whether the next step may be done."""
        return self.certainty is not Certainty.MISSING and not self.refusal


class Waits(Protocol):
    """Whoever can tell that every node has what was written."""

    def confirm(self, step: WaitStep, tell: Tell) -> WaitResult:
        """Wait until every node has every write so far of the step's kinds, or until that is hopeless.

        It sleeps by the run's Clock alone, so a stop ends it with StopAsked. EnvironmentFailure where nobody can tell.
        """
        ...


class Watch(Protocol):
    """Whoever sees calico-node and Typha."""

    def remember(self) -> None:
        """Take what runs now as the state that later looks are compared with; called at the start and after waits."""
        ...

    def troubles(self) -> tuple[str, ...]:
        """Return who is not ready, or has restarted since `remember`, a line each; () where all is well."""
        ...


class Point(StrEnum):
    """A moment around a write; tests end the process there."""

    BEFORE_JOURNAL = "before-journal"
    BEFORE_REQUEST = "before-request"  # `writing` is journalled
    AFTER_REQUEST = "after-request"  # the server answered, nothing is journalled of it
    AFTER_JOURNAL = "after-journal"  # `written` is journalled, the cluster's copy is a step behind
    AFTER_PROGRESS = "after-progress"


class FaultPoints(Protocol):
    """A hook of the tests."""

    def at(self, point: Point, step: str) -> None:
        """Be told of a moment; may end the process or raise."""
        ...


class NoFaults:
    """The hook outside of tests."""

    def at(self, point: Point, step: str) -> None:
        """Do nothing."""


NO_FAULTS: Final = NoFaults()
