"""Looks whether every object that a plan writes is as it should be at this point of the run."""

from __future__ import annotations

from generator.apply.codes import DRIFTED, OUTCOME_UNKNOWN, RIGHT_MISSING
from generator.apply.course import Contents
from generator.apply.events import Versions
from generator.apply.stops import Stop
from generator.cluster.backoff import Unreachable
from generator.cluster.faults import Fault, FaultKind
from generator.cluster.sameness import is_same
from generator.cluster.writes import Writer
from generator.plan.model import Manifest, Plan


def find_drift(writer: Writer, expected: Contents, plan: Plan) -> Stop | None:
    """Return the stop that others' changes mean, with both versions of each object; None where there are none."""
    found: list[Versions] = []
    likes = any_contents(plan)
    for identity, wanted in sorted(expected.items()):
        try:
            there = writer.read(identity, likes[identity])
        except Unreachable as error:
            return Stop(OUTCOME_UNKNOWN, f"{identity}: {error.fault.words}", environment=True)
        if isinstance(there, Fault):
            code = RIGHT_MISSING if there.kind is FaultKind.FORBIDDEN else OUTCOME_UNKNOWN
            return Stop(code, f"{identity}: {there.words}", environment=code is OUTCOME_UNKNOWN)
        if not is_same(identity.kind, there, wanted, plan.target.version):
            found.append(Versions(str(identity), wanted, there))
    if not found:
        return None
    names = ", ".join(item.object for item in found[:3]) + (" and more" if len(found) > 3 else "")
    return Stop(DRIFTED, f"somebody has changed {names}", versions=tuple(found))


def any_contents(plan: Plan) -> dict[object, Manifest]:
    """Return of each object that a plan writes one manifest, which tells where it lives."""
    found: dict[object, Manifest] = {}
    for step in plan.writes:
        like = step.write.after if step.write.after is not None else step.write.before
        if like is not None:
            found.setdefault(step.write.identity, like)
    return found
