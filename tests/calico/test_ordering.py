from __future__ import annotations

import math
from typing import Any

import pytest

from generator.calico.objects import ApiObject
from generator.calico.ordering import fixed_tier_orders, order_of, sort_into_tiers, sort_policies, sort_tiers
from generator.calico.versions import Version, parse_version
from tests.faults.calico import FAULTS_OF_ORDER, Fault
from tests.support.objects import api_object

V3 = "projectcalico.org/v3"
OLD = Version(3, 31)
NEW = Version(3, 32)


def policy(name: str, kind: str = "NetworkPolicy", namespace: str = "", order: Any = 10, tier: str = "") -> ApiObject:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    spec = {"order": order, **({"tier": tier} if tier else {})}
    return api_object({"apiVersion": V3, "kind": kind, "metadata": metadata, "spec": spec})


def kubernetes(name: str, namespace: str) -> ApiObject:
    metadata = {"name": name, "namespace": namespace}
    return api_object({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": {}})


def in_order(version: Version, *policies: ApiObject) -> list[str]:
    assert sort_policies(policies, version) == sort_policies(policies[::-1], version)
    return [obj.name for obj in sort_policies(policies, version)]


# calico.md 2.1 [RAN]: '-' and '.' sort before '/'.
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "a-b"], ["a-b", "a"]),
        (["a", "a.b"], ["a.b", "a"]),
        (["a", "a0"], ["a", "a0"]),
        (["a", "ab", "a-b", "a0"], ["a-b", "a", "a0", "ab"]),
    ],
)
def test_equal_orders_from_3_32(names: list[str], expected: list[str]) -> None:
    assert in_order(NEW, *[policy(name, namespace="x") for name in names]) == expected


def test_name_and_namespace_is_one_text() -> None:
    """By name and then namespace `a` of `z` would come before `a-b` of `b`."""
    assert in_order(NEW, policy("a", namespace="z"), policy("a-b", namespace="b")) == ["a-b", "a"]


def test_equal_orders_until_3_31() -> None:
    assert in_order(OLD, policy("a", namespace="x"), policy("a-b", namespace="x")) == ["a", "a-b"]
    assert in_order(OLD, policy("z", namespace="a"), policy("b", namespace="c")) == ["z", "b"]


# Landmine L1: a global deny of order 1000 beside a Kubernetes policy, which has order 1000 too.
TIES_AT_1000 = [
    ("3.31", "shop", "allow-web", "default-deny"),
    ("3.31", "apps", "frontend", "frontend"),
    ("3.32", "shop", "allow-web", "allow-web"),
    ("3.32", "apps", "frontend", "default-deny"),
]


def check_ties() -> None:
    deny = policy("default-deny", "GlobalNetworkPolicy", order=1000)
    for version, namespace, name, first in TIES_AT_1000:
        found = in_order(parse_version(version), deny, kubernetes(name, namespace))
        assert found[0] == first, (version, namespace, name)
    assert in_order(NEW, policy("a", namespace="x"), policy("a-b", namespace="x")) == ["a-b", "a"]


def test_ties_at_1000() -> None:
    check_ties()


@pytest.mark.parametrize("fault", FAULTS_OF_ORDER, ids=lambda fault: fault.__name__)
def test_another_tie_break_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_ties()


def test_order_counts_before_the_name_and_none_is_last() -> None:
    assert in_order(NEW, policy("a", order=None), policy("b", order=900.0), policy("c", order=-90)) == ["c", "b", "a"]
    assert order_of(policy("a", order=None)) == math.inf
    assert order_of(policy("a", order="10")) == math.inf


def test_staged_follows_enforced_of_the_same_name_from_3_32() -> None:
    enforced, staged = policy("a", namespace="x"), policy("a", "StagedNetworkPolicy", namespace="x")
    assert [obj.kind.value for obj in sort_policies([staged, enforced], NEW)] == [
        "NetworkPolicy",
        "StagedNetworkPolicy",
    ]


def test_tiers() -> None:
    orders: dict[str, float | None] = {"sec": 200.0, "app": 200.0, "none": None, "zz": None}
    names = ["zz", "missing", "sec", "default", "none", "app", "kube-baseline", "kube-admin"]
    assert sort_tiers(names, orders, NEW) == [
        "app", "sec", "kube-admin", "default", "none", "zz", "kube-baseline", "missing",
    ]  # fmt: skip
    assert sort_tiers(["default", "abc"], {"abc": None}, NEW) == ["abc", "default"]


def test_an_obeyed_order_of_the_default_tier() -> None:
    """3.32.1 takes `default` with order 5 and obeys it (dataplane.md 3)."""
    assert sort_tiers(["sec", "default"], {"sec": 10.0, "default": 5.0}, NEW) == ["default", "sec"]


def test_fixed_tiers_by_version() -> None:
    assert list(fixed_tier_orders(Version(3, 28))) == ["default"]
    assert list(fixed_tier_orders(Version(3, 29))) == ["default", "adminnetworkpolicy"]
    assert list(fixed_tier_orders(OLD)) == ["default", "adminnetworkpolicy", "baselineadminnetworkpolicy"]
    assert list(fixed_tier_orders(NEW)) == ["default", "kube-admin", "kube-baseline"]


def test_everything_into_tiers() -> None:
    tier = api_object({"apiVersion": V3, "kind": "Tier", "metadata": {"name": "sec"}, "spec": {"order": 5}})
    admin = api_object(
        {
            "apiVersion": "policy.networking.k8s.io/v1alpha2",
            "kind": "ClusterNetworkPolicy",
            "metadata": {"name": "c"},
            "spec": {"tier": "Admin", "priority": 7},
        }
    )
    objects = [policy("x"), admin, policy("sec.b", tier="sec"), tier, policy("sec.a", tier="sec")]
    found = [(name, [obj.name for obj in group]) for name, group in sort_into_tiers(objects, NEW)]
    assert found == [("sec", ["sec.a", "sec.b"]), ("kube-admin", ["c"]), ("default", ["x"])]
    assert [name for name, _ in sort_into_tiers(objects, OLD)] == ["sec", "default"]
    assert order_of(admin) == 7
