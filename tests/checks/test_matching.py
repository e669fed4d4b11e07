"""Whom a selection means is found by namespace and label, and is what going through all workloads finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.checks import matching
from generator.checks.matching import Matching, labels_match
from generator.checks.run import check_against_snapshot
from generator.foundation.source import SourceMap
from generator.intent import load_intent
from generator.intent.model import Labels, PodSelection
from generator.platforms import load_profile
from generator.snapshot.build import build_snapshot
from generator.snapshot.model import Snapshot, Workload

LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy")).map(lambda found: tuple(sorted(found.items())))
NAMESPACES = st.sampled_from(["shop", "billing"])
ACCOUNTS = st.sampled_from(["", "default", "web"])
WHERE = SourceMap("live.yaml", "{}")
EMPTY, _ = build_snapshot([], namespace="default", complete=True, origin="test")
MANY = 300


def workload(namespace: str, labels: Labels, account: str = "default", host: bool = False) -> Workload:
    return Workload("Deployment", namespace, "web", labels, account, host, 1, "", (), (), WHERE)


def snapshot(*workloads: Workload) -> Snapshot:
    return replace(EMPTY, workloads=workloads)


@given(
    st.lists(st.builds(workload, NAMESPACES, LABELS, ACCOUNTS, st.booleans()), max_size=8),
    st.builds(PodSelection, NAMESPACES, LABELS, ACCOUNTS),
)
def test_the_index_finds_what_going_through_all_finds(there: list[Workload], pods: PodSelection) -> None:
    expected = [
        item
        for item in there
        if item.namespace == pods.namespace
        and not item.host_network
        and labels_match(pods.labels, item.labels)
        and pods.service_account in ("", item.service_account)
    ]
    found = Matching(snapshot(*there))
    assert found.selected(pods) == expected
    assert list(found.workloads_of(pods.namespace)) == [item for item in there if item.namespace == pods.namespace]


def test_many_services_are_not_each_held_against_every_workload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = "".join(f"  s{number}: {{ports: [8080]}}\n" for number in range(MANY))
    (tmp_path / "intent.yaml").write_text(
        f"version: 1\nname: big\nplatform: generic\nnamespace: shop\nservices:\n{services}", encoding="utf-8"
    )
    compared = 0

    def counting(wanted: Labels, labels: Labels) -> bool:
        nonlocal compared
        compared += 1
        return labels_match(wanted, labels)

    monkeypatch.setattr(matching, "labels_match", counting)
    there = snapshot(*(workload("shop", (("app", f"s{number}"),)) for number in range(MANY)))
    check_against_snapshot(load_intent([str(tmp_path / "intent.yaml")]).intent, load_profile("generic"), there)
    assert MANY <= compared <= 5 * MANY
