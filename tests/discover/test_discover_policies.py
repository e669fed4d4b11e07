"""Live policies as evidence: what they allow between services is proposed as uncertain, or marked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.discover import policies, propose_intent, write_proposal
from generator.selectors import Node, evaluate_selector
from generator.snapshot import load_snapshot
from tests.discover.test_discover_apps import HERE

KUBERNETES = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: flagd, namespace: demo}
spec:
  podSelector: {matchLabels: {app: flagd}}
  ingress:
  - from: [{podSelector: {matchLabels: {name: order}}}, {podSelector: {matchLabels: {app: web-svc}}}]
    ports: [{port: 8013}]
  - from: [{podSelector: {}}]
  - {}
"""
CALICO = """
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: flagd}
spec:
  namespaceSelector: kubernetes.io/metadata.name == 'demo'
  selector: app == 'flagd'
  ingress:
  - {action: Allow, protocol: TCP, source: {selector: name == 'order'}, destination: {ports: ["8000:8020"]}}
  - {action: Deny, source: {selector: app == 'emoji-svc'}}
  - {action: Allow, source: {selector: all()}}
  - {action: Allow, source: {selector: "app == 'emoji-svc' &&"}}
  egress:
  - {action: Allow, destination: {selector: app == 'rabbitmq'}}
"""
STAGED = CALICO.replace("kind: GlobalNetworkPolicy", "kind: StagedGlobalNetworkPolicy")


def allowed(policy: str, *, use: bool = True) -> dict[tuple[str, str], tuple[bool, tuple[int, ...]]]:
    text = (HERE / "apps" / "popular.yaml").read_text() + "---" + policy
    snapshot, problems = load_snapshot(["-"], stdin=text, namespace="demo")
    assert not problems
    proposal = propose_intent(snapshot, platform="generic", use_policies=use)
    return {
        (service.name, need.target): (need.certain, tuple(port.first for port in need.ports))
        for service in proposal.services
        for need in service.needs
        if need.allowed
    }


def test_kubernetes_policies() -> None:
    assert allowed(KUBERNETES) == {("order", "flagd"): (False, (8013,)), ("web", "flagd"): (True, (8013,))}


def test_calico_policies() -> None:
    assert allowed(CALICO) == {("order", "flagd"): (False, (8013,)), ("flagd", "rabbitmq"): (False, ())}


def test_staged_policies_and_none_say_nothing() -> None:
    assert allowed(STAGED) == {}
    assert allowed(CALICO, use=False) == {}


def test_the_line_says_so() -> None:
    text = (HERE / "apps" / "popular.yaml").read_text() + "---" + KUBERNETES
    snapshot, _ = load_snapshot(["-"], stdin=text, namespace="demo")
    written = write_proposal(propose_intent(snapshot, platform="generic"))
    assert "# - {service: flagd, ports: [8013]}  # uncertain: allowed today by a policy" in written
    assert "    - {service: flagd, ports: [8013]}  # allowed today; env FLAGD_HOST=flagd" in written


def test_a_namespace_is_asked_about_once_for_each_selector_and_not_for_each_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, spaces, documents, asked = 60, 30, [], 0
    for number in range(spaces):
        metadata: dict[str, Any] = {"name": f"team-{number}", "labels": {"team": str(number)}}
        documents.append({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    for number in range(services):
        pods = {"metadata": {"labels": {"app": f"s{number}"}}, "spec": {"containers": [{"name": "c", "image": "c"}]}}
        metadata = {"name": f"s{number}", "namespace": f"team-{number % spaces}"}
        spec: dict[str, Any] = {"template": pods}
        documents.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
        other = (number + 1) % services
        peer = {"selector": f"app == 's{other}'", "namespaceSelector": f"team == '{other % spaces}'"}
        spec = {"selector": f"app == 's{number}'", "ingress": [{"action": "Allow", "source": peer}]}
        document = {"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
        documents.append(document)
    path = tmp_path / "live.yaml"
    path.write_text("\n---\n".join(json.dumps(item) for item in documents), encoding="utf-8")

    def counting(node: Node, labels: Mapping[str, str]) -> bool:
        nonlocal asked
        asked += 1
        return evaluate_selector(node, labels)

    monkeypatch.setattr(policies, "evaluate_selector", counting)
    text = write_proposal(propose_intent(load_snapshot([str(path)])[0], platform="generic"))
    assert text.count("uncertain: allowed today by a policy") == services
    pairs = services * (services // spaces) * 2  # whom each policy selects, and its one peer
    assert asked <= spaces * spaces + pairs
