"""Planted faults of observing: a wrong log is seen by the law of the log, a changed verdict by proof and checker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generator.foundation.errors import RefusedError
from generator.plan import observe
from generator.plan.proving import Judged, judge_steps
from tests.faults import observing as faults
from tests.faults.calico import Fault
from tests.plan.observing_laws import check_log, flows_that_fare_otherwise
from tests.plan.observing_worlds import go_on, observing_plan_of, seen
from tests.plan.test_observe import SHAPES, WORLDS
from tests.plan.worlds import Planned


def check_all_logs() -> None:
    for shape in SHAPES:
        for world in WORLDS.values():
            planned = observing_plan_of(world, shape)
            check_log(world, seen(world), planned, go_on(world, planned, shape))


@pytest.mark.parametrize("fault", faults.FAULTS_OF_LOGS, ids=lambda fault: fault.__name__)
def test_a_wrong_log_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all_logs()


def plans() -> Iterator[tuple[Planned, str]]:
    for shape in SHAPES:
        for world in WORLDS.values():
            planned = observing_plan_of(world, shape)
            yield planned, "" if planned.plan.errored else str(flows_that_fare_otherwise(planned, seen(world))[:1])


@pytest.mark.parametrize("fault", faults.FAULTS_OF_VERDICTS, ids=lambda fault: fault.__name__)
def test_a_changed_verdict_is_refused_with_its_flow(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    refused = [planned.plan for planned, _ in plans() if planned.plan.errored]
    assert refused
    for plan in refused:
        assert plan.steps == ()
        assert {item.code for item in plan.unresolved} == {"RF8044"}
        assert all(" to " in item.summary and "node of" in item.summary for item in plan.unresolved)
    assert all(found == "[]" for planned, found in plans() if not planned.plan.errored)


@pytest.mark.parametrize("fault", faults.FAULTS_OF_VERDICTS, ids=lambda fault: fault.__name__)
def test_without_the_proof_the_checker_finds_it(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    proof_is_off(monkeypatch)
    assert any(found != "[]" for _, found in plans())


def proof_is_off(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(observe, "judge_steps", lambda *asked, **more: Judged(judge_steps(*asked, **more).record, ()))


def test_a_proof_of_the_way_there_alone_lets_changes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.proof_goes_one_way(monkeypatch)
    faults.denies_deny(monkeypatch)
    try:
        found = [text for planned, text in plans() if not planned.plan.errored]
    except RefusedError:
        pytest.fail("nothing of this is refused outright")
    assert any(text != "[]" for text in found)
