"""Holds a saved plan against a newer snapshot: is it still what it was made for, and does its proof still hold?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from generator.calico.normalize import normalize_object
from generator.calico.objects import ApiObject, Identity, as_api_object
from generator.foundation.diagnostics import Diagnostic
from generator.foundation.source import SourceMap
from generator.plan.effects import FlowEffect, find_effects
from generator.plan.freeze import freezing_objects
from generator.plan.model import Manifest, Plan
from generator.plan.proof.history import read_history
from generator.plan.proving import Judged
from generator.plan.proving_again import environment_for, judge_again, objects_for
from generator.snapshot.model import Snapshot

_NO_SOURCE = SourceMap("plan", "")


class Standing(StrEnum):
    """What a plan is worth on a newer snapshot."""

    FRESH = "fresh"  # its objects are as it saw them, it is proven there, and it cuts and opens the same
    STALE = "stale"  # it is not proven there any more, or it would cut or open something else
    DRIFTED = "drifted"  # an object that it writes is not as it saw it


@dataclass(frozen=True, slots=True)
class Drift:
    """An object that the plan writes, as the plan saw it and as it is; None where it is not there."""

    identity: Identity
    seen: Manifest | None
    found: Manifest | None
    begun: bool  # it is as a later step of this plan leaves it


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


def check_plan(plan: Plan, snapshot: Snapshot) -> PlanCheck:
    """Re-prove a plan on what a newer snapshot holds."""
    frozen = tuple(freezing_objects(snapshot.policies))
    live = objects_for(plan, snapshot)
    drifts = tuple(_drifts(plan, live))
    if drifts:
        return PlanCheck(Standing.DRIFTED, snapshot.complete, drifts, None, (), (), frozen)
    judged = judge_again(plan, plan.steps, snapshot)
    history = read_history(live, plan.steps)
    effects = find_effects(snapshot, history.start, history.objects_at(history.everything), environment_for(plan))
    more, less = _without(effects, plan.effects), _without(plan.effects, effects)
    same = judged.holds and not more and not less and not frozen
    return PlanCheck(Standing.FRESH if same else Standing.STALE, snapshot.complete, (), judged, more, less, frozen)


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
    return found


def _object(manifest: Manifest | None) -> ApiObject | None:
    return None if manifest is None else as_api_object(manifest, _NO_SOURCE)


def _meaning(obj: ApiObject | None) -> object:
    return None if obj is None else normalize_object(obj)
