"""The proof says of random lists of writes what a twin says that goes through every state and asks about every flow."""

from __future__ import annotations

import sys
from collections import Counter

from generator.plan.proof.bounds import Argument
from generator.plan.proof.prove import Proof, Refuted
from tests.plan.proof_calls import prove_steps
from tests.plan.proof_twin import Twin, draw

LISTS = 900


def test_the_proof_and_its_twin_say_the_same() -> None:
    found: Counter[str] = Counter()
    for seed in range(LISTS):
        course = draw(seed)
        proof, harms = prove_steps(course.world, course.steps), Twin(course).harms()
        assert isinstance(proof, Refuted if harms else Proof), (seed, harms, proof)
        found["harm"] += harms
        if isinstance(proof, Proof):
            found.update({argument.value for stretch in proof.stretches for argument in stretch.ends})
    sys.stdout.write(f"\n{dict(found)}\n")
    assert 0.2 * LISTS <= found["harm"] <= 0.6 * LISTS
    assert min(found[argument] for argument in Argument) >= 8, found
