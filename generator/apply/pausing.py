"""Pause and resume: which writes take a direction of a namespace out of enforcement now, and put it back.

The plan says what one pause writes over the finished set (`plan/pauses.py`). What is live may be further or less far:
a rollout that is half-way, another pause. So the default deny that is there loses the one namespace, or gets it back;
once no namespace is missing it is the plan's object again, byte for byte. Nothing is written that was not proven on
what is live now, like a step of a plan, and `resume` ends a pause and does nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from generator.apply.ports import LeaseLost
from generator.apply.run_codes import NOT_PAUSABLE, PAUSE_NOT_PROVEN
from generator.apply.stops import RunStoppedEarly, stop_of_lease, stop_of_write
from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.cluster.sameness import is_same, without_server_fields
from generator.cluster.writes import Done, ObjectWrite, Writer
from generator.foundation.diagnostics import problem
from generator.foundation.errors import RefusedError
from generator.foundation.spelling import did_you_mean
from generator.plan.freeze import freezing_objects
from generator.plan.model import Manifest, Pause, Plan, Write, WriteStep
from generator.plan.proving_again import judge_again
from generator.plan.record import Order
from generator.plan.scoped import named_spaces, with_names
from generator.plan.stages import Stage
from generator.snapshot.model import Snapshot

Ways = Sequence[tuple[str, str]]  # namespace and direction
_DRIFTED: Final = "it is not as the set has it; make a new plan, or put it right"


@dataclass(frozen=True, slots=True)
class Writing:
    """What a pause or its end writes; `notes` say where it changes nothing, or not for all pods."""

    steps: tuple[WriteStep, ...]
    notes: tuple[str, ...]

    @property
    def ways(self) -> list[tuple[str, str]]:
        """Return the ways that are changed."""
        return list(dict.fromkeys((step.namespace, step.direction) for step in self.steps))


def pause_writing(plan: Plan, snapshot: Snapshot, ways: Ways) -> Writing:
    """Return what takes these ways out of enforcement; RefusedError where nothing can."""
    live = _live(plan, snapshot)
    steps: list[WriteStep] = []
    notes: list[str] = []
    for namespace, direction in ways:
        pause = _find(plan, namespace, direction)
        if not pause.writes:
            reason = pause.note or "nothing of the set enforces it"
            raise RefusedError([problem(NOT_PAUSABLE, f"{direction.lower()} of '{namespace}': {reason}")])
        notes += [f"{direction.lower()} of '{namespace}': {pause.note}"] if pause.note else []
        writes = [_paused(plan, planned, live.get(planned.identity), namespace) for planned in pause.writes]
        if not any(writes):
            notes.append(f"{direction.lower()} of '{namespace}' is not enforced, so nothing is paused")
        for write in filter(None, writes):
            live[write.identity] = write.after
            purpose = f"Pause {direction.lower()} of namespace '{namespace}'."
            steps.append(WriteStep(f"pause-{len(steps) + 1}", Stage.CUTOVER, purpose, write, namespace, direction))
    return Writing(tuple(steps), tuple(notes))


def resume_writing(plan: Plan, snapshot: Snapshot, ways: Ways, paused: Iterable[tuple[str, str]]) -> Writing:
    """Return what ends the pauses of these ways; RefusedError for one that nobody has paused."""
    live, known = _live(plan, snapshot), set(paused)
    steps: list[WriteStep] = []
    for namespace, direction in ways:
        pause = _find(plan, namespace, direction)
        bridges = [item for item in pause.writes if item.before is None and live.get(item.identity) is not None]
        if (namespace, direction) not in known and not bridges:
            summary = f"{direction.lower()} of '{namespace}' is not paused"
            raise RefusedError([problem(NOT_PAUSABLE, summary, hint="resume ends a pause and nothing else")])
        for planned in reversed(pause.writes):
            write = _resumed(plan, planned, live.get(planned.identity), namespace)
            if write is not None:
                live[write.identity] = write.after
                purpose = f"End the pause of {direction.lower()} of namespace '{namespace}'."
                steps.append(WriteStep(f"resume-{len(steps) + 1}", Stage.CUTOVER, purpose, write, namespace, direction))
    return Writing(tuple(steps), ())


def require_proven(plan: Plan, snapshot: Snapshot, steps: Sequence[WriteStep]) -> None:
    """Prove the steps on what is live, with what the plan's maker accepted; RefusedError where they do not hold."""
    frozen = freezing_objects(snapshot.policies)
    if frozen:
        raise RefusedError(frozen)
    judged = judge_again(plan, steps, snapshot, order=Order.OPEN_FIRST)
    if not judged.holds:
        raise RefusedError([problem(PAUSE_NOT_PROVEN, "nothing was written"), *judged.problems])


