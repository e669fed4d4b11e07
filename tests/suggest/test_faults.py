"""Each planted fault makes one of the tests of this folder red."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.faults.calico import Fault
from tests.faults.suggest import FAULTS_OF_SUGGESTING
from tests.suggest import test_changes as changes
from tests.suggest.clusters import Cluster

HERE = Path(__file__).parent / "cluster"


def run_all(own_tier: Cluster, single_tier: Cluster, folder: Path) -> Iterator[str]:
    """Run the table and the single cases; yield the names of those that are red."""
    cases: list[tuple[str, Callable[[], None]]] = [
        (f"{row[0]} to {row[1]}", partial(changes.test_the_smallest_change, *row, own_tier, folder))
        for row in changes.CASES
    ]
    cases += [
        ("feed", changes.test_no_hole_is_made_in_a_threat_feed),
        ("guardrail", lambda: changes.test_no_hole_is_made_in_a_guardrail_but_by_a_name_of_the_platform(own_tier)),
        ("more", lambda: changes.test_what_opens_more_says_so(own_tier, folder)),
        ("unsure", lambda: changes.test_what_the_snapshot_does_not_tell_is_said(folder)),
        ("exception", lambda: changes.test_an_exception_goes_before_what_others_put_between(single_tier, folder)),
        *(
            (f"no change: {row[1]}", partial(changes.test_what_no_change_can_allow, *row, own_tier))
            for row in changes.REFUSED
        ),
    ]
    return (name for name, case in cases if _is_red(case))


def _is_red(case: Callable[[], None]) -> bool:
    try:
        case()
    except AssertionError:
        return True
    return False


@pytest.fixture(scope="module")
def clusters() -> tuple[Cluster, Cluster]:
    live, between = HERE / "live.yaml", HERE / "between.yaml"
    return Cluster.read(HERE / "intent.yaml", live), Cluster.read(HERE / "single-tier.yaml", live, between)


def test_without_a_fault_nothing_is_red(clusters: tuple[Cluster, Cluster], tmp_path: Path) -> None:
    assert list(run_all(*clusters, tmp_path)) == []


@pytest.mark.parametrize("fault", FAULTS_OF_SUGGESTING, ids=lambda fault: fault.__name__)
def test_a_planted_fault_is_seen(
    fault: Fault, clusters: tuple[Cluster, Cluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert next(run_all(*clusters, tmp_path), None) is not None
