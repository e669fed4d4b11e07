"""Writes that may come in any order: the proof says of random lists what its twin says that goes through all orders.

An exported plan is carried out by tools that keep no order among the objects of a commit.
"""

from __future__ import annotations

from functools import lru_cache

import pytest

from generator.plan.proof import prove as prove_module
from generator.plan.proof.history import read_history
from generator.plan.proof.prove import Proof, Refuted
from tests.plan.proof_calls import prove_steps
from tests.plan.proof_twin import Course, Twin, draw

# The last ones are some in which the order of two objects matters.
SEEDS = (*range(446), 530, 627, 727, 751)


@lru_cache(maxsize=1)
def courses() -> tuple[tuple[Course, bool], ...]:
    """Return lists of writes, and whether some order of them does harm."""
    return tuple((course, Twin(course, any_order=True).harms()) for course in map(draw, SEEDS))


def test_the_proof_and_its_twin_say_the_same_of_any_order() -> None:
    only_in_order = harmful = 0
    for seed, (course, harms) in zip(SEEDS, courses(), strict=True):
        proof = prove_steps(course.world, course.steps, any_order=True)
        assert isinstance(proof, Refuted if harms else Proof), (seed, harms, proof)
        harmful += harms
        only_in_order += harms and isinstance(prove_steps(course.world, course.steps), Proof)
    # The order of one kind's writes matters in some lists, so that the two proofs are not the same.
    assert only_in_order >= 5
    assert harmful < 0.8 * len(SEEDS)


def test_a_proof_that_supposes_an_order_all_the_same_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove_module, "read_history", lambda start, steps, any_order: read_history(start, steps))
    wrong = [
        seed
        for seed, (course, harms) in zip(SEEDS, courses(), strict=True)
        if harms and isinstance(prove_steps(course.world, course.steps, any_order=True), Proof)
    ]
    assert wrong
