from __future__ import annotations

import copy
from typing import Any

import pytest

from generator.calico.defaults import WritePath
from generator.calico.normalize import normalize_object
from tests.calico.returned import CRD, V3, returned
from tests.support.objects import api_object, api_objects

RULES = [
    {
        "action": "Allow",
        "protocol": "TCP",
        "source": {"selector": "app == 'web'", "nets": ["10.1.0.0/16", "10.0.0.0/16"]},
        "destination": {"ports": [80, "8000:8010", "http"]},
        "metadata": {"annotations": {"ringfence/why": "services.web"}},
    },
    {"action": "Deny", "notProtocol": "UDP", "destination": {"notNets": ["192.0.2.0/24"]}},
]
LABELS = {"ringfence/intent": "shop", "ringfence/layer": "workloads"}

SOURCES: dict[str, dict[str, Any]] = {
    "NetworkPolicy without types": {
        "apiVersion": V3,
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop", "labels": LABELS},
        "spec": {"order": 500, "selector": "app=='web'", "egress": RULES},
    },
    "GlobalNetworkPolicy": {
        "apiVersion": V3,
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "web", "labels": LABELS, "annotations": {"ringfence/why": "layers.dns"}},
        "spec": {
            "order": 900.0,
            "namespaceSelector": "has(projectcalico.org/name)",
            "selector": "all()",
            "types": ["Egress", "Ingress"],
            "ingress": RULES,
            "egress": RULES,
        },
    },
    "GlobalNetworkSet": {
        "apiVersion": V3,
        "kind": "GlobalNetworkSet",
        "metadata": {"name": "feed", "labels": {**LABELS, "feed": "level1"}},
        "spec": {"nets": ["192.0.2.1", "10.0.0.7/8", "2001:DB8::/32"]},
    },
    "NetworkSet": {
        "apiVersion": V3,
        "kind": "NetworkSet",
        "metadata": {"name": "db", "namespace": "shop", "labels": LABELS},
        "spec": {"nets": ["192.0.2.0/24"]},
    },
    "HostEndpoint": {
        "apiVersion": V3,
        "kind": "HostEndpoint",
        "metadata": {"name": "n1", "labels": {"role": "node"}},
        "spec": {
            "node": "n1",
            "interfaceName": "eth0",
            "expectedIPs": ["192.0.2.9", "2001:db8::1"],
            "profiles": ["projectcalico-default-allow"],
            "ports": [{"name": "ssh", "protocol": "TCP", "port": 22}],
        },
    },
}
TIERED: dict[str, dict[str, Any]] = {
    "Tier without order": {"apiVersion": V3, "kind": "Tier", "metadata": {"name": "sec", "labels": LABELS}},
    "Tier": {
        "apiVersion": V3,
        "kind": "Tier",
        "metadata": {"name": "sec", "labels": LABELS},
        "spec": {"order": 200, "defaultAction": "Pass"},
    },
    "policy in a tier": {
        "apiVersion": V3,
        "kind": "NetworkPolicy",
        "metadata": {"name": "sec.web", "namespace": "shop", "labels": LABELS},
        "spec": {"tier": "sec", "order": 1, "ingress": RULES},
    },
}
STAGED: dict[str, dict[str, Any]] = {
    "StagedNetworkPolicy": {
        "apiVersion": V3,
        "kind": "StagedNetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop", "labels": LABELS},
        "spec": {"order": 1, "ingress": RULES},
    },
    "StagedGlobalNetworkPolicy": {
        "apiVersion": V3,
        "kind": "StagedGlobalNetworkPolicy",
        "metadata": {"name": "web", "labels": LABELS},
        "spec": {"order": 1, "ingress": RULES, "stagedAction": "Set"},
    },
}
FORMS = [
    *[
        (name, version, group)
        for name in SOURCES
        for version in ("3.28", "3.29", "3.30", "3.32")
        for group in (V3, CRD)
    ],
    *[(name, version, group) for name in TIERED for version in ("3.29", "3.30", "3.32") for group in (V3, CRD)],
    *[(name, version, group) for name in STAGED for version in ("3.30", "3.32") for group in (V3, CRD)],
]


