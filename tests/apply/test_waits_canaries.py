"""Canaries: legal in every form, select nothing whatever its labels, and belong to no set."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.apply.waits.canaries import CanaryCage
from generator.apply.waits.kinds import COUNTED_TOO, MEASURES, collection_of
from generator.calico.applies import policy_selection
from generator.calico.kinds import Kind
from generator.calico.manifest import read_manifest
from generator.calico.metadata import effective_labels
from generator.calico.objects import ApiObject
from generator.calico.validator import ValidationContext, validate_object
from generator.calico.versions import knows_kind, parse_version
from generator.compare import compute_diff
from generator.compare.diff import owner_of
from generator.foundation.diagnostics import has_errors
from generator.foundation.source import SourceMap
from generator.layers.model import LABEL_INTENT
from generator.plan.break_glass_canaries import SWEPT
from generator.plan.freeze import freezing_objects
from generator.selectors import evaluate_selector
from tests.apply.memory_api import FakeClock, MemoryApi
from tests.faults.calico import Fault
from tests.faults.waits import FAULTS_OF_CANARIES
from tests.plan.worlds import Shape, plan_of, pod, space

FORMS = [
    (group, version)
    for group in ("projectcalico.org/v3", "crd.projectcalico.org/v1")
    for version in ("3.26", "3.28", "3.29", "3.31", "3.32")
]
LONG = "an-intent-of-sixty-three-characters-which-is-as-long-as-a-label"


def canary(kind: Kind, group: str, version: str, intent: str = "shop") -> ApiObject:
    cage = CanaryCage(MemoryApi(), FakeClock(), "ringfence", intent, group, version)
    return ApiObject(kind, cage._manifest(kind, 1), SourceMap("", ""))


def kinds(version: str) -> list[Kind]:
    return [kind for kind in MEASURES if knows_kind(parse_version(version), kind)]


@pytest.mark.parametrize(("group", "version"), FORMS)
def test_they_are_legal_and_nobodys(group: str, version: str) -> None:
    for intent in ("shop", LONG):
        made = [canary(kind, group, version, intent) for kind in kinds(version)]
        for obj in made:
            assert not has_errors(validate_object(obj, ValidationContext(version=version))), obj.manifest
            assert owner_of(obj) == ""
            assert LABEL_INTENT not in effective_labels(obj)
            assert len(obj.name.removeprefix("default.")) <= 63
            assert read_manifest(obj)["metadata"]["labels"].items() >= {("ringfence/canary", intent)}
        assert freezing_objects(made) == []
        diff = compute_diff([], made, intent)
        assert diff.is_empty


@given(st.dictionaries(st.sampled_from(["ringfence-canary", "ringfence/canary", "app"]), st.sampled_from(["", "a"])))
def test_they_select_no_pod(labels: dict[str, str]) -> None:
    everywhere = {**labels, "projectcalico.org/namespace": "ringfence", "projectcalico.org/orchestrator": "k8s"}
    for group, version in FORMS:
        for kind in kinds(version):
            found = policy_selection(canary(kind, group, version))
            assert found is None or not evaluate_selector(found.selector, everywhere)


def test_a_plan_neither_makes_nor_removes_them() -> None:
    world: list[Any] = [space("shop"), pod("shop", "web")]
    left = [dict(canary(kind, "projectcalico.org/v3", "3.32").manifest) for kind in MEASURES]
    for to_none in (False, True):
        plan = plan_of([*world, *left, space("ringfence")], None if to_none else Shape(), to_none=to_none).plan
        assert not plan.is_refused
        assert not [step for step in plan.writes if "canary" in step.write.identity.name]
        assert plan.steps or to_none


@pytest.mark.parametrize("fault", FAULTS_OF_CANARIES, ids=lambda fault: fault.__name__)
def test_a_fault_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    failed = 0
    for check in (
        lambda: test_they_are_legal_and_nobodys("projectcalico.org/v3", "3.32"),
        test_they_select_no_pod,
        test_a_plan_neither_makes_nor_removes_them,
    ):
        try:
            check()
        except AssertionError:
            failed += 1
    assert failed


def test_every_counted_kind_has_a_place() -> None:
    assert collection_of(Kind.KUBERNETES_NETWORK_POLICY, "crd.projectcalico.org/v1") == (
        "/apis/networking.k8s.io/v1/networkpolicies"
    )
    assert collection_of(Kind.TIER, "crd.projectcalico.org/v1") == "/apis/crd.projectcalico.org/v1/tiers"
    for kind in (*MEASURES, *COUNTED_TOO):
        assert collection_of(kind, "projectcalico.org/v3").startswith("/apis/")


def test_the_way_out_without_ringfence_sweeps_every_kind_that_has_canaries() -> None:
    assert set(SWEPT) == set(MEASURES)
