"""Pods that ask others than the cluster's DNS are found, unless a rule opens the way to those whom they ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from generator.checks.run import check_against_snapshot
from generator.discover import propose_intent
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.intent import load_intent
from generator.platforms import load_profile
from generator.snapshot import load_snapshot, write_snapshot
from generator.snapshot.build import build_snapshot
from generator.snapshot.facts import Seen, write_seen
from generator.snapshot.model import Snapshot
from generator.snapshot.resolvers import resolvers_of
from tests.faults import name_servers as faults

_INTENT = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
    services:
      web: {ports: [8080], needs: [NEEDED], dns: WANTED}
      db: {ports: [5432]}
    externals:
      quad: {cidrs: [9.9.9.0/24], ports: [53/UDP, 53/TCP]}
      other: {cidrs: [9.9.9.0/24], ports: [443]}
"""


def workload(**pod: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "example.com/c"}], **pod}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": spec}
    metadata = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}}


def snapshot_of(*objects: dict[str, Any], **seen: Any) -> Snapshot:
    dns = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns", "namespace": "kube-system"}}
    every = [*objects, dns | {"spec": {"clusterIP": "10.96.0.10", "ports": [{"port": 53, "protocol": "UDP"}]}}]
    documents = [Document(item, SourceMap("live.yaml", "{}")) for item in every]
    found, problems = build_snapshot(documents, namespace="default", complete=False, origin="test")
    assert problems == []
    return replace(found, extra={**found.extra, **write_seen(Seen(**seen))})


def said(folder: Path, found: Snapshot, needed: str = "db", wanted: str = "true", more: str = "") -> list[str]:
    text = dedent(_INTENT).replace("NEEDED", needed).replace("WANTED", wanted) + dedent(more)
    (folder / "intent.yaml").write_text(text, encoding="utf-8")
    intent = load_intent([str(folder / "intent.yaml")]).intent
    rows = check_against_snapshot(intent, load_profile("generic"), found)
    return [item.summary for item in rows if item.code == "RF5618"]


def own(*servers: str, policy: str = "None") -> dict[str, Any]:
    return workload(dnsPolicy=policy, dnsConfig={"nameservers": list(servers)})


_CLOSED = "Deployment 'shop/web' asks the name servers 9.9.9.9 (dnsConfig), to which no rule opens the way"


def check_own_name_servers(folder: Path) -> None:
    assert said(folder, snapshot_of(own("9.9.9.9"))) == [_CLOSED]
    assert said(folder, snapshot_of(own("10.96.0.10", "9.9.9.9"))) == [_CLOSED]
    [beside] = said(folder, snapshot_of(own("9.9.9.9", policy="ClusterFirst")))
    assert beside.startswith("Deployment 'shop/web' also asks the name servers 9.9.9.9")


def check_those_of_the_node(folder: Path) -> None:
    [text] = said(folder, snapshot_of(workload(dnsPolicy="Default")))
    assert (
        text == "Deployment 'shop/web' asks the name servers of its node (dnsPolicy Default), which nothing here shows"
    )


def check_kubelets(folder: Path) -> None:
    assert said(folder, snapshot_of(cluster_dns=("10.96.0.10",))) == []
    assert said(folder, snapshot_of(cluster_dns=("169.254.20.10",))) == []  # the profile's cache on the nodes
    [text] = said(folder, snapshot_of(cluster_dns=("169.254.25.10",)))
    assert text == "kubelets tell pods to ask 169.254.25.10 for names, to which no rule opens the way"
    stated = "cluster: {nodeLocalDns: [169.254.25.10]}\n"
    assert said(folder, snapshot_of(cluster_dns=("169.254.25.10",)), more=stated) == []


CHECKS = {check.__name__: check for check in (check_own_name_servers, check_those_of_the_node, check_kubelets)}


@pytest.mark.parametrize("check", CHECKS)
def test_who_asks_others_is_found(check: str, tmp_path: Path) -> None:
    CHECKS[check](tmp_path)


def test_what_is_opened_is_no_finding(tmp_path: Path) -> None:
    for quiet in (
        workload(),
        workload(dnsPolicy="ClusterFirst"),
        own("10.96.0.10"),
        own("169.254.20.10"),
        workload(dnsPolicy="Default", hostNetwork=True),
        workload(dnsConfig={"options": [{"name": "ndots", "value": "2"}]}),
    ):
        assert said(tmp_path, snapshot_of(quiet)) == []
    assert said(tmp_path, snapshot_of(own("9.9.9.9")), needed="quad") == []
    assert said(tmp_path, snapshot_of(own("9.9.9.9")), needed="other") == [_CLOSED]
    assert said(tmp_path, snapshot_of(own("9.9.9.9")), wanted="false") == []


def test_a_saved_snapshot_and_a_proposal_know_of_it(tmp_path: Path) -> None:
    found = snapshot_of(own("9.9.9.9"))
    saved = tmp_path / "saved.json"
    saved.write_text(write_snapshot(found), encoding="utf-8")
    again, problems = load_snapshot([str(saved)])
    assert problems == []
    assert resolvers_of(again) == resolvers_of(found) != {}
    [note] = propose_intent(found, platform="generic").notes
    assert note == "Deployment/web asks other name servers than the cluster's (9.9.9.9): no rule opens these"


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (faults.everything_is_opened, check_own_name_servers),
        (faults.a_node_asks_nobody_else, check_those_of_the_node),
        (faults.kubelets_say_nothing, check_kubelets),
    ],
)
def test_planted_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None],
    check: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        check(tmp_path)
