"""Where an intent stands: how far its set is enforced, who has paused what, and what a run of it is doing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from generator.apply.enforcement import Way, find_ways
from generator.apply.late import find_late
from generator.apply.lease import Holder
from generator.apply.pauses import PauseRecord
from generator.apply.ports import Direction, Progress, RunStatus, SavedRun
from generator.calico.metadata import effective_labels
from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.cluster.sameness import is_same
from generator.layers.model import LABEL_INTENT
from generator.plan.model import Manifest, Plan, Step, WriteStep
from generator.plan.plan_file import read_plan
from generator.plan.rollback import rollback_steps
from generator.snapshot.model import Snapshot


class RunPhase(StrEnum):
    """What a run is doing."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"  # killed: it did not say why
    STOPPED = "stopped"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class RunState:
    """A run: `done` of `steps` in its direction, `next` the step that comes, "" at the end, and what that is for.

    `ahead` says that the write of that step is there already though the run did not get to say so. `who` is the one
    who has the Lease, "" for nobody.
    """

    phase: RunPhase
    direction: Direction
    done: int
    steps: int
    next: str
    purpose: str
    ahead: bool
    who: str
    reason: str
    late: tuple[tuple[str, str], ...] = ()  # objects that came through after the end, and the steps that made them so


@dataclass(frozen=True, slots=True)
class IntentStatus:
    """One intent. `run` None: nothing is known of a run. `starting` is who has the Lease without a run of theirs.

    `pauses` are those that are recorded and in force.
    """

    intent: str
    ways: tuple[Way, ...]
    pauses: tuple[PauseRecord, ...]
    run: RunState | None
    starting: str = ""

    def pause_of(self, way: Way) -> PauseRecord | None:
        """Return who paused a way."""
        found = (item for item in self.pauses if (item.namespace, item.direction) == (way.namespace, way.direction))
        return next(found, None)


def find_intents(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the intents that own live objects."""
    return tuple(sorted({effective_labels(obj).get(LABEL_INTENT, "") for obj in snapshot.policies} - {""}))


def find_status(
    snapshot: Snapshot,
    intent: str,
    saved: SavedRun | None = None,
    holder: Holder | None = None,
    pauses: Sequence[PauseRecord] = (),
) -> IntentStatus:
    """Put together what the live objects, the run's state, the Lease and the recorded pauses say."""
    plan = read_plan(saved.plan, "the state in the cluster") if saved is not None else None
    scope: Iterable[str] = plan.scope if plan is not None else ()
    ways = find_ways(snapshot, intent, scope, [(item.namespace, item.direction) for item in pauses])
    run = _run(plan, saved.progress, holder, snapshot) if plan is not None and saved is not None else None
    starting = holder.name if holder is not None and holder.lives and (run is None or run.who != holder.name) else ""
    return IntentStatus(intent, ways, tuple(pauses), run, starting)


def _run(plan: Plan, progress: Progress, holder: Holder | None, snapshot: Snapshot) -> RunState:
    back = progress.direction is Direction.BACK
    steps: tuple[Step, ...] = rollback_steps(plan.steps, progress.reached) if back else plan.steps
    ahead = steps[progress.next] if progress.next < len(steps) else None
    lives = holder is not None and holder.lives
    match progress.status:
        case RunStatus.FINISHED:
            phase = RunPhase.FINISHED
        case RunStatus.STOPPED:
            phase = RunPhase.STOPPED
        case _:
            phase = RunPhase.RUNNING if lives else RunPhase.INTERRUPTED
    who = holder.name if holder is not None and lives and phase is RunPhase.RUNNING else ""
    finished = phase is RunPhase.FINISHED
    return RunState(
        phase,
        progress.direction,
        len(steps) if finished else progress.next,
        len(steps),
        ahead.id if ahead is not None and not finished else "",
        ahead.purpose if ahead is not None and not finished else "",
        ahead=isinstance(ahead, WriteStep) and not finished and _is_written(ahead, plan, snapshot),
        who=who,
        reason=progress.reason,
        late=tuple(
            (str(late.step.write.identity), late.step.id)
            for late in find_late(plan, progress, live_manifests(snapshot, plan.target.version))
        ),
    )


def live_manifests(snapshot: Snapshot, version: str) -> dict[Identity, Manifest]:
    """Return the live policy objects by identity."""
    return {identity_of(obj, version): obj.manifest for obj in snapshot.policies}


def _is_written(step: WriteStep, plan: Plan, snapshot: Snapshot) -> bool:
    version, write = plan.target.version, step.write
    there = live_manifests(snapshot, version).get(write.identity)
    kind = write.identity.kind
    return is_same(kind, there, write.after, version) and not is_same(kind, there, write.before, version)
