"""What a pause means for all else that is done while it lasts: it is nobody's drift, and nothing ends it unasked.

That something is paused is read from the live objects together with what was recorded; what a plan would do to it from
the objects that the plan leaves behind. Objects that differ from what a plan expects by a recorded pause alone are
told from those that somebody has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from generator.apply.enforcement import Enforcement, Way, find_ways
from generator.apply.freshness import NotFresh
from generator.apply.pauses import PauseRecord
from generator.apply.pausing import with_scope
from generator.apply.run_codes import PAUSED
from generator.calico.names import identity_of
from generator.calico.objects import ApiObject, Identity, as_api_object
from generator.cluster.sameness import is_same
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import RefusedError
from generator.foundation.source import SourceMap
from generator.plan.check import Drift, Standing
from generator.plan.model import Manifest, Plan
from generator.plan.scoped import named_spaces
from generator.snapshot.model import Snapshot

_NO_SOURCE: Final = SourceMap("plan", "")


def pauses_in_force(
    snapshot: Snapshot, intent: str, recorded: Iterable[PauseRecord], scope: Iterable[str] = ()
) -> tuple[PauseRecord, ...]:
    """Return the pauses of an intent that its live objects show, sorted.

    One of which no record is at hand has no name and no date: a bridge tells by its own name that it is a pause.
    """
    known = {(item.namespace, item.direction): item for item in recorded}
    ways = find_ways(snapshot, intent, {*scope, *(namespace for namespace, _ in known)}, known)
    paused = [way for way in ways if _is_paused(way)]
    return tuple(sorted(known.get((way.namespace, way.direction), _unrecorded(way)) for way in paused))


def _is_paused(way: Way) -> bool:
    return way.state is Enforcement.PAUSED or any(state is Enforcement.PAUSED for state, _ in way.pods)


def _unrecorded(way: Way) -> PauseRecord:
    return PauseRecord(way.namespace, way.direction, "", "")


def pauses_ended(
    plan: Plan, snapshot: Snapshot, left: Mapping[Identity, Manifest | None], pauses: Sequence[PauseRecord]
) -> tuple[PauseRecord, ...]:
    """Return the pauses whose pods are enforced once the plan's objects are as in `left`."""
    version = plan.target.version
    kept = [obj for obj in snapshot.policies if identity_of(obj, version) not in left]
    made = [as_api_object(manifest, _NO_SOURCE) for manifest in left.values() if manifest is not None]
    policies: list[ApiObject] = [*kept, *(obj for obj in made if obj is not None)]
    after = replace(snapshot, policies=tuple(policies))
    ways = find_ways(after, plan.intent, {item.namespace for item in pauses})
    enforced = {(way.namespace, way.direction) for way in ways if _is_enforced(way)}
    return tuple(item for item in pauses if (item.namespace, item.direction) in enforced)


def _is_enforced(way: Way) -> bool:
    return way.state is Enforcement.ENFORCED or any(state is Enforcement.ENFORCED for state, _ in way.pods)


def is_of_pause(plan: Plan, drift: Drift, pauses: Iterable[PauseRecord]) -> bool:
    """Tell whether an object is as the plan expects it, but for what these pauses have taken from it."""
    if drift.seen is None or drift.found is None:
        return False
    ways = {(item.namespace, item.direction) for item in pauses}
    names = {
        pause.namespace
        for pause in plan.pauses
        for write in pause.writes
        if (pause.namespace, pause.direction) in ways and write.identity == drift.identity and write.before is not None
    }
    expected = with_scope(drift.seen, named_spaces(drift.seen) - names)
    return bool(names) and is_same(drift.identity.kind, drift.found, expected, plan.target.version)


@dataclass(frozen=True, slots=True)
class Pausing:
    """The pauses that are in force where a plan is to be carried out."""

    plan: Plan
    pauses: tuple[PauseRecord, ...]

    def refusal(self, pauses: Sequence[PauseRecord], more: str) -> RefusedError:
        """Return what is said of these pauses; `more` is what else can be done than to end them first."""
        return RefusedError(self._problems(pauses, more))

    def because_of(self, stale: NotFresh, more: str) -> NotFresh | RefusedError:
        """Return what a plan that is not fresh fails with: the pauses, and others' changes where there are any too."""
        if not self.pauses:
            return stale
        problems = self._problems(self.pauses, more)
        check = stale.check
        others = tuple(drift for drift in check.drifts if not is_of_pause(self.plan, drift, self.pauses))
        if check.standing is Standing.DRIFTED and not others:
            return RefusedError(problems)
        return NotFresh(replace(check, drifts=others), tuple(problems))

    def _problems(self, pauses: Sequence[PauseRecord], more: str) -> list[Diagnostic]:
        return [
            problem(PAUSED, item.summary, hint=f"resume first: {item.how_to_resume(self.plan.intent)}{more}")
            for item in pauses
        ]
