"""Every real change of one field is seen, and the planted faults show that this test can fail."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.calico import normalize
from tests.faults.calico import FAULTS_OF_NORMALISING, Fault
from tests.support.objects import api_object

V3 = "projectcalico.org/v3"
SELECTORS = ["a == 'b'", "a != 'b'", "has(a)", "!has(a)", "a in {'b', 'c'}", "a == 'b' && has(c)", "global()"]
NETS = ["10.0.0.0/8", "10.0.0.0/9", "192.0.2.1/32", "198.51.100.0/24"]
PORTS = [80, 81, "80:90", "80:91", "http", "https"]

_selector = st.sampled_from(SELECTORS)
_nets = st.lists(st.sampled_from(NETS), min_size=1, max_size=3, unique=True)
_ports = st.lists(st.sampled_from(PORTS), min_size=1, max_size=3, unique=True)
_icmp = st.fixed_dictionaries({"type": st.integers(0, 20)}, optional={"code": st.integers(0, 20)})
_entity = st.fixed_dictionaries(
    {"selector": _selector},
    optional={
        "nets": _nets,
        "notNets": _nets,
        "notSelector": _selector,
        "namespaceSelector": _selector,
        "ports": _ports,
        "notPorts": _ports,
        "serviceAccounts": st.fixed_dictionaries(
            {"names": st.lists(st.sampled_from("xyz"), min_size=1, unique=True)}, optional={"selector": _selector}
        ),
        "services": st.fixed_dictionaries({"name": st.sampled_from("pq"), "namespace": st.sampled_from("pq")}),
    },
)
_rule = st.fixed_dictionaries(
    {"action": st.sampled_from(["Allow", "Deny", "Log", "Pass"])},
    optional={
        "ipVersion": st.sampled_from([4, 6]),
        "protocol": st.sampled_from(["TCP", "UDP", "ICMP", "ICMPv6", 1, 58, 112]),
        "notProtocol": st.sampled_from(["TCP", "UDP", 2]),
        "icmp": _icmp,
        "notICMP": _icmp,
        "source": _entity,
        "destination": _entity,
        "http": st.fixed_dictionaries(
            {"methods": st.lists(st.sampled_from(["GET", "PUT"]), min_size=1, unique=True)},
            optional={"paths": st.just([{"exact": "/a"}, {"prefix": "/b"}])},
        ),
        "metadata": st.just({"annotations": {"ringfence/why": "services.web"}}),
    },
)
_rules = st.lists(_rule, min_size=1, max_size=3)
_spec = st.fixed_dictionaries(
    {"types": st.just(["Egress", "Ingress"]), "tier": st.just("sec"), "order": st.integers(1, 5)},
    optional={
        "selector": _selector,
        "namespaceSelector": _selector,
        "serviceAccountSelector": _selector,
        "doNotTrack": st.just(True),
        "preDNAT": st.just(True),
        "applyOnForward": st.just(True),
        "ingress": _rules,
        "egress": _rules,
    },
)
_policies = st.fixed_dictionaries(
    {
        "apiVersion": st.just(V3),
        "kind": st.sampled_from(["GlobalNetworkPolicy", "StagedGlobalNetworkPolicy"]),
        "metadata": st.just({"name": "sec.a", "labels": {"ringfence/intent": "shop"}}),
        "spec": _spec,
    }
)
_peer = st.one_of(
    st.fixed_dictionaries({"podSelector": st.just({"matchLabels": {"a": "b"}})}),
    st.fixed_dictionaries({"namespaceSelector": st.just({"matchExpressions": [{"key": "a", "operator": "Exists"}]})}),
    st.fixed_dictionaries({"ipBlock": st.just({"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]})}),
)
_kubernetes_rule = st.fixed_dictionaries(
    {"from": st.lists(_peer, min_size=1, max_size=3)},
    optional={"ports": st.just([{"port": 80, "protocol": "UDP"}, {"port": 90, "endPort": 99, "protocol": "UDP"}])},
)
_kubernetes = st.fixed_dictionaries(
    {
        "apiVersion": st.just("networking.k8s.io/v1"),
        "kind": st.just("NetworkPolicy"),
        "metadata": st.just({"name": "a", "namespace": "x"}),
        "spec": st.fixed_dictionaries(
            {
                "podSelector": st.just({"matchLabels": {"a": "b"}}),
                "policyTypes": st.just(["Egress", "Ingress"]),
                "ingress": st.lists(_kubernetes_rule, min_size=1, max_size=2),
            }
        ),
    }
)
OTHERS: list[dict[str, Any]] = [
    {
        "apiVersion": V3,
        "kind": "GlobalNetworkSet",
        "metadata": {"name": "s", "labels": {"feed": "x", "ringfence/set": "y"}},
        "spec": {"nets": NETS},
    },
    {
        "apiVersion": V3,
        "kind": "HostEndpoint",
        "metadata": {"name": "h", "labels": {"role": "x"}},
        "spec": {
            "node": "n",
            "interfaceName": "eth0",
            "expectedIPs": ["192.0.2.1", "192.0.2.2"],
            "profiles": ["p", "q"],
            "ports": [{"name": "a", "protocol": "TCP", "port": 22}],
        },
    },
    {
        "apiVersion": V3,
        "kind": "Tier",
        "metadata": {"name": "t", "labels": {"x": "y"}},
        "spec": {"order": 7, "defaultAction": "Pass"},
    },
]
_objects = st.one_of(_policies, _kubernetes, st.sampled_from(OTHERS))

_SETS = normalize.SET_FIELDS
_FIXED = {"apiVersion", "kind"}
_DEFAULTS_BACK = {"types", "policyTypes"}  # taken out, the server puts the same ones in again


def _spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = []
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in steps:
        if path == () and step in _FIXED:
            continue
        if path:
            found.append((*path, step))
        found += _spots(item, (*path, step))
    return found


def _changes(manifest: dict[str, Any], path: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """The manifest with one real change at a path: a value replaced, taken out, or two of a list turned round."""

    def changed(change: Callable[[Any, Any], None]) -> dict[str, Any]:
        result = copy.deepcopy(manifest)
        parent: Any = result
        for step in path[:-1]:
            parent = parent[step]
        change(parent, path[-1])
        return result

    value: Any = manifest
    for step in path:
        value = value[step]
    last = path[-1]
    if path[0] == "spec" and last not in _DEFAULTS_BACK and path != ("spec", "podSelector"):
        yield changed(lambda parent, step: parent.__delitem__(step))
    if isinstance(value, str | int):
        yield changed(lambda parent, step: parent.__setitem__(step, _other(value)))
    if isinstance(value, list) and last not in _SETS and len(value) > 1 and value[0] != value[1]:
        yield changed(lambda parent, step: parent[step].__setitem__(slice(0, 2), [value[1], value[0]]))


def _other(value: Any) -> Any:
    if value is True:
        return False
    if isinstance(value, int):
        return value + 100
    if "/" in value and value[0].isdigit():
        return "10.9.0.0/16"
    return f"{value} && has(zz)" if value in SELECTORS else f"z{value}"


@settings(max_examples=150, deadline=None)
@given(manifest=_objects, data=st.data())
def test_a_change_anywhere_is_seen(manifest: dict[str, Any], data: st.DataObject) -> None:
    before = normalize.normalize_object(api_object(manifest))
    for changed in _changes(manifest, data.draw(st.sampled_from(_spots(manifest)))):
        assert normalize.normalize_object(api_object(changed)) != before


_ENTITY = {
    "selector": "a == 'b'",
    "notSelector": "has(c)",
    "namespaceSelector": "d == 'e'",
    "nets": NETS,
    "notNets": NETS[:2],
    "ports": PORTS,
    "notPorts": PORTS[:2],
    "serviceAccounts": {"names": ["x", "y"], "selector": "has(f)"},
    "services": {"name": "p", "namespace": "q"},
}
_FULL_RULES = [
    {"action": "Allow", "ipVersion": 4, "protocol": 1, "icmp": {"type": 8, "code": 1}, "source": _ENTITY},
    {"action": "Deny", "notProtocol": "TCP", "notICMP": {"type": 8, "code": 1}, "destination": _ENTITY},
    {
        "action": "Allow",
        "protocol": "ICMP",
        "http": {"methods": ["GET", "PUT"], "paths": [{"exact": "/a"}, {"prefix": "/b"}]},
        "metadata": {"annotations": {"ringfence/why": "services.web"}},
    },
]
FULL = [
    {
        "apiVersion": V3,
        "kind": "StagedGlobalNetworkPolicy",
        "metadata": {
            "name": "sec.a",
            "labels": {"ringfence/intent": "shop"},
            "annotations": {"ringfence/why": "layers.dns"},
        },
        "spec": {
            "types": ["Egress", "Ingress"],
            "tier": "sec",
            "order": 5,
            "selector": "a == 'b'",
            "namespaceSelector": "has(a)",
            "serviceAccountSelector": "has(a)",
            "stagedAction": "Learn",
            "doNotTrack": True,
            "preDNAT": True,
            "applyOnForward": True,
            "performanceHints": ["AssumeNeededOnEveryNode"],
            "ingress": _FULL_RULES,
            "egress": _FULL_RULES,
        },
    },
    {
        "apiVersion": V3,
        "kind": "Profile",
        "metadata": {"name": "p"},
        "spec": {"ingress": _FULL_RULES, "labelsToApply": {"a": "b"}},
    },
    {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "c"},
        "spec": {
            "tier": "Admin",
            "priority": 5,
            "subject": {"namespaces": {"matchLabels": {"a": "b"}}},
            "ingress": [
                {
                    "name": "x",
                    "action": "Deny",
                    "from": [{"namespaces": {}}, {"pods": {"podSelector": {"matchLabels": {"x": "y"}}}}],
                }
            ],
        },
    },
    *OTHERS,
]


def check_every_change_of_one_field() -> None:
    """Fail at the first change of one field that the comparison form does not show."""
    for manifest in FULL:
        before = normalize.normalize_object(api_object(manifest))
        for path in _spots(manifest):
            for changed in _changes(manifest, path):
                assert normalize.normalize_object(api_object(changed)) != before, path


def test_every_change_of_one_field_is_seen() -> None:
    check_every_change_of_one_field()


@pytest.mark.parametrize("fault", FAULTS_OF_NORMALISING, ids=lambda fault: fault.__name__)
def test_a_normaliser_that_drops_something_is_caught(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check_every_change_of_one_field()
