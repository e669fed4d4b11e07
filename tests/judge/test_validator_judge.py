"""Our validator against Calico's own: drawn objects, and the cases that were chosen by hand.

More of the same by hand: `python -m tests.judge.run`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from tests.calico.test_validator_neighbours import CASES
from tests.faults.judge import FAULTS_OF_OBJECTS, Fault, forget_selectors
from tests.judge.comparing import Judged, compare_objects, judge_objects
from tests.judge.drawn_objects import ObjectDrawing

HOW_MANY = 4_000


@cache
def drawn() -> list[Judged]:
    drawing = ObjectDrawing(1)
    return judge_objects([drawing.manifest() for _ in range(HOW_MANY)])


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    forget_selectors()
    yield
    forget_selectors()


def test_every_drawn_object_is_judged_as_calico_judges_it() -> None:
    assert next(compare_objects(drawn()), None) is None


def test_the_judges_take_about_half_of_what_is_drawn() -> None:
    """An object that is refused for many things at once shows little."""
    counts = Counter(len(item.go.fields) for item in drawn())
    assert HOW_MANY * 0.25 < counts[0] < HOW_MANY * 0.6
    assert counts[1] > HOW_MANY * 0.15
    assert {item.manifest["kind"] for item in drawn() if item.go.fields} == {
        item.manifest["kind"] for item in drawn() if not item.go.fields
    }


def test_every_neighbour_is_judged_as_calico_judges_it() -> None:
    assert not list(compare_objects(judge_objects([manifest for _, manifest, _, _ in CASES])))


@pytest.mark.parametrize("fault", FAULTS_OF_OBJECTS)
def test_the_fault_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = drawn()
    fault(monkeypatch)
    assert next(compare_objects(judged), None) is not None
