from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.calico.manifest import read_manifest, write_manifest
from generator.calico.metadata import check_metadata, effective_annotations, effective_labels
from generator.foundation.errors import InputError
from tests.support.objects import api_object, api_objects

V3 = "projectcalico.org/v3"
CRD = "crd.projectcalico.org/v1"


def gnp(name: str = "sec.deny", tier: str = "sec") -> dict[str, Any]:
    return {
        "apiVersion": V3,
        "kind": "GlobalNetworkPolicy",
        "metadata": {
            "name": name,
            "labels": {"ringfence/intent": "shop", "projectcalico.org/x": "y"},
            "annotations": {"note": "väg"},
        },
        "spec": {"tier": tier, "order": 10, "types": ["Ingress"], "ingress": [{"action": "Deny"}]},
    }


def test_stored_form_as_the_api_server_writes_it() -> None:
    written = write_manifest(gnp(), CRD, "3.31")
    assert written["apiVersion"] == CRD
    assert written["metadata"]["name"] == "sec.deny"
    assert written["metadata"]["labels"] == {"projectcalico.org/tier": "sec", "projectcalico.org/x": "y"}
    stored = written["metadata"]["annotations"]["projectcalico.org/metadata"]
    assert stored == (
        '{"name":"sec.deny","labels":{"projectcalico.org/tier":"sec","projectcalico.org/x":"y","ringfence/intent":"shop"}'
        ',"annotations":{"note":"väg"}}'
    )
    assert list(written["metadata"]["annotations"]) == ["projectcalico.org/metadata"]
    assert written["spec"] == gnp()["spec"]


@pytest.mark.parametrize(
    ("version", "stored", "tier_in_spec"),
    [
        ("3.28", "default.deny", False),
        ("3.29", "default.deny", True),
        ("3.31", "default.deny", True),
        ("3.32", "deny", True),
    ],
)
def test_names_and_tier_by_version(version: str, stored: str, tier_in_spec: bool) -> None:
    manifest = gnp("deny", "default")
    written = write_manifest(manifest, CRD, version)
    assert written["metadata"]["name"] == stored
    assert ("tier" in written["spec"]) == tier_in_spec
    assert json.loads(written["metadata"]["annotations"]["projectcalico.org/metadata"])["name"] == "deny"
    native = write_manifest(manifest, V3, version)
    assert native["metadata"] == manifest["metadata"]
    assert ("tier" in native["spec"]) == tier_in_spec


def test_what_nobody_defaults_in_storage_is_written_out() -> None:
    manifest = gnp("deny", "default")
    del manifest["spec"]["types"], manifest["spec"]["tier"]
    manifest["spec"]["egress"] = [{"action": "Deny"}]
    written = write_manifest(manifest, CRD, "3.32")
    assert written["spec"]["types"] == ["Ingress", "Egress"]
    assert written["spec"]["tier"] == "default"
    assert "types" not in write_manifest(manifest, V3, "3.32")["spec"]


def test_sets_carry_no_name_in_the_annotation() -> None:
    manifest = {
        "apiVersion": V3,
        "kind": "GlobalNetworkSet",
        "metadata": {"name": "blocked", "labels": {"feed": "x"}},
        "spec": {"nets": ["192.0.2.0/24"]},
    }
    written = write_manifest(manifest, CRD, "3.30")
    assert json.loads(written["metadata"]["annotations"]["projectcalico.org/metadata"]) == {"labels": {"feed": "x"}}
    assert "labels" not in written["metadata"]
    assert effective_labels(api_object(written)) == {"feed": "x"}


@pytest.mark.parametrize(
    ("kind", "version"),
    [("Tier", "3.28"), ("StagedNetworkPolicy", "3.29"), ("StagedKubernetesNetworkPolicy", "3.28")],
)
def test_kinds_that_a_version_does_not_know(kind: str, version: str) -> None:
    with pytest.raises(InputError) as caught:
        write_manifest({"apiVersion": V3, "kind": kind, "metadata": {"name": "a"}}, V3, version)
    assert caught.value.diagnostics[0].code == "RF4209"


