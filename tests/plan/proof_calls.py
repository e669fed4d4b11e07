"""Puts lists of writes and waits to the product's own proof, as the independent checker gets them."""

from __future__ import annotations

from collections.abc import Sequence

from generator.calico.kinds import Kind
from generator.calico.names import identity_of
from generator.plan.model import Step, WaitStep, WriteStep
from generator.plan.model import Write as PlannedWrite
from generator.plan.proof.prove import Proof, Refuted, Undecided, prove
from generator.plan.stages import Stage
from generator.reach.environment import Environment
from tests.plan.worlds import snapshot_of
from tests.plan_oracle_parts.steps import Manifest, Wait, Write
from tests.plan_oracle_parts.steps import Step as PlainStep
from tests.support.objects import api_object

KINDS = tuple(Kind)


def planned_steps(steps: Sequence[PlainStep]) -> tuple[Step, ...]:
    """Return the steps in the planner's words; a fixed pause confirms nothing, so it is left out."""
    found: list[Step] = []
    for step in steps:
        match step:
            case Write(name, before, after):
                manifest = after if after is not None else before
                assert manifest is not None
                identity = identity_of(api_object(manifest))
                found.append(WriteStep(name, Stage.ALLOWS, "A write.", PlannedWrite(identity, before, after)))
            case Wait(name, kinds):
                named = KINDS if kinds is None else tuple(Kind(kind) for kind in kinds if kind in set(Kind))
                found.append(WaitStep(name, Stage.ALLOWS, "A wait.", named))
            case _:
                pass
    return tuple(found)


def prove_steps(
    world: Sequence[Manifest], steps: Sequence[PlainStep], *, any_order: bool = False
) -> Proof | Refuted | Undecided:
    """Return what the product's proof says of steps from a world that stands still."""
    snapshot = snapshot_of(world)
    start = {identity_of(obj): obj for obj in snapshot.policies}
    return prove(planned_steps(steps), start, snapshot, Environment(), any_order=any_order)
