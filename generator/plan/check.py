"""Holds a saved plan against a newer snapshot: is it still what it was made for, and does its proof still hold?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject, Identity, as_api_object
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import SourceMap
from generator.plan.codes import OTHER_CALICO
from generator.plan.effects import FlowEffect, find_effects_and_pairs
from generator.plan.freeze import freezing_objects
from generator.plan.left import digest_of
from generator.plan.model import Manifest, Plan
from generator.plan.proof.history import read_history
from generator.plan.proving import Judged
from generator.plan.proving_again import environment_for, judge_again, objects_for
from generator.snapshot.facts import read_seen
from generator.snapshot.model import Snapshot

_NO_SOURCE = SourceMap("plan", "")


class Standing(StrEnum):
    """What a plan is worth on a newer snapshot."""

    FRESH = "fresh"  # its objects are as it saw them, it is proven there, and it cuts and opens the same
    STALE = "stale"  # it is not proven there any more, would cut or open something else, or Calico is another one
    DRIFTED = "drifted"  # an object that it writes, or of the set that it leaves, is not as it saw it


@dataclass(frozen=True, slots=True)
class Drift:
    """An object that the plan writes, as the plan saw it and as it is; None where it is not there.

    Of one that the plan leaves as it is only a digest was kept, so `seen` is None.
    """

    identity: Identity
    seen: Manifest | None
    found: Manifest | None
    begun: bool  # it is as a later step of this plan leaves it
    left: bool = False  # it is of the set, and the plan does not write it


@dataclass(frozen=True, slots=True)
class PlanCheck:
    """What came of the check. `judged` is the proof on the newer snapshot; None where drift leaves nothing to prove."""

    standing: Standing
    complete: bool  # the newer snapshot is a whole cluster
    drifts: tuple[Drift, ...]
    judged: Judged | None
    more: tuple[FlowEffect, ...]  # what the plan would cut or open there, and was not so when it was made
    less: tuple[FlowEffect, ...]
    frozen: tuple[Diagnostic, ...]  # objects that freeze Felix
    other_calico: tuple[Diagnostic, ...] = ()  # the cluster's Calico is not the one that the plan was made for
    joined: tuple[str, ...] = ()  # workloads that the plan would cut or open, and were not when it was made

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """Return all that is said of why the plan may not be carried out there, besides flows and drift."""
        return (*self.frozen, *self.other_calico, *(self.judged.problems if self.judged is not None else ()))


def check_plan(plan: Plan, snapshot: Snapshot) -> PlanCheck:
    """Re-prove a plan on what a newer snapshot holds."""
    frozen = tuple(freezing_objects(snapshot.policies))
    other = tuple(_other_calico(plan, snapshot))
    live = objects_for(plan, snapshot)
    drifts = tuple(_drifts(plan, live))
    if drifts:
        return PlanCheck(Standing.DRIFTED, snapshot.complete, drifts, None, (), (), frozen, other)
    judged = judge_again(plan, plan.steps, snapshot)
    history = read_history(live, plan.steps)
    end = history.objects_at(history.everything)
    effects, pairs = find_effects_and_pairs(snapshot, history.start, end, environment_for(plan))
    more, less = _without(effects, plan.effects), _without(plan.effects, effects)
    # Where all pods of a namespace fare alike no effect names them, and one that came since would not be seen.
    joined = tuple(sorted(set(pairs.changed) - set(plan.pairs.changed)))
    same = judged.holds and not (more or less or joined or frozen or other)
    standing = Standing.FRESH if same else Standing.STALE
    return PlanCheck(standing, snapshot.complete, (), judged, more, less, frozen, other, joined)


def _other_calico(plan: Plan, snapshot: Snapshot) -> Iterator[Diagnostic]:
    """Report another minor version than the plan's target, where the snapshot tells one; it may be one nobody knows."""
    there, made_for = read_seen(snapshot).calico, plan.target.version
    if there and _minor(there) != _minor(made_for):
        hint = "plan again with --facts cluster, or with that version in the intent"
        yield problem(OTHER_CALICO, f"Calico is {there} there; the plan was made for {made_for}", hint=hint)


def _minor(version: str) -> list[str]:
    return version.strip().removeprefix("v").split(".")[:2]


def _without(some: tuple[FlowEffect, ...], others: tuple[FlowEffect, ...]) -> tuple[FlowEffect, ...]:
    def key(item: FlowEffect) -> tuple[object, ...]:
        return item.effect, item.sources, item.destinations, item.packets

    known = {key(item) for item in others}
    return tuple(item for item in some if key(item) not in known)


def _drifts(plan: Plan, live: Mapping[Identity, ApiObject]) -> list[Drift]:
    seen: dict[Identity, list[Manifest | None]] = {}
    for step in plan.writes:
        seen.setdefault(step.write.identity, [step.write.before]).append(step.write.after)
    found: list[Drift] = []
    for identity, versions in seen.items():
        there = live.get(identity)
        now = _meaning(there)
        if now != _meaning(_object(versions[0])):
            begun = any(now == _meaning(_object(version)) for version in versions[1:])
            found.append(Drift(identity, versions[0], there.manifest if there is not None else None, begun))
    for item in plan.left:
        there = live.get(item.identity)
        if there is None or digest_of(there) != item.digest:
            found.append(Drift(item.identity, None, there.manifest if there is not None else None, False, left=True))
    return found


def _object(manifest: Manifest | None) -> ApiObject | None:
    return None if manifest is None else as_api_object(manifest, _NO_SOURCE)


def _meaning(obj: ApiObject | None) -> object:
    return None if obj is None else normalize_object(obj)
