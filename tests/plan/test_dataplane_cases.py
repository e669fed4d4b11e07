"""Each case of dataplane.md 5 and 7: refused if it loses a flow, or loses none by luck; accepted if not."""

from __future__ import annotations

import pytest

from tests.plan.dataplane_cases import CASES, Case
from tests.plan_oracle import Harm, check_steps, replay, scene_of_manifests


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    for run in case.runs:
        scene = scene_of_manifests(run.world)
        if not case.refused:
            assert [str(item) for item in check_steps(scene, run.steps)] == []
            continue
        # Asked of the way forward alone, so that it is this case that is refused, not a way back that it never went.
        found = check_steps(scene, run.steps, back=None)
        assert found
        for violation in found:
            assert replay(violation) == (violation.harm is Harm.OPENED), str(violation)


def test_the_table_has_both_answers() -> None:
    assert len(CASES) == len({case.id for case in CASES})
    assert sum(case.refused for case in CASES) >= 20
    assert sum(not case.refused for case in CASES) >= 20