def carry_out(writer: Writer, plan: Plan, steps: Sequence[WriteStep]) -> int:
    """Write the steps one by one and return how many; RingfenceError where one is not as it was read or refused."""
    for step in steps:
        write = step.write
        try:
            outcome = writer.write(ObjectWrite(write.identity, write.before, write.after, plan.target.version))
        except LeaseLost as lost:
            raise RunStoppedEarly(stop_of_lease(lost)).as_error("look with ringfence status") from None
        if not isinstance(outcome, Done):
            raise RunStoppedEarly(stop_of_write(step, outcome)).as_error("look with ringfence status")
    return len(steps)


def _live(plan: Plan, snapshot: Snapshot) -> dict[Identity, Manifest | None]:
    version = plan.target.version
    return {identity_of(obj, version): without_server_fields(obj.manifest) for obj in snapshot.policies}


def _find(plan: Plan, namespace: str, direction: str) -> Pause:
    found = [item for item in plan.pauses if (item.namespace, item.direction) == (namespace, direction)]
    if found:
        return found[0]
    known = sorted({item.namespace for item in plan.pauses})
    if namespace in known:
        summary, hint = f"the plan does not enforce {direction.lower()} of '{namespace}'", ""
    else:
        summary = f"the plan has no pause for namespace '{namespace}'"
        hint = did_you_mean(namespace, known) or f"it has: {', '.join(known) or 'none'}"
    raise RefusedError([problem(NOT_PAUSABLE, summary, hint=hint)])


def _paused(plan: Plan, planned: Write, live: Manifest | None, namespace: str) -> Write | None:
    """Return the write on what is live; None where it is out of enforcement already."""
    identity, version = planned.identity, plan.target.version
    if planned.before is None:
        if is_same(identity.kind, live, planned.after, version):
            return None
        if live is not None:
            raise _drift(identity)
        return planned
    names = _scope_of(plan, planned, live)
    if namespace not in names:
        return None
    return Write(identity, live, with_scope(planned.before, names - {namespace}))


def _resumed(plan: Plan, planned: Write, live: Manifest | None, namespace: str) -> Write | None:
    """Return the write that puts back what a pause took; None where it is back already."""
    identity, version = planned.identity, plan.target.version
    if planned.before is None:
        if live is None:
            return None
        if not is_same(identity.kind, live, planned.after, version):
            raise _drift(identity)
        return Write(identity, live, None)
    names = _scope_of(plan, planned, live)
    if namespace in names:
        return None
    return Write(identity, live, with_scope(planned.before, names | {namespace}))


def _scope_of(plan: Plan, planned: Write, live: Manifest | None) -> frozenset[str]:
    """Return the namespaces that the live default deny reaches, which but for them must be the plan's."""
    identity, target = planned.identity, planned.before
    assert target is not None
    if live is None:
        raise RefusedError([problem(NOT_PAUSABLE, f"{identity} is not there", hint="nothing is enforced yet")])
    names = named_spaces(live)
    same = is_same(identity.kind, with_scope(live, named_spaces(target)), target, plan.target.version)
    if not same or not names <= named_spaces(target):
        raise _drift(identity)
    return names


def with_scope(manifest: Manifest, names: frozenset[str]) -> Manifest:
    """Return a default deny with these namespaces; with all of its own it is the very same."""
    return manifest if names == named_spaces(manifest) else with_names(manifest, sorted(names))


def _drift(identity: Identity) -> RefusedError:
    return RefusedError([problem(NOT_PAUSABLE, f"{identity}: {_DRIFTED}")])


def find_ways(plan: Plan, namespaces: Sequence[str], direction: str = "") -> list[tuple[str, str]]:
    """Return the ways that a call means: of these namespaces, of all where none is named; in one direction or both.

    A direction in which the plan has no pause is left out, save where it is asked for by name.
    """
    known: Mapping[tuple[str, str], Pause] = {(item.namespace, item.direction): item for item in plan.pauses}
    names = list(dict.fromkeys(namespaces)) or sorted({name for name, _ in known})
    found: list[tuple[str, str]] = []
    for name in names:
        there = [way for way in known if way[0] == name and (known[way].writes or direction)]
        mine = [way for way in there if direction in ("", way[1])]
        found += mine or [(name, direction or "Egress")]
    return found
