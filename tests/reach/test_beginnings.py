"""Rules that many places begin with, tried once for all of them, do what they do when each place tries them itself."""

from __future__ import annotations

from typing import Any

import pytest

from generator.packets.addresses import FAMILIES
from generator.reach import rows
from generator.reach.engine import Engine
from generator.reach.find_places import find_places
from generator.reach.model import Direction
from generator.reach.places import Places
from generator.reach.program import Program, RuleOp
from generator.reach.rows import Beginnings, Row, RowRunner
from generator.reach.side_sets import ALL, SideSets
from tests.conformance.reach_doors import load_world
from tests.reach.test_columns import some_worlds


def compare(engine: Engine, places: Places) -> int:
    """Run all pods' programs both ways, from everything and from half of it; return how many shared a beginning."""
    sides = SideSets(places, engine.directory)
    beginnings, shared = Beginnings(sides), 0
    for place in places.places:
        for pod in place.pods[:1]:
            for direction in Direction:
                is_source = direction is Direction.EGRESS
                program = engine.pod_program(pod, direction)
                for mask in (places.all, places.all // 3):
                    live: Row = {ALL: mask} if mask else {}
                    alone = RowRunner(sides, place, is_source=is_source).run(program, live)
                    runner = RowRunner(sides, place, is_source=is_source, beginnings=beginnings)
                    assert runner.run(program, live) == alone
                    shared += beginnings.run(program, live, is_source=is_source, place=place)[0] > 0
    return shared


def compare_some(most: int) -> int:
    shared = 0
    for name in ("random-1", "random-2"):
        for world in some_worlds(name, 20, most):
            engine = Engine(*load_world(world))
            for family in FAMILIES:
                shared += compare(engine, find_places([engine], family)[0])
    return shared


def test_shared_beginnings_change_no_row() -> None:
    assert compare_some(100) > 100


def one_that_goes_on(program: Program, *, is_source: bool) -> int:
    """Share the rules of global policies also where they look at the pod itself."""
    ours = (isinstance(op, RuleOp) and not op.policy.id.namespace for op in program.ops)
    return next((number for number, mine in enumerate(ours) if not mine), len(program.ops))


def one_of_every_policy(program: Program, *, is_source: bool) -> int:
    """Share all rules, and what passes among them, which is read on elsewhere."""
    return sum(isinstance(op, RuleOp) for op in program.ops)


@pytest.mark.parametrize("fault", [one_that_goes_on, one_of_every_policy])
def test_a_beginning_that_goes_on_too_far_is_seen(monkeypatch: pytest.MonkeyPatch, fault: Any) -> None:
    monkeypatch.setattr(rows, "_same_everywhere", fault)
    with pytest.raises(AssertionError):
        compare_some(100)
