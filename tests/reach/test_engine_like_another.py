"""An engine that shares work with one over another state of the cluster answers as one that shares nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from generator.calico.objects import ApiObject
from generator.reach import lower
from generator.reach.engine import Engine
from generator.reach.flow_changes import FlowChange, find_flow_changes
from generator.reach.lower import POLICY_KINDS
from generator.snapshot.model import Snapshot
from tests.conformance.reach_doors import load_world
from tests.reach.test_columns import some_worlds


def changed_rules(obj: ApiObject) -> ApiObject:
    """Turn the rules of a policy round and drop the first; its name stays."""
    manifest: Any = copy.deepcopy(dict(obj.manifest))
    for direction in ("ingress", "egress"):
        rules = manifest.get("spec", {}).get(direction)
        if isinstance(rules, list) and rules:
            manifest["spec"][direction] = rules[:0:-1]
    return replace(obj, manifest=manifest)


def other_states(snapshot: Snapshot) -> Iterator[Snapshot]:
    """Yield the cluster with a third of its policies gone, with a third changed, and with a pod gone."""
    numbered = list(enumerate(snapshot.policies))
    yield replace(snapshot, policies=tuple(obj for number, obj in numbered if number % 3))
    changed = (changed_rules(obj) if number % 3 == 1 and obj.kind in POLICY_KINDS else obj for number, obj in numbered)
    yield replace(snapshot, policies=tuple(changed))
    yield replace(snapshot, workloads=snapshot.workloads[1:])


def shown(changes: list[FlowChange]) -> list[object]:
    return [(item.kind, item.families, item.sources, item.destinations, item.packets) for item in changes]


def compare_both_ways(first: int, count: int) -> int:
    different = 0
    for world in some_worlds("random-2", first, count):
        snapshot, environment = load_world(world)
        for other in other_states(snapshot):
            before = Engine(snapshot, environment)
            apart = find_flow_changes(before, Engine(other, environment))
            together = find_flow_changes(before, Engine(other, environment, like=before))
            assert shown(together) == shown(apart)
            different += bool(apart)
    return different


def test_shared_work_changes_no_answer() -> None:
    assert compare_both_ways(5, 120) > 100


def test_what_has_the_same_words_is_lowered_once() -> None:
    world = next(iter(some_worlds("random-2", 5, 1)))
    snapshot, environment = load_world(world)
    before = Engine(snapshot, environment)
    after = Engine(copy.deepcopy(snapshot), environment, like=before)
    rules = [
        [
            rule
            for tier in engine.lowered.tiers
            for policy in tier.policies
            for rule in (*policy.ingress, *policy.egress)
        ]
        for engine in (before, after)
    ]
    assert rules[0]
    assert all(first is second for first, second in zip(*rules, strict=True))
    assert after.directory is before.directory


def test_taking_over_by_name_alone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = lower._Before.find

    def by_name(self: Any, obj: ApiObject) -> Any:
        view = self._views.get((obj.kind, obj.namespace, obj.name))
        return view or real(self, obj)

    monkeypatch.setattr(lower._Before, "find", by_name)
    with pytest.raises(AssertionError):
        compare_both_ways(5, 20)
