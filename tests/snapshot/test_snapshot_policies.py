"""Policy objects of a snapshot: each once, under the name that it has."""

from __future__ import annotations

from tests.snapshot.test_snapshot_load import load


def test_policies_keep_both_forms_of_a_name_and_know_the_other_group() -> None:
    text = """
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: foo}
spec: {order: 1}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: default.foo}
spec: {order: 2}
---
apiVersion: crd.projectcalico.org/v1
kind: NetworkPolicy
metadata: {name: default.bar}
spec: {order: 2, types: [Ingress]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: bar}
spec: {order: 2, types: [Ingress]}
"""
    snapshot, problems = load(text)
    assert [item.name for item in snapshot.policies] == ["bar", "default.foo", "foo"]
    assert problems == []


def test_a_view_of_a_kubernetes_policy_is_not_a_second_policy() -> None:
    text = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: a}
spec: {podSelector: {}}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: knp.default.web, namespace: a}
spec: {order: 1000}
"""
    snapshot, _ = load(text)
    assert [item.kind for item in snapshot.policies] == ["KubernetesNetworkPolicy"]


def test_an_export_of_both_groups_holds_each_policy_once() -> None:
    v3 = """
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: default.deny, uid: a}
spec: {order: 10, selector: all(), types: [Ingress], tier: default}
"""
    stored = """
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: {name: default.deny, annotations: {projectcalico.org/metadata: '{"name": "default.deny"}'}}
spec: {order: 10, selector: all(), types: [Ingress]}
"""
    snapshot, problems = load(v3 + "---" + stored)
    assert len(snapshot.policies) == 1
    assert problems == []
    _, problems = load(v3 + "---" + stored.replace("order: 10", "order: 20"))
    assert [item.code for item in problems] == ["RF5003"]
