"""What is stated of a cluster against what it shows: a contradiction is named, a fact that holds there stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from generator.checks.cluster_facts import check_cluster_facts, with_cluster_facts
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.intent import load_intent
from generator.intent.model import Intent
from generator.platforms import load_profile
from generator.snapshot.build import build_snapshot
from generator.snapshot.facts import Seen, write_seen
from generator.snapshot.model import Snapshot

_PROFILE = load_profile("generic")
_SEEN = Seen(
    calico="3.30.4", edition="open source", api_group="crd.projectcalico.org/v1", service_cidrs=("10.96.0.0/16",)
)
_HELD = """
    calico: "3.30"
    apiGroup: crd.projectcalico.org/v1
    cluster:
      pods: [10.244.0.0/16]
      services: [10.96.0.0/12]
      nodes: [192.168.10.0/24]
      apiServer: [192.168.10.10]
      dns: [10.96.0.10]
"""


def intent_of(folder: Path, more: str = "") -> Intent:
    text = dedent("""
        version: 1
        name: shop
        platform: generic
        namespace: shop
        services: {web: {ports: [8080]}}
    """)
    path = folder / "intent.yaml"
    path.write_text(text + dedent(more), encoding="utf-8")
    return load_intent([str(path)]).intent


def shown(seen: Seen = _SEEN) -> Snapshot:
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1", "annotations": {"projectcalico.org/IPv4VXLANTunnelAddr": "10.244.7.0"}},
        "status": {"addresses": [{"type": "InternalIP", "address": "192.168.10.10"}]},
    }
    pool = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "IPPool",
        "metadata": {"name": "p"},
        "spec": {"cidr": "10.244.0.0/16"},
    }
    dns: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system"},
    }
    dns["spec"] = {"clusterIP": "10.96.0.10", "ports": [{"port": 53, "protocol": "UDP"}]}
    piece = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "k", "namespace": "default", "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "endpoints": [{"addresses": ["192.168.10.10"]}],
        "ports": [{"port": 6443, "protocol": "TCP"}],
    }
    documents = [Document(item, SourceMap("live.yaml", "{}")) for item in (node, pool, dns, piece)]
    snapshot, problems = build_snapshot(documents, namespace="default", complete=True, origin="test")
    assert problems == []
    return replace(snapshot, extra={**snapshot.extra, **write_seen(seen)})


def said(intent: Intent, snapshot: Snapshot) -> dict[str, str]:
    found = check_cluster_facts(intent, _PROFILE, snapshot)
    assert {item.code for item in found} <= {"RF5617"}
    return {item.path: item.summary for item in found}


def test_what_holds_there_is_no_contradiction(tmp_path: Path) -> None:
    held = _HELD.replace("[192.168.10.0/24]", "[192.168.10.0/24, 10.244.7.0]")
    assert said(intent_of(tmp_path, held), shown()) == {}
    assert said(intent_of(tmp_path, held), shown(Seen())) == {}


ROWS = {
    "calico": ('calico: "3.30"', 'calico: "3.32"', "Calico is 3.30.4 there; the set is made for 3.32"),
    "apiGroup": (
        "crd.projectcalico.org/v1",
        "projectcalico.org/v3",
        "Calico's API is crd.projectcalico.org/v1 there; the set is made for projectcalico.org/v3",
    ),
    "cluster.pods": (
        "[10.244.0.0/16]",
        "[10.244.0.0/17]",
        "addresses of pods: the cluster shows 10.244.0.0/16, which what is stated does not cover",
    ),
    "cluster.services": (
        "[10.96.0.0/12]",
        "[172.20.0.0/16]",
        "addresses of Services: the cluster shows 10.96.0.0/16, which what is stated does not cover",
    ),
    "cluster.nodes": (
        "[192.168.10.0/24]",
        "[192.168.10.0/24, 10.9.9.9]",
        "addresses of nodes: the cluster shows 10.244.7.0, which what is stated does not cover",
    ),
    "cluster.apiServer": (
        "[192.168.10.10]",
        "[192.168.10.11]",
        "addresses of the API server: the cluster shows 192.168.10.10, which what is stated does not cover",
    ),
    "cluster.dns": (
        "[10.96.0.10]",
        "[10.96.0.11]",
        "the DNS Service's address: the cluster shows 10.96.0.10, which what is stated does not cover",
    ),
}


@pytest.mark.parametrize("path", ROWS)
def test_each_contradiction_is_named(path: str, tmp_path: Path) -> None:
    old, new, summary = ROWS[path]
    found = said(intent_of(tmp_path, _HELD.replace(old, new)), shown())
    assert found[path] == summary
    assert set(found) == {path, "cluster.nodes"}  # the tunnel's address is never covered here


def test_the_other_edition_is_a_contradiction(tmp_path: Path) -> None:
    found = said(intent_of(tmp_path, _HELD), shown(replace(_SEEN, edition="enterprise")))
    assert found["platform"] == "Calico's edition is enterprise there; platform 'generic' is for open source"


def test_the_cluster_wins_where_what_is_stated_does_not_hold(tmp_path: Path) -> None:
    wrong = _HELD.replace('"3.30"', '"3.32"').replace("[10.96.0.0/12]", "[172.20.0.0/16]")
    intent = with_cluster_facts(intent_of(tmp_path, wrong), _PROFILE, shown())
    assert intent.calico == "3.30"
    assert [str(net) for net in intent.cluster.service_cidrs] == ["10.96.0.0/16"]
    assert [str(net) for net in intent.cluster.node_cidrs] == ["10.244.7.0/32", "192.168.10.10/32"]
    assert [str(net) for net in intent.cluster.pod_cidrs] == ["10.244.0.0/16"]
    assert check_cluster_facts(intent, _PROFILE, shown()) == []


def test_the_cluster_fills_in_what_nobody_states(tmp_path: Path) -> None:
    intent = with_cluster_facts(intent_of(tmp_path), _PROFILE, shown())
    assert (intent.calico, intent.api_group) == ("3.30", "crd.projectcalico.org/v1")
    assert [str(net) for net in intent.cluster.dns_service] == ["10.96.0.10/32"]
    assert [str(net) for net in intent.cluster.api_server] == ["192.168.10.10/32"]
    assert with_cluster_facts(intent, _PROFILE, shown()) == intent
