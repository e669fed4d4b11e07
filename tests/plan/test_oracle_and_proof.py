"""The checker and the product's own proof say the same of lists of writes drawn at random, each with its way back."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

from generator.plan.proof.prove import Proof, Refuted
from tests.plan.proof_calls import prove_steps
from tests.plan.test_oracle_twin import run_of
from tests.plan_oracle import Harm, check_steps

WORLDS = 200
FLOWS = (Harm.CUT, Harm.OPENED)


def test_the_checker_and_the_proof_agree() -> None:
    counts: Counter[str] = Counter()
    for seed in range(WORLDS):
        scene, steps = run_of(seed, hosts=False)
        scene = replace(scene, new_pods=True, management=frozenset())
        proof = prove_steps(list(scene.objects.values()), steps)
        assert isinstance(proof, Proof | Refuted), (seed, proof)
        found = [item for item in check_steps(scene, steps) if item.harm in FLOWS]
        assert isinstance(proof, Refuted) == bool(found), (seed, [str(item) for item in found], proof)
        counts["refused" if found else "accepted"] += 1
    sys.stdout.write(f"\n{dict(counts)}\n")
    assert min(counts["refused"], counts["accepted"]) >= 20, counts
