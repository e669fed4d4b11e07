"""What runs in a process of its own ends within its limits, and changes nothing here."""

from __future__ import annotations

import os

from tests.meaning.mutants.confined import Stopped, confined

STATE: list[int] = []


def test_what_it_returns_comes_back_whole() -> None:
    assert confined(lambda: ("x" * 300_000, {"a": [1]})) == ("x" * 300_000, {"a": [1]})


def test_what_it_changes_stays_there() -> None:
    def work() -> int:
        STATE.append(1)
        return len(STATE)

    assert [confined(work), confined(work), len(STATE)] == [1, 1, 0]


def test_a_loop_without_an_end_is_stopped() -> None:
    def work() -> int:
        number = 0
        while number >= 0:
            number += 1
        return number

    found = confined(work, cpu=1)
    assert isinstance(found, Stopped)
    assert "past 1 s of CPU" in found.why


def test_one_that_waits_for_nothing_is_stopped() -> None:
    reading, writing = os.pipe()
    assert isinstance(confined(lambda: os.read(reading, 1), wall=0.3), Stopped)
    os.close(reading)
    os.close(writing)


def test_one_that_takes_all_memory_is_stopped() -> None:
    found = confined(lambda: len(bytes(3 << 30)))
    assert found == Stopped("it ended without an answer")
