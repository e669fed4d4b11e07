"""How the engine reads a policy, against its way to Felix in Calico's own code: dropped or not, and whom it selects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from generator.calico.applies import policy_selection
from generator.calico.objects import as_api_object
from generator.calico.rewrite import ACCOUNT_LABEL, NAMESPACE_LABEL, ORCHESTRATOR_LABEL
from generator.foundation.source import SourceMap
from generator.selectors import evaluate_selector
from tests.faults.judge import FAULTS_OF_CONVERSION, FAULTS_OF_POLICIES, Fault, forget_selectors
from tests.judge.asking import Manifest, ask_felix
from tests.judge.comparing_felix import compare_felix
from tests.judge.drawn_objects import ObjectDrawing

HOW_MANY = 2_500


@cache
def drawn() -> tuple[list[Manifest], list[Mapping[str, Any]], list[dict[str, str]]]:
    drawing = ObjectDrawing(1)
    policies, labels = [drawing.stored_policy() for _ in range(HOW_MANY)], drawing.label_sets()
    return policies, list(ask_felix(policies, labels)), labels


@cache
def of_kubernetes() -> tuple[list[Manifest], list[Mapping[str, Any]], list[dict[str, str]]]:
    drawing = ObjectDrawing(1)
    labels = [one | ({ORCHESTRATOR_LABEL: "k8s"} if at % 2 else {}) for at, one in enumerate(drawing.label_sets())]
    policies = [drawing.kubernetes_policy() for _ in range(HOW_MANY)]
    return policies, list(ask_felix(policies, labels)), labels


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    forget_selectors()
    yield
    forget_selectors()


def test_every_drawn_policy_is_read_as_on_its_way_to_felix() -> None:
    assert next(compare_felix(*drawn()), None) is None


def test_every_drawn_policy_of_kubernetes_is_converted_as_calico_does() -> None:
    assert next(compare_felix(*of_kubernetes()), None) is None


@pytest.mark.parametrize("fault", FAULTS_OF_CONVERSION)
def test_the_fault_of_the_conversion_is_seen(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    policies, answers, labels = of_kubernetes()
    fault(monkeypatch)
    assert next(compare_felix(policies, answers, labels), None) is not None


def test_the_planner_takes_a_policy_for_the_same_pods() -> None:
    policies, answers, labels = drawn()
    pods = [position for position, one in enumerate(labels) if {NAMESPACE_LABEL, ACCOUNT_LABEL} <= one.keys()]
    assert len(pods) > 3
    compared = 0
    for manifest, answer in zip(policies, answers, strict=True):
        obj = as_api_object(manifest, SourceMap("drawn", ""))
        found = policy_selection(obj) if obj is not None and "selector" in answer else None
        if found is not None:
            compared += 1
            for pod in pods:
                assert evaluate_selector(found.selector, labels[pod]) is answer["selector"][pod], manifest
    assert compared > HOW_MANY * 0.3


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
