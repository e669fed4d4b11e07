"""Our selector language against Calico's own: what parses, in which canonical form, and for whom it is true."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from tests.faults.judge import FAULTS_OF_SELECTORS, Fault, forget_selectors
from tests.judge.asking import SelectorAnswer, ask_selectors
from tests.judge.comparing import compare_selectors
from tests.judge.drawn_selectors import LABEL_SETS, SelectorDrawing

HOW_MANY = 6_000


@cache
def drawn() -> tuple[list[str], list[SelectorAnswer]]:
    drawing = SelectorDrawing(1)
    texts = [drawing.selector() for _ in range(HOW_MANY)]
    return texts, ask_selectors(texts, LABEL_SETS)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    forget_selectors()
    yield
    forget_selectors()


def test_every_drawn_text_is_read_as_calico_reads_it() -> None:
    texts, answers = drawn()
    assert next(compare_selectors(texts, answers, LABEL_SETS), None) is None
    parsed = [answer for answer in answers if answer.canonical is not None]
    assert HOW_MANY * 0.4 < len(parsed) < HOW_MANY * 0.8
    assert len({answer.values for answer in parsed}) > 50


@pytest.mark.parametrize("fault", FAULTS_OF_SELECTORS)
def test_the_fault_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, answers = drawn()
    fault(monkeypatch)
    assert next(compare_selectors(texts, answers, LABEL_SETS), None) is not None