@pytest.mark.parametrize(("name", "version", "group"), FORMS)
def test_what_a_server_returns_is_its_source(name: str, version: str, group: str) -> None:
    source = (SOURCES | TIERED | STAGED)[name]
    live = returned(source, version, group)
    assert normalize_object(live) == normalize_object(api_object(source))


def test_a_kubernetes_policy_as_the_server_returns_it() -> None:
    (source,) = api_objects(
        """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - from:
    - podSelector: {}
    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}
    ports:
    - port: 80
  egress:
  - {}
"""
    )
    live = returned(dict(source.manifest), "3.32", V3)
    assert normalize_object(live) == normalize_object(source)
    form = normalize_object(source)
    assert form["kind"] == "KubernetesNetworkPolicy"
    assert form["spec"]["policyTypes"] == ["Egress", "Ingress"]
    assert form["spec"]["ingress"][0]["ports"] == [{"port": 80, "protocol": "TCP"}]
    assert form["spec"]["ingress"][0]["from"][0] == {"podSelector": {}}
    assert form["spec"]["egress"] == [{}]


def policy(**spec: Any) -> dict[str, Any]:
    kind = spec.pop("kind", "GlobalNetworkPolicy")
    manifest = {"apiVersion": V3, "kind": kind, "metadata": {"name": "a"}, "spec": {"types": ["Ingress"], **spec}}
    return normalize_object(api_object(manifest))["spec"]


