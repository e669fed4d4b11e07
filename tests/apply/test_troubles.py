"""Troubles at every request of a run, one after the other: no answer, a wrong answer, the end of the process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.apply.memory_runs import (
    ends_in_the_target,
    goes_back_after_a_kill,
    goes_on_after_a_kill,
    is_journalled,
    requests_of_a_run,
)
from tests.apply.run_laws import LAWS

TROUBLES: tuple[str | int, ...] = ("lost-before", "lost-after", 429, 500, 503, 504)
KILLS = ("kill-before", "kill-after")
# One run for each so many requests and trouble; which requests, differs from trouble to trouble.
FEW = 5


@pytest.mark.parametrize("fault", TROUBLES)
def test_trouble_with_one_request_changes_nothing(fault: str | int) -> None:
    for number in range(1 + TROUBLES.index(fault), requests_of_a_run() + 1, FEW):
        ends_in_the_target(number, fault)


@pytest.mark.parametrize("fault", KILLS)
def test_a_run_that_is_killed_goes_on(fault: str) -> None:
    for number in range(1 + KILLS.index(fault), requests_of_a_run() + 1, FEW):
        goes_on_after_a_kill(number, fault)


@pytest.mark.parametrize("fault", KILLS)
def test_a_run_that_is_killed_goes_back(fault: str) -> None:
    for number in range(3 + KILLS.index(fault), requests_of_a_run() + 1, FEW):
        goes_back_after_a_kill(number, fault)


def test_what_is_sent_was_journalled() -> None:
    for number in range(2, requests_of_a_run() + 1, FEW):
        is_journalled(number)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Callable[[], None]) -> None:
    law()
