"""A rollback is proven on what is there when it is called, and stays possible for who names the harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.apply.way_back_laws import LAWS
from tests.faults.calico import Fault
from tests.faults.way_back import FAULTS_OF_THE_WAY_BACK


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Callable[[], None]) -> None:
    law()


@pytest.mark.parametrize(("fault", "law"), FAULTS_OF_THE_WAY_BACK, ids=lambda item: item.__name__)
def test_a_planted_fault_is_seen(fault: Fault, law: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        law()
