"""Further waits between the writes of one stage: where they help, that each is needed, and that they are few."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.calico.kinds import Kind
from generator.calico.names import identity_of
from generator.calico.objects import Identity
from generator.calico.versions import parse_version
from generator.plan import more_waits
from generator.plan.model import Step, WaitStep, Write, WriteStep
from generator.plan.more_waits import part_writes
from generator.plan.plan_file import write_plan
from generator.plan.proof.prove import Proof, Refuted, Undecided, prove
from generator.plan.stages import Stage
from generator.reach.environment import Environment
from tests.plan.random_migrations import Drawing
from tests.plan.random_migrations_run import Journey, journey_of
from tests.plan_oracle import check_plan_file

# Of these drawn worlds no plan is safe whose stages alone have waits between them.
WORLDS = (83, 505, 565)


def write(number: int) -> WriteStep:
    identity = Identity(Kind.NETWORK_POLICY, "shop", f"p{number}")
    return WriteStep(f"w{number}", Stage.STALE_ALLOWS, "", Write(identity, None, {"number": number}))


def further(steps: Sequence[Step]) -> list[int]:
    return [number for number, step in enumerate(steps) if isinstance(step, WaitStep) and "together" in step.purpose]


@given(st.integers(0, 9), st.sets(st.integers(0, 8)))
def test_exactly_the_needed_waits_are_left(count: int, needed: set[int]) -> None:
    def holds(steps: Sequence[Step]) -> bool:
        near = {
            (first.id, second.id)
            for first, second in pairwise(steps)
            if isinstance(first, WriteStep) and isinstance(second, WriteStep)
        }
        return not any((f"w{number}", f"w{number + 1}") in near for number in needed)

    steps = [write(number) for number in range(count)]
    found = part_writes(steps, holds)
    if found is None:
        assert count < 2
        return
    assert [step for step in found if isinstance(step, WriteStep)] == steps
    assert len(further(found)) == len({number for number in needed if number + 1 < count})


def test_nothing_comes_of_waits_that_do_not_help() -> None:
    assert part_writes([write(0), write(1)], lambda steps: False) is None


def test_many_writes_are_not_parted() -> None:
    def holds(steps: Sequence[Step]) -> bool:
        raise AssertionError("nobody asks")

    assert part_writes([write(number) for number in range(more_waits.MOST_WRITES + 1)], holds) is None


@pytest.mark.parametrize("seed", WORLDS)
def test_a_world_that_needs_one_more_wait(seed: int) -> None:
    journey = journey_of(Drawing(seed).world())
    plan = journey.plan
    assert plan is not None
    assert not plan.errored
    assert check_plan_file(write_plan(plan), journey.snapshot) == []
    waits = further(plan.steps)
    assert waits
    for gone in waits:
        assert isinstance(again(journey, [*plan.steps[:gone], *plan.steps[gone + 1 :]]), Refuted)


def again(journey: Journey, steps: Sequence[Step]) -> Proof | Refuted | Undecided:
    assert journey.plan is not None
    version = journey.plan.target.version
    start = {identity_of(obj, version): obj for obj in journey.snapshot.policies}
    environment = Environment(version=parse_version(version))
    return prove(steps, start, journey.snapshot, environment, journey.plan.scope)
