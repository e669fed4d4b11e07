"""Every planted fault in the judge is found by judging the same worlds flow by flow."""

from __future__ import annotations

import pytest

from generator.expect import judge
from generator.expect.model import WitnessFailed
from tests.expect.test_judge_random import disagreement
from tests.faults.expect import FAULTS, Fault, each

WORLDS = 800


def first_difference() -> str:
    for seed in range(WORLDS):
        try:
            found = disagreement(seed)
        except WitnessFailed as error:
            return f"{seed}: {error}"
        if found:
            return f"{seed}: {found}"
    return ""


@pytest.mark.parametrize("fault", each(FAULTS))
def test_each_fault_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert first_difference()


def test_a_breach_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sets say that something is wrong; one packet, followed rule by rule, says that it is not."""
    real = judge._sort

    def swapped(expectation: object, ends: object, place: object, allowed: object, *rest: object) -> None:
        real(expectation, ends, place, {}, *rest)

    monkeypatch.setattr(judge, "_sort", swapped)
    with pytest.raises(WitnessFailed):
        any(disagreement(seed) for seed in range(WORLDS))
