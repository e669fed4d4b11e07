"""The cases of dataplane.md 5 and 7, put to the product's own proof: what lost a flow is refused with a witness."""

from __future__ import annotations

import pytest

from generator.calico.kinds import Kind
from generator.plan.proof.prove import Proof, Refuted
from tests.plan.dataplane_cases import CASES, Case
from tests.plan.proof_calls import prove_steps
from tests.plan_oracle_parts.steps import Write

# What no plan writes: labels of namespaces.
OURS = [
    case
    for case in CASES
    if all(step.kind in set(Kind) for run in case.runs for step in run.steps if isinstance(step, Write))
]


@pytest.mark.parametrize("case", OURS, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    for run in case.runs:
        found = prove_steps(run.world, run.steps)
        if case.refused:
            assert isinstance(found, Refuted), found
            assert found.witnesses
        else:
            assert isinstance(found, Proof), found


def test_most_cases_are_ours() -> None:
    assert len(OURS) >= 40
    assert {case.refused for case in OURS} == {True, False}
