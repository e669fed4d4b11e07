"""Writes that came through after a run was over: what may, and which objects show it.

Whoever never got an answer to a request cannot call it back. What has been sent is refused once its object has another
version, so a change or a removal can come through late only while nobody has written the object since: that is the step
a run was at when it turned back, of an object that the way back did not write. A creation has no version to name: it
comes through whenever its name is free. Nothing can forbid that, so it is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from generator.apply.course import Contents, start_of
from generator.apply.ports import Direction, Progress, RunStatus
from generator.calico.objects import Identity
from generator.cluster.sameness import is_same
from generator.plan.model import Manifest, Plan, WriteStep


@dataclass(frozen=True, slots=True)
class LateWrite:
    """An object that is as a step made it, though the run has ended otherwise; `found` None: the step removed it.

    Somebody may have done the same by hand; nobody can tell that apart.
    """

    step: WriteStep
    expected: Manifest | None
    found: Manifest | None

    @property
    def back(self) -> WriteStep:
        """Return the step that puts it right."""
        write = replace(self.step.write, before=self.found, after=self.expected)
        return replace(self.step, id=f"late-{self.step.id}", write=write, purpose="Take back what came through late.")


def find_late(plan: Plan, progress: Progress, live: Mapping[Identity, Manifest]) -> tuple[LateWrite, ...]:
    """Return what came through late of a run that is over; nothing of one that goes on or has stopped half-way."""
    if progress.status is not RunStatus.FINISHED:
        return ()
    expected = _end_of(plan, progress)
    found: dict[Identity, LateWrite] = {}
    for step in _possible(plan, progress):
        identity, wanted = step.write.identity, expected[step.write.identity]
        if step.write.before is None and wanted is not None:
            continue  # its name is not free
        there = live.get(identity)
        version, kind = plan.target.version, identity.kind
        if is_same(kind, there, step.write.after, version) and not is_same(kind, there, wanted, version):
            found[identity] = LateWrite(step, wanted, there)
    return tuple(late for _, late in sorted(found.items(), key=lambda item: item[0]))


def _end_of(plan: Plan, progress: Progress) -> Contents:
    end = start_of(plan.steps)
    if progress.direction is Direction.FORWARD:
        end |= {step.write.identity: step.write.after for step in plan.writes}
    return end


def _possible(plan: Plan, progress: Progress) -> Iterator[WriteStep]:
    """Return the writes that may still come through: creations, and the one that a run was at when it turned back."""
    sent = plan.steps if progress.direction is Direction.FORWARD else plan.steps[: progress.reached + 1]
    written = {step.write.identity for step in sent[: progress.reached] if isinstance(step, WriteStep)}
    for number, step in enumerate(sent):
        if not isinstance(step, WriteStep):
            continue
        in_doubt = progress.direction is Direction.BACK and number == progress.reached
        if step.write.before is None or (in_doubt and step.write.identity not in written):
            yield step