def rule(**fields: Any) -> Any:
    return policy(ingress=[{"action": "Allow", **fields}])["ingress"][0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"order": 900.0}, {"order": 900}),
        ({"selector": ""}, {}),
        ({"selector": None}, {}),
        ({"selector": "all()"}, {}),
        ({"selector": "a=='b'&&has(c)"}, {"selector": '(a == "b") && has(c)'}),
        ({"selector": "a in {'c','b','b'}"}, {"selector": "a in {'b', 'c'}"}),
        ({"ingress": []}, {}),
        ({"egress": None}, {}),
        ({"doNotTrack": False, "preDNAT": False, "applyOnForward": False}, {}),
        ({"types": ["Egress", "Ingress"]}, {"types": ["Ingress", "Egress"]}),
        ({"types": []}, {"types": ["Ingress"]}),
        ({"tier": ""}, {"tier": "default"}),
        ({"kind": "NetworkPolicy", "selector": "all()", "serviceAccountSelector": "a == 'b'"},
         {"kind": "NetworkPolicy", "serviceAccountSelector": "a == 'b'"}),
    ],
)  # fmt: skip
def test_specs_that_say_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert policy(**copy.deepcopy(one)) == policy(**copy.deepcopy(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"selector": "all()", "namespaceSelector": "a == 'b'"}, {"namespaceSelector": "a == 'b'"}),
        ({"selector": "all()", "serviceAccountSelector": "a == 'b'"}, {"serviceAccountSelector": "a == 'b'"}),
        ({"namespaceSelector": "all()"}, {}),
        ({"serviceAccountSelector": "all()"}, {}),
        (
            {"selector": "a in {'all()', 'all()'}", "namespaceSelector": "b == 'c'"},
            {"selector": "a in {'all()'}", "namespaceSelector": "b == 'c'"},
        ),
        ({"order": 0}, {}),
        ({"order": "10"}, {"order": 10}),
        ({"selector": "a == "}, {}),
        ({"tier": "sec"}, {}),
        ({"nonsense": True}, {}),
    ],
)
def test_specs_that_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert policy(**one) != policy(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"protocol": 6}, {"protocol": "TCP"}),
        ({"protocol": "6"}, {"protocol": "TCP"}),
        ({"protocol": 6.0}, {"protocol": 6}),
        ({"protocol": 17}, {"protocol": "UDP"}),
        ({"notProtocol": 132}, {"notProtocol": "SCTP"}),
        ({"source": None, "destination": {}}, {}),
        ({"source": {"nets": [], "ports": [], "selector": ""}}, {}),
        ({"source": {"serviceAccounts": {}}}, {}),
        (
            {"source": {"serviceAccounts": {"names": ["b", "a"]}}},
            {"source": {"serviceAccounts": {"names": ["a", "b"]}}},
        ),
        ({"source": {"nets": ["10.0.0.1/8", "192.0.2.1"]}}, {"source": {"nets": ["192.0.2.1/32", "10.0.0.0/8"]}}),
        ({"source": {"notNets": ["b::1/16"]}}, {"source": {"notNets": ["B::/16"]}}),
        ({"destination": {"ports": ["80"]}}, {"destination": {"ports": [80]}}),
        ({"destination": {"ports": ["080", "80:80"]}}, {"destination": {"ports": [80, 80]}}),
        ({"destination": {"ports": [80.0]}}, {"destination": {"ports": [80]}}),
        ({"metadata": {}}, {}),
        ({"metadata": {"annotations": {}}}, {}),
        ({"icmp": {"type": 8.0, "code": None}}, {"icmp": {"type": 8}}),
    ],
)
def test_rules_that_say_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert rule(**one) == rule(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"protocol": 1}, {"protocol": "ICMP"}),
        ({"protocol": 58}, {"protocol": "ICMPv6"}),
        ({"protocol": 136}, {"protocol": "UDPLite"}),
        ({"protocol": "tcp"}, {"protocol": "TCP"}),
        ({"source": {"selector": "all()"}}, {}),
        ({"source": {"namespaceSelector": "all()"}}, {}),
        ({"source": {"services": {}}}, {}),
        ({"source": {"nets": ["10.0.0.0/8"]}}, {"source": {"notNets": ["10.0.0.0/8"]}}),
        ({"source": {"nets": ["example.com"]}}, {}),
        ({"source": {"nets": ["10.0.0.0/255.0.0.0"]}}, {"source": {"nets": ["10.0.0.0/8"]}}),
        ({"source": {"ports": [80]}}, {"destination": {"ports": [80]}}),
        ({"destination": {"ports": [80, 90]}}, {"destination": {"ports": [90, 80]}}),
        ({"destination": {"ports": ["80-90"]}}, {"destination": {"ports": ["80:90"]}}),
        ({"destination": {"ports": ["90:80"]}}, {}),
        ({"icmp": {}}, {}),
        ({"notICMP": {}}, {}),
        ({"ipVersion": 4}, {}),
        ({"metadata": {"annotations": {"a": "b"}}}, {}),
        ({"http": {"methods": ["GET"]}}, {}),
    ],
)
def test_rules_that_differ(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert rule(**one) != rule(**other)


def test_a_null_rule_is_the_empty_rule() -> None:
    assert policy(ingress=[None]) == policy(ingress=[{}])
    assert policy(ingress=[None]) != policy()


def test_types_of_a_stored_object_are_never_defaulted() -> None:
    """It governs both directions (calico.md 1.4), which its v3 text with the same rules does not."""
    stored = {"apiVersion": CRD, "kind": "GlobalNetworkPolicy", "metadata": {"name": "a"}, "spec": {"ingress": RULES}}
    assert normalize_object(api_object(stored))["spec"]["types"] == ["Egress", "Ingress"]
    assert normalize_object(api_object(stored | {"apiVersion": V3}))["spec"]["types"] == ["Ingress"]


def test_explicit_empty_lists_default_by_path() -> None:
    manifest = {
        "apiVersion": V3,
        "kind": "NetworkPolicy",
        "metadata": {"name": "a"},
        "spec": {"ingress": [], "egress": [{"action": "Deny"}]},
    }
    assert normalize_object(api_object(manifest))["spec"]["types"] == ["Egress"]
    assert normalize_object(api_object(manifest), WritePath.NATIVE)["spec"]["types"] == ["Egress", "Ingress"]


def test_a_staged_deletion_has_no_types() -> None:
    manifest = {
        "apiVersion": V3,
        "kind": "StagedNetworkPolicy",
        "metadata": {"name": "a"},
        "spec": {"stagedAction": "Delete"},
    }
    native = copy.deepcopy(manifest)
    native["spec"] = {"stagedAction": "Delete", "tier": "default", "types": ["Ingress"]}
    assert normalize_object(api_object(manifest)) == normalize_object(api_object(native))


def test_which_labels_count() -> None:
    labels = {
        "app": "x",
        "ringfence/intent": "shop",
        "app.kubernetes.io/managed-by": "Helm",
        "projectcalico.org/tier": "t",
    }
    base = {
        "apiVersion": V3,
        "metadata": {"name": "a", "labels": labels, "annotations": {"n": "1", "ringfence/why": "w"}},
    }
    policy_form = normalize_object(api_object(base | {"kind": "NetworkPolicy"}))["metadata"]
    assert policy_form["labels"] == {"ringfence/intent": "shop"}
    assert policy_form["annotations"] == {"ringfence/why": "w"}
    for kind in ("NetworkSet", "GlobalNetworkSet", "HostEndpoint", "Tier"):
        form = normalize_object(api_object(base | {"kind": kind}))["metadata"]
        assert form["labels"] == {"app": "x", "ringfence/intent": "shop"}


def test_what_argo_and_flux_put_on_an_object_is_no_difference() -> None:
    """The label by which Argo CD may track is one that selectors ask for, so on what they see it is a difference."""
    notes = {"argocd.argoproj.io/tracking-id": "shop:/Tier:x/a", "argocd.argoproj.io/sync-wave": "0"}
    flux = {"kustomize.toolkit.fluxcd.io/name": "x", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    for kind, differs in (("Tier", False), ("NetworkPolicy", False), ("GlobalNetworkSet", True), ("NetworkSet", True)):
        plain = {"apiVersion": V3, "kind": kind, "metadata": {"name": "a", "labels": {"ringfence/intent": "shop"}}}
        labels = {**plain["metadata"]["labels"], **flux}
        tracked = {**plain, "metadata": {"name": "a", "labels": labels, "annotations": notes}}
        assert normalize_object(api_object(tracked)) == normalize_object(api_object(plain))
        labels["app.kubernetes.io/instance"] = "shop"
        assert (normalize_object(api_object(tracked)) != normalize_object(api_object(plain))) is differs


def test_broken_shapes_survive() -> None:
    """A file may hold anything; the form differs from a good one and nothing is raised."""
    for spec in (
        None,
        [],
        "x",
        {"ingress": "x"},
        {"ingress": ["x", 1]},
        {"ingress": [{"source": [1]}]},
        {"order": [1]},
    ):
        for kind in ("NetworkPolicy", "Tier", "HostEndpoint", "NetworkSet", "Profile", "StagedKubernetesNetworkPolicy"):
            manifest = {"apiVersion": V3, "kind": kind, "metadata": {"name": "a"}, "spec": spec}
            normalize_object(api_object(manifest))
    for spec in ({"ingress": [{"from": "x", "ports": [1, None]}]}, {"podSelector": []}, {"egress": [None, 3]}):
        manifest = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "a"},
            "spec": spec,
        }
        normalize_object(api_object(manifest))


def test_the_object_given_is_not_changed() -> None:
    for source in (SOURCES | TIERED | STAGED).values():
        before = copy.deepcopy(source)
        normalize_object(api_object(source))
        assert source == before
