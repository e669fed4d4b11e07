"""Each planted fault of carrying a plan out breaks the law that is named for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.apply import FAULTS_OF_RUNS
from tests.faults.calico import Fault


@pytest.mark.parametrize(("fault", "law"), FAULTS_OF_RUNS, ids=[fault.__name__ for fault, _ in FAULTS_OF_RUNS])
def test_a_fault_is_caught(fault: Fault, law: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        law()
