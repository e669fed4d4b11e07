from __future__ import annotations

from typing import Any

import pytest

from generator.calico.defaults import WritePath, apply_defaults, default_types
from generator.calico.kinds import Kind
from generator.calico.versions import Version

RULE = [{"action": "Log"}]


# calico.md 1.4: Go counts rules, native CRDs ask whether the list is there.
@pytest.mark.parametrize(
    ("spec", "go", "native"),
    [
        ({}, ["Ingress"], ["Ingress"]),
        ({"ingress": RULE}, ["Ingress"], ["Ingress"]),
        ({"egress": RULE}, ["Egress"], ["Egress"]),
        ({"ingress": RULE, "egress": RULE}, ["Ingress", "Egress"], ["Ingress", "Egress"]),
        ({"ingress": [], "egress": RULE}, ["Egress"], ["Ingress", "Egress"]),
        ({"ingress": [], "egress": []}, ["Ingress"], ["Ingress", "Egress"]),
        ({"egress": []}, ["Ingress"], ["Egress"]),
        ({"ingress": None, "egress": RULE}, ["Egress"], ["Egress"]),
    ],
)
def test_types(spec: dict[str, Any], go: list[str], native: list[str]) -> None:
    assert default_types(spec) == go
    assert default_types(spec, WritePath.NATIVE) == native


def test_dropping_a_rule_can_change_the_types() -> None:
    assert default_types({"ingress": RULE, "egress": RULE}) != default_types({"ingress": RULE})


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        (Kind.NETWORK_POLICY, {"types": []}, {"tier": "default", "types": ["Ingress"]}),
        (Kind.GLOBAL_NETWORK_POLICY, {"tier": "sec", "types": ["Egress"]}, {"tier": "sec", "types": ["Egress"]}),
        (Kind.STAGED_NETWORK_POLICY, {}, {"tier": "default", "types": ["Ingress"], "stagedAction": "Set"}),
        (Kind.STAGED_NETWORK_POLICY, {"stagedAction": "Delete"}, {"tier": "default", "stagedAction": "Delete"}),
        (Kind.STAGED_KUBERNETES_NETWORK_POLICY, {}, {"policyTypes": ["Ingress"], "stagedAction": "Set"}),
        (Kind.KUBERNETES_NETWORK_POLICY, {"egress": [{}]}, {"egress": [{}], "policyTypes": ["Ingress", "Egress"]}),
        (Kind.KUBERNETES_NETWORK_POLICY, {"egress": []}, {"egress": [], "policyTypes": ["Ingress"]}),
        (Kind.TIER, {}, {"order": 1000000, "defaultAction": "Deny"}),
        (Kind.TIER, {"order": 0, "defaultAction": "Pass"}, {"order": 0, "defaultAction": "Pass"}),
        (Kind.GLOBAL_NETWORK_SET, {"nets": []}, {"nets": []}),
    ],
)
def test_what_is_filled_in(kind: Kind, spec: dict[str, Any], expected: dict[str, Any]) -> None:
    before = dict(spec)
    assert apply_defaults(kind, spec) == expected
    assert spec == before


def test_a_native_staged_kubernetes_policy_with_egress_gets_both() -> None:
    spec = {"egress": [{}]}
    found = apply_defaults(Kind.STAGED_KUBERNETES_NETWORK_POLICY, spec, WritePath.NATIVE)
    assert found["policyTypes"] == ["Ingress", "Egress"]
    assert apply_defaults(Kind.STAGED_KUBERNETES_NETWORK_POLICY, spec)["policyTypes"] == ["Egress"]


def test_no_tier_before_3_29() -> None:
    assert "tier" not in apply_defaults(Kind.NETWORK_POLICY, {}, version=Version(3, 28))
