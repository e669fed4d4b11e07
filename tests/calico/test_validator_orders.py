"""V5: policies of equal order that are said to agree do agree, on every packet of a small world."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.calico.objects import ApiObject
from generator.calico.validator import ValidationContext, validate_set
from generator.calico.validator.order_proof import Placed, place_policy, rivals
from generator.foundation.diagnostics import Severity
from generator.selectors import evaluate_selector, parse_selector
from tests.faults.validator import FAULTS_OF_ORDER_PROOF, Fault
from tests.support.objects import api_object

PROTOCOLS = ("TCP", "UDP", "SCTP")
NAMESPACES = ("shop", "bank")
ENDPOINTS = [{"ns": ns, "app": app} for ns, app in product(NAMESPACES, ("web", "db"))]

RULE = st.builds(
    lambda action, protocol: {"action": action, **({"protocol": protocol} if protocol else {})},
    st.sampled_from(["Allow", "Deny", "Pass", "Log"]),
    st.sampled_from([*PROTOCOLS, None]),
)
SELECTOR = st.sampled_from(["all()", "app == 'web'", "app == 'db'", "app in {'web', 'db'}", "has(app)", "!has(app)"])
TYPES = st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]])


def build(kind: str, name: str, namespace: str, spec: dict[str, Any]) -> ApiObject:
    metadata = {"name": name} if kind == "GlobalNetworkPolicy" else {"name": name, "namespace": namespace}
    return api_object({"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": spec})


def policies(name: str) -> st.SearchStrategy[ApiObject]:
    spec = st.fixed_dictionaries(
        {
            "order": st.just(100),
            "selector": SELECTOR,
            "types": TYPES,
            "ingress": st.lists(RULE, max_size=3),
            "egress": st.lists(RULE, max_size=3),
        }
    )
    kinds = st.sampled_from(["NetworkPolicy", "GlobalNetworkPolicy"])
    return st.builds(build, kinds, st.just(name), st.sampled_from(NAMESPACES), spec)


def selects(obj: ApiObject, endpoint: dict[str, str]) -> bool:
    if obj.namespace and obj.namespace != endpoint["ns"]:
        return False
    return evaluate_selector(parse_selector(obj.manifest["spec"]["selector"]), {"app": endpoint["app"]})


def outcome(order: tuple[ApiObject, ...], endpoint: dict[str, str], way: str, protocol: str) -> str:
    """Go through a tier as calico.md 0 says: the action that decides, the end of the tier, or no tier at all."""
    governed = False
    for obj in order:
        spec = obj.manifest["spec"]
        if not selects(obj, endpoint) or way.title() not in spec["types"]:
            continue
        governed = True
        for rule in spec[way]:
            if rule["action"] != "Log" and rule.get("protocol") in (None, protocol):
                return str(rule["action"])
    return "end of tier" if governed else "not governed"


def disagree(first: ApiObject, second: ApiObject) -> bool:
    return any(
        outcome((first, second), *packet) != outcome((second, first), *packet)
        for packet in product(ENDPOINTS, ("ingress", "egress"), PROTOCOLS)
    )


def said_to_agree(first: ApiObject, second: ApiObject) -> bool:
    placed = [place_policy(first), place_policy(second)]
    return not list(rivals([item for item in placed if isinstance(item, Placed)]))


@given(policies("a"), policies("b"))
def test_what_is_said_to_agree_agrees(first: ApiObject, second: ApiObject) -> None:
    if said_to_agree(first, second):
        assert not disagree(first, second)


@pytest.mark.parametrize("fault", FAULTS_OF_ORDER_PROOF)
def test_law_sees_the_fault(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        test_what_is_said_to_agree_agrees()


def rule_set(action: str) -> dict[str, Any]:
    return {"order": 100, "selector": "all()", "types": ["Ingress"], "ingress": [{"action": action}]}


def found(*objects: ApiObject, context: ValidationContext | None = None) -> list[Severity]:
    return [item.severity for item in validate_set(objects, context or ValidationContext()) if item.code == "RF4005"]


def test_error_between_ours_and_warning_for_others() -> None:
    pair = (
        build("NetworkPolicy", "a", "shop", rule_set("Allow")),
        build("NetworkPolicy", "b", "shop", rule_set("Deny")),
    )
    assert found(*pair) == [Severity.WARNING]
    assert found(*pair, context=ValidationContext(ours=True)) == [Severity.ERROR]


def test_policies_of_two_namespaces_never_meet() -> None:
    assert not found(
        build("NetworkPolicy", "a", "shop", rule_set("Allow")), build("NetworkPolicy", "b", "bank", rule_set("Deny"))
    )


def test_global_policy_meets_each_namespace_unless_its_selector_names_another() -> None:
    allow = build("NetworkPolicy", "a", "shop", rule_set("Allow"))
    deny = rule_set("Deny")
    assert found(allow, build("GlobalNetworkPolicy", "b", "", deny))
    named = {**deny, "namespaceSelector": "projectcalico.org/name == 'bank'"}
    assert not found(allow, build("GlobalNetworkPolicy", "b", "", named))


def test_empty_default_deny_agrees_with_everything() -> None:
    empty = {"order": 100, "selector": "all()", "types": ["Ingress"]}
    assert not found(build("NetworkPolicy", "a", "shop", rule_set("Allow")), build("NetworkPolicy", "b", "shop", empty))


def test_kubernetes_policy_stands_at_1000() -> None:
    manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "k", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]},
    }
    deny = rule_set("Deny")
    assert found(api_object(manifest), build("NetworkPolicy", "b", "shop", {**deny, "order": 1000}))
    assert not found(api_object(manifest), build("NetworkPolicy", "b", "shop", {**deny, "order": 999}))


def cluster_policy(name: str, team: str, action: str) -> ApiObject:
    subject = {"namespaces": {"matchLabels": {"team": team}}}
    rule = {"action": action, "from": [{"namespaces": {}}]}
    return api_object(
        {
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": name},
            "spec": {"tier": "Admin", "priority": 5, "subject": subject, "ingress": [rule]},
        }
    )


def test_cluster_policies_of_equal_priority() -> None:
    assert found(cluster_policy("a", "x", "Accept"), cluster_policy("b", "x", "Deny")) == [Severity.WARNING]
    assert not found(cluster_policy("a", "x", "Accept"), cluster_policy("b", "y", "Deny"))
    assert not found(cluster_policy("a", "x", "Accept"), cluster_policy("b", "x", "Accept"))


def test_one_object_written_twice_is_not_two_policies() -> None:
    mixed = {**rule_set("Allow"), "ingress": [{"action": "Allow", "protocol": "TCP"}, {"action": "Deny"}]}
    assert not found(build("NetworkPolicy", "a", "shop", mixed), build("NetworkPolicy", "a", "shop", mixed))
    assert found(build("NetworkPolicy", "a", "shop", mixed), build("NetworkPolicy", "b", "shop", mixed))
