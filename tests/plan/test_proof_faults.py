"""Each planted fault of the proof makes it prove a list of writes of which its twin shows that it does harm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

import pytest

from generator.plan.proof.prove import Proof, Refuted
from generator.reach.flow_changes import WitnessFailed
from tests.faults.calico import Fault
from tests.faults.plan_proof import FAULTS_OF_THE_PROOF
from tests.plan.proof_calls import prove_steps
from tests.plan.proof_twin import Course, Twin, draw

LISTS = 900


@lru_cache(maxsize=1)
def harmful() -> tuple[Course, ...]:
    """Return lists of writes that do harm in some state."""
    return tuple(course for course in map(draw, range(LISTS)) if Twin(course).harms())


def wrongly_proven() -> Iterator[Course]:
    for course in harmful():
        # A proof whose witness does not fare as it says claims nothing.
        with suppress(WitnessFailed):
            if isinstance(prove_steps(course.world, course.steps), Proof):
                yield course


def test_without_a_fault_all_harm_is_seen() -> None:
    assert len(harmful()) >= 100
    assert next(wrongly_proven(), None) is None


@pytest.mark.parametrize("fault", FAULTS_OF_THE_PROOF, ids=lambda fault: fault.__name__)
def test_a_fault_proves_what_does_harm(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    course = next(wrongly_proven(), None)
    assert course is not None
    monkeypatch.undo()
    assert isinstance(prove_steps(course.world, course.steps), Refuted)