def test_tiers_before_3_29() -> None:
    with pytest.raises(InputError) as caught:
        write_manifest(gnp(), CRD, "3.28")
    assert "tier 'sec'" in caught.value.diagnostics[0].summary


def test_unknown_group() -> None:
    with pytest.raises(ValueError, match=r"apps/v1"):
        write_manifest(gnp(), "apps/v1", "3.32")


def test_kubernetes_kinds_stay_as_they_are() -> None:
    manifest = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "a"}, "spec": {}}
    assert write_manifest(manifest, CRD, "3.28") == manifest


_names = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_text = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=12)
_labels = st.dictionaries(
    st.sampled_from(["app", "ringfence/intent", "projectcalico.org/x", "operator.tigera.io/y", "a.b/c"]), _text
)


@given(
    kind=st.sampled_from(["NetworkPolicy", "GlobalNetworkPolicy", "GlobalNetworkSet", "HostEndpoint", "Tier"]),
    name=_names,
    tier=st.sampled_from(["default", "sec"]),
    labels=_labels,
    annotations=_labels,
    version=st.sampled_from(["3.29", "3.31", "3.32"]),
)
def test_written_and_read_back(
    kind: str, name: str, tier: str, labels: dict[str, str], annotations: dict[str, str], version: str
) -> None:
    policy = kind.endswith("Policy")
    metadata: dict[str, Any] = {"name": f"{tier}.{name}" if policy and tier != "default" else name}
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    spec: dict[str, Any] = {"tier": tier, "order": 5, "types": ["Ingress"]} if policy else {"order": 5}
    manifest = {"apiVersion": V3, "kind": kind, "metadata": metadata, "spec": spec}
    before = copy.deepcopy(manifest)
    back = read_manifest(api_object(write_manifest(manifest, CRD, version)))
    assert manifest == before
    if policy:
        assert back["metadata"]["labels"].pop("projectcalico.org/tier") == tier
        if not back["metadata"]["labels"]:
            del back["metadata"]["labels"]
    assert back == manifest


def test_labels_of_a_stored_object() -> None:
    plain, annotated, broken = api_objects(
        """
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkSet
metadata: {name: a, labels: {role: bmc}}
---
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkSet
metadata:
  name: b
  labels: {role: changed-by-hand}
  annotations:
    projectcalico.org/metadata: '{"labels":{"role":"bmc"},"annotations":{"n":"1"},"creationTimestamp":null}'
---
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkSet
metadata:
  name: c
  labels: {role: bmc}
  annotations:
    projectcalico.org/metadata: '{"labels":'
"""
    )
    assert effective_labels(plain) == effective_labels(annotated) == effective_labels(broken) == {"role": "bmc"}
    assert effective_annotations(annotated) == {"n": "1"}
    assert effective_annotations(broken) == {}
    assert check_metadata(plain) == check_metadata(annotated) == []
    (found,) = check_metadata(broken)
    assert (found.code, found.place.line) == ("RF4203", 20)


def test_in_v3_the_annotation_means_nothing() -> None:
    obj = api_object(
        {
            "apiVersion": V3,
            "kind": "NetworkSet",
            "metadata": {
                "name": "a",
                "labels": {"role": "x"},
                "annotations": {"projectcalico.org/metadata": '{"labels":{"role":"y"}}'},
            },
        }
    )
    assert effective_labels(obj) == {"role": "x"}


def test_labels_that_are_no_text_are_reported() -> None:
    (obj,) = api_objects(
        """
apiVersion: projectcalico.org/v3
kind: NetworkSet
metadata:
  name: a
  labels:
    tier: 1
    pci: yes
    plain: "yes"
    empty:
  annotations: [a]
"""
    )
    found = check_metadata(obj)
    assert [(item.place.line, item.path) for item in found] == [
        (7, "metadata.labels.tier"),
        (8, "metadata.labels.pci"),
        (11, "metadata.annotations"),
    ]
    assert effective_labels(obj) == {"tier": "1", "pci": "true", "plain": "yes", "empty": ""}
