"""Planted faults: a wrong reading, a wrong end or a wrong verdict turns the table of the small cluster red."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import flows as faults
from tests.faults.calico import Fault
from tests.flows import test_ends, test_judge, test_kernel_log
from tests.flows.fates import check_all


def test_without_a_fault_it_holds(tmp_path: Path) -> None:
    check_all(tmp_path)
    check_reading(tmp_path)


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_all(tmp_path)


@pytest.mark.parametrize("fault", faults.FAULTS_OF_READING, ids=lambda fault: fault.__name__)
def test_a_fault_of_reading_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_reading(tmp_path)


def check_reading(folder: Path) -> None:
    test_kernel_log.test_lines_of_ours_begin_with_felix_prefix(folder, "calico-packet", "other-rule: ", False)
    some = test_judge.to(["203.0.113.0/24"])
    test_judge.test_a_public_address_is_decided_where_all_fare_alike(folder, some, "unknown")
    test_ends.test_names_that_may_mean_several(*test_ends.STEM)
