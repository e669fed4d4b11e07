"""Objects as servers of several versions give them back: everything that calico.md 7.2 says a live read adds."""

from __future__ import annotations

import copy
import json
from typing import Any

from generator.calico.kinds import KINDS, find_kind
from generator.calico.manifest import write_manifest
from generator.calico.objects import ApiObject
from tests.support.objects import api_object

V3 = "projectcalico.org/v3"
CRD = "crd.projectcalico.org/v1"
TIERED = ("NetworkPolicy", "GlobalNetworkPolicy", "StagedNetworkPolicy", "StagedGlobalNetworkPolicy")


def returned(manifest: dict[str, Any], version: str, group: str) -> ApiObject:
    """The object after it was written to a server of this version and read again."""
    live = copy.deepcopy(write_manifest(manifest, group, version))
    kind = find_kind(live["apiVersion"], live["kind"])
    assert kind is not None
    metadata = live["metadata"]
    spec = live.setdefault("spec", {})
    metadata["uid"] = "b2c1e7d4-0000-4000-8000-000000000001"
    metadata["resourceVersion"] = "4711"
    metadata["generation"] = 3
    metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
    metadata["selfLink"] = "/apis/x"
    metadata["managedFields"] = [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {}}}]
    metadata["finalizers"] = ["projectcalico.org/tier-controller"]
    metadata["ownerReferences"] = [{"kind": "X", "name": "y", "uid": "z", "apiVersion": "v1"}]
    annotations = metadata.setdefault("annotations", {})
    annotations["kubectl.kubernetes.io/last-applied-configuration"] = json.dumps(manifest)
    if KINDS[kind].namespaced:
        metadata.setdefault("namespace", "default")
    if live["kind"] in TIERED and kind.value != "KubernetesNetworkPolicy":
        _defaulted_policy(metadata, spec, version, group)
    if "Staged" in live["kind"]:
        spec.setdefault("stagedAction", "Set")
    if live["kind"] == "Tier":
        spec.setdefault("order", 1000000.0)
        spec.setdefault("defaultAction", "Deny")
        live["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
    if kind.value == "KubernetesNetworkPolicy":
        spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
        for rule in spec.get("ingress", []) + spec.get("egress", []):
            for port in rule.get("ports", []):
                port.setdefault("protocol", "TCP")
        live["status"] = {}
    return api_object(dict(reversed(live.items())))


def _defaulted_policy(metadata: dict[str, Any], spec: dict[str, Any], version: str, group: str) -> None:
    if version != "3.28":
        spec.setdefault("tier", "default")
        metadata.setdefault("labels", {})["projectcalico.org/tier"] = spec["tier"]
    if version == "3.29" and group == V3 and spec["tier"] == "default":
        metadata["name"] = f"default.{metadata['name']}"  # 3.29.0 shows the name so
    spec.setdefault(
        "types",
        ["Ingress", "Egress"]
        if spec.get("ingress") and spec.get("egress")
        else ["Egress"]
        if spec.get("egress")
        else ["Ingress"],
    )
