"""Who else has a say on packets: each is found where it is, and not where it is switched off or absent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.checks.surroundings import check_surroundings
from generator.cli.main import run_command
from generator.foundation.diagnostics import Severity
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.snapshot.build import build_snapshot
from generator.snapshot.facts import Seen, write_seen
from generator.snapshot.model import FELIX, Snapshot


def agent(name: str, image: str, args: tuple[str, ...] = (), kind: str = "DaemonSet", container: str = "c") -> Any:
    inside = {"name": container, "image": image, "args": list(args)}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [inside]}}
    metadata = {"name": name, "namespace": "kube-system"}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": template}}


def cluster(*objects: Any, **seen: Any) -> Snapshot:
    documents = [Document(item, SourceMap("live.yaml", "{}")) for item in objects]
    snapshot, problems = build_snapshot(documents, namespace="default", complete=True, origin="test")
    assert problems == []
    return replace(snapshot, extra={**snapshot.extra, **write_seen(Seen(**seen))})


def said(snapshot: Snapshot) -> list[tuple[str, str]]:
    found = check_surroundings(snapshot)
    assert all(item.severity is Severity.WARNING for item in found)
    return [(item.code, item.summary) for item in found]


AGENTS = [
    ("cilium", "quay.io/cilium/cilium:v1.18.0", (), "Cilium"),
    ("anetd", "gke.gcr.io/cilium/cilium:v1.16", (), "Cilium"),
    ("kube-router", "docker.io/cloudnativelabs/kube-router:v2.5", ("--run-firewall=true",), "kube-router"),
    ("aws-node", "602401143452.dkr.ecr/amazon/aws-network-policy-agent:v1.2", (), "the AWS network policy agent"),
    ("antrea-agent", "antrea/antrea-agent-ubuntu:v2.4", (), "Antrea"),
    ("ovnkube-node", "ghcr.io/ovn-kubernetes/ovn-kubernetes/ovn-kube:master", (), "OVN-Kubernetes"),
    ("weave-net", "weaveworks/weave-npc:2.8", (), "Weave Net"),
    ("azure-npm", "mcr.microsoft.com/containernetworking/azure-npm:v1.5", (), "Azure NPM"),
]


@pytest.mark.parametrize("row", AGENTS, ids=lambda row: str(row[0]))
def test_another_controller_is_named_with_its_place(row: tuple[str, str, tuple[str, ...], str]) -> None:
    name, image, args, shown = row
    [(code, summary)] = said(cluster(agent(name, image, args)))
    assert code == "RF5614"
    assert summary.startswith(shown)
    assert f"DaemonSet kube-system/{name}" in summary
    assert said(cluster(agent(name, image, args, kind="Deployment"))) == []


def test_one_that_is_switched_off_is_none() -> None:
    off = ("--enable-network-policy=false",)
    assert said(cluster(agent("aws-node", "amazon/aws-network-policy-agent:v1.2", off))) == []
    assert said(cluster(agent("kube-router", "kube-router:v2", ("--run-firewall=false",)))) == []
    assert said(cluster(agent("calico-node", "quay.io/calico/node:v3.32.1"))) == []


@pytest.mark.parametrize(("container", "mesh"), [("istio-proxy", "Istio"), ("linkerd-proxy", "Linkerd")])
def test_a_mesh_is_named_once(container: str, mesh: str) -> None:
    two = [agent(name, "proxy", kind="Deployment", container=container) for name in ("a", "b")]
    assert said(cluster(*two)) == [
        ("RF5615", f"{mesh} carries the ports of 2 workload(s) inside its own, a among them")
    ]


def test_the_ambient_mode_is_a_mesh_too() -> None:
    assert [code for code, _ in said(cluster(agent("ztunnel", "istio/ztunnel")))] == ["RF5615"]


def test_nodes_that_are_not_as_the_others() -> None:
    common = {"defaultEndpointToHostAction": "Accept", "bpfEnabled": False}
    own = {"n1": {"bpfEnabled": True, "defaultEndpointToHostAction": "Accept"}, "n2": {"bpfEnabled": False}}
    found = cluster(not_ready=("calico-node-a on n3",), felix_nodes=own)
    found = replace(found, extra={**found.extra, FELIX: common})
    assert said(found) == [
        (
            "RF5613",
            "calico-node is not ready: calico-node-a on n3; what these nodes enforce may be older than what is stored",
        ),
        (
            "RF5616",
            "node 'n1' has settings of its own (bpfEnabled=True); what its policies decide is unknown",
        ),
    ]


def test_rules_of_nodes_that_go_before_calicos() -> None:
    for mode, codes in (("Append", ["RF5619"]), ("Insert", []), (None, [])):
        found = cluster()
        found = replace(found, extra={**found.extra, FELIX: {"chainInsertMode": mode}})
        assert [code for code, _ in said(found)] == codes


def test_without_calico_nobody_enforces() -> None:
    assert [code for code, _ in said(cluster(api_mode="none"))] == ["RF5612"]
    assert said(cluster(api_mode="native")) == []
    assert said(cluster()) == []


def test_files_tell_it_as_a_cluster_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "live.yaml"
    path.write_text(json.dumps(agent("cilium", "quay.io/cilium/cilium:v1.18.0")), encoding="utf-8")
    assert run_command(["reach", "--live", str(path)]) == 0
    assert "warning RF5614: Cilium (DaemonSet kube-system/cilium)" in capsys.readouterr().err
    path.write_text(json.dumps(agent("cilium", "example.com/agent:1")), encoding="utf-8")
    assert run_command(["reach", "--live", str(path)]) == 0
    assert "RF5614" not in capsys.readouterr().err
