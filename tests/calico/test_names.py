from __future__ import annotations

import json
from typing import Any

import pytest

from generator.calico.kinds import Kind
from generator.calico.names import effective_name, identity_of, sort_name, stored_name, tier_of
from generator.calico.objects import ApiObject, Identity
from generator.calico.versions import Version, parse_version
from tests.faults.calico import FAULTS_OF_IDENTITY
from tests.support.objects import api_object

V3 = "projectcalico.org/v3"
CRD = "crd.projectcalico.org/v1"


def policy(
    name: str,
    *,
    group: str = V3,
    tier: str | None = None,
    kind: str = "NetworkPolicy",
    v3: dict[str, Any] | None = None,
) -> ApiObject:
    metadata: dict[str, Any] = {"name": name}
    if "Global" not in kind:
        metadata["namespace"] = "shop"
    if v3 is not None:
        metadata["annotations"] = {"projectcalico.org/metadata": json.dumps(v3)}
    spec: dict[str, Any] = {"tier": tier} if tier else {}
    return api_object({"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec})


SAME_POLICY = {
    "as written": policy("web"),
    "3.28 stored": policy("default.web", group=CRD),
    "3.29.0 shown": policy("default.web", tier="default"),
    "3.30 stored": policy("default.web", group=CRD, tier="default", v3={"name": "web"}),
    "3.31 stored, written with prefix": policy("default.web", group=CRD, tier="default", v3={"name": "default.web"}),
    "3.32 stored": policy("web", group=CRD, tier="default", v3={"name": "web"}),
    "3.32 shown": policy("web", tier="default"),
    "written straight to the crd group": policy("web", group=CRD),
}


@pytest.mark.parametrize("form", SAME_POLICY)
def test_one_policy_has_one_identity_in_every_form(form: str) -> None:
    assert identity_of(SAME_POLICY[form]) == Identity(Kind.NETWORK_POLICY, "shop", "web")


@pytest.mark.parametrize("fault", FAULTS_OF_IDENTITY, ids=lambda fault: fault.__name__)
def test_identity_by_raw_name_would_be_seen(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    from generator.calico import names

    assert len({names.identity_of(obj) for obj in SAME_POLICY.values()}) > 1


def test_from_3_32_two_names_are_two_policies() -> None:
    short, long = policy("web"), policy("default.web")
    assert identity_of(short) == identity_of(long)
    assert identity_of(short, "3.31") == identity_of(long, "3.31")
    assert identity_of(short, "3.32").name == "web"
    assert identity_of(long, "3.32").name == "default.web"


def test_a_stored_object_without_annotation_is_shown_short_by_every_version() -> None:
    assert identity_of(policy("default.web", group=CRD), "3.32").name == "web"


def test_the_prefix_belongs_to_the_name_in_other_tiers() -> None:
    assert identity_of(policy("sec.web", tier="sec")).name == "sec.web"
    assert identity_of(policy("default.web", tier="sec")).name == "default.web"
    stored = policy("sec.web", group=CRD, tier="sec", v3={"name": "sec.web"})
    assert identity_of(stored) == identity_of(policy("sec.web", tier="sec"))


def test_names_that_only_look_prefixed() -> None:
    assert identity_of(policy("default.")).name == "default."
    assert identity_of(policy("default")).name == "default"
    set_ = api_object({"apiVersion": V3, "kind": "GlobalNetworkSet", "metadata": {"name": "default.blocked"}})
    assert identity_of(set_).name == "default.blocked"


def test_calicos_views_of_kubernetes_policies() -> None:
    view = policy("knp.default.web", tier="default")
    assert identity_of(view) == Identity(Kind.KUBERNETES_NETWORK_POLICY, "shop", "web")
    assert identity_of(view, "3.32") == Identity(Kind.NETWORK_POLICY, "shop", "knp.default.web")
    admin = policy("kanp.adminnetworkpolicy.a", tier="adminnetworkpolicy", kind="GlobalNetworkPolicy")
    assert identity_of(admin) == Identity(Kind.ADMIN_NETWORK_POLICY, "", "a")
    base = policy("kbanp.baselineadminnetworkpolicy.b", tier="baselineadminnetworkpolicy", kind="GlobalNetworkPolicy")
    assert identity_of(base) == Identity(Kind.BASELINE_ADMIN_NETWORK_POLICY, "", "b")
    native = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "default.web"}}
    assert identity_of(api_object(native)) == Identity(Kind.KUBERNETES_NETWORK_POLICY, "default", "default.web")


def test_malformed_annotation_leaves_the_stored_name() -> None:
    obj = api_object(
        {
            "apiVersion": CRD,
            "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "default.a", "annotations": {"projectcalico.org/metadata": "{"}},
        }
    )
    assert effective_name(obj) == "a"


def test_tier_of() -> None:
    assert tier_of(policy("a")) == "default"
    assert tier_of(policy("a", tier="sec")) == "sec"
    cnp = {"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": "c"}}
    assert tier_of(api_object(cnp | {"spec": {"tier": "Admin"}})) == "kube-admin"
    assert tier_of(api_object(cnp | {"spec": {"tier": "Baseline"}})) == "kube-baseline"


def test_stored_names() -> None:
    gnp = Kind.GLOBAL_NETWORK_POLICY
    for version in ("3.26", "3.28", "3.29", "3.31.3"):
        assert stored_name(gnp, "a", "default", parse_version(version)) == "default.a"
        assert stored_name(gnp, "default.a", "default", parse_version(version)) == "default.a"
        assert stored_name(gnp, "sec.a", "sec", parse_version(version)) == "sec.a"
    assert stored_name(gnp, "a", "default", Version(3, 32)) == "a"
    assert stored_name(gnp, "default.a", "default", Version(3, 32)) == "default.a"
    assert stored_name(Kind.NETWORK_SET, "a", "default", Version(3, 28)) == "a"


@pytest.mark.parametrize(
    ("kind", "namespace", "old", "new"),
    [
        (Kind.NETWORK_POLICY, "ns", "ns/default.a", "a/ns/NetworkPolicy"),
        (Kind.GLOBAL_NETWORK_POLICY, "", "default.a", "a//GlobalNetworkPolicy"),
        (Kind.KUBERNETES_NETWORK_POLICY, "ns", "ns/knp.default.a", "a/ns/KubernetesNetworkPolicy"),
        (Kind.STAGED_NETWORK_POLICY, "ns", "ns/staged:default.a", "a/ns/StagedNetworkPolicy"),
        (Kind.STAGED_GLOBAL_NETWORK_POLICY, "", "staged:default.a", "a//StagedGlobalNetworkPolicy"),
        (
            Kind.STAGED_KUBERNETES_NETWORK_POLICY,
            "ns",
            "ns/staged:knp.default.a",
            "a/ns/StagedKubernetesNetworkPolicy",
        ),
    ],
)
def test_sort_names(kind: Kind, namespace: str, old: str, new: str) -> None:
    assert sort_name(kind, namespace, "a", "default", Version(3, 31)) == old
    assert sort_name(kind, namespace, "a", "default", Version(3, 32)) == new
