"""Each planted fault of the checker is seen: some case of dataplane.md, or some corner, is answered otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.calico import Fault
from tests.faults.plan_oracle import FAULTS_OF_THE_CHECKER
from tests.plan.dataplane_cases import CASES
from tests.plan.oracle_corners import corners
from tests.plan_oracle import check_steps, scene_of_manifests, way_back


def wrong_answers() -> Iterator[str]:
    """Give what is answered otherwise than it should be, the corners first, for they are small."""
    for corner in corners():
        if {item.harm for item in check_steps(corner.scene, corner.steps, back=corner.back)} != corner.harms:
            yield corner.name
    for case in CASES:
        for run in case.runs:
            back = None if case.refused else way_back
            if bool(check_steps(scene_of_manifests(run.world), run.steps, back=back, most=1)) != case.refused:
                yield case.id


def test_without_a_fault_all_is_answered_rightly() -> None:
    assert list(wrong_answers()) == []


@pytest.mark.parametrize("fault", FAULTS_OF_THE_CHECKER, ids=lambda fault: fault.__name__)
def test_a_fault_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert next(wrong_answers(), "") != ""
