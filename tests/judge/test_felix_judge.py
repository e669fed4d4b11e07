"""How the engine reads a policy, against its way to Felix in Calico's own code: dropped or not, and whom it selects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from tests.faults.judge import FAULTS_OF_POLICIES, Fault, forget_selectors
from tests.judge.asking import Manifest, ask_felix
from tests.judge.comparing_felix import compare_felix
from tests.judge.drawn_objects import ObjectDrawing

HOW_MANY = 2_500


@cache
def drawn() -> tuple[list[Manifest], list[Mapping[str, Any]], list[dict[str, str]]]:
    drawing = ObjectDrawing(1)
    policies, labels = [drawing.stored_policy() for _ in range(HOW_MANY)], drawing.label_sets()
    return policies, list(ask_felix(policies, labels)), labels


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    forget_selectors()
    yield
    forget_selectors()


def test_every_drawn_policy_is_read_as_on_its_way_to_felix() -> None:
    assert next(compare_felix(*drawn()), None) is None


def test_felix_takes_about_half_of_what_is_drawn() -> None:
    counts = Counter(word for answer in drawn()[1] for word in ("selector", "refused", "undecodable") if word in answer)
    assert sum(counts.values()) == HOW_MANY
    assert counts["selector"] > HOW_MANY * 0.4
    assert counts["refused"] > HOW_MANY * 0.2


@pytest.mark.parametrize("fault", FAULTS_OF_POLICIES)
def test_the_fault_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    policies, answers, labels = drawn()
    fault(monkeypatch)
    assert next(compare_felix(policies, answers, labels), None) is not None
