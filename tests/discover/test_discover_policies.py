"""Live policies as evidence: what they allow between services is proposed as uncertain, or marked."""

from __future__ import annotations

from generator.discover import propose_intent, write_proposal
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
