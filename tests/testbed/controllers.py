"""What a cluster's controllers would make of workloads and Services: ReplicaSets, pods, EndpointSlices.

The test bed has no controllers, so these objects are worked out here and written by `World`. Equal input gives equal
names and addresses.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.testbed.client import Manifest

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # of which Kubernetes makes the endings of names


def ending(text: str, length: int) -> str:
    """Return an ending of a name as Kubernetes makes them, always the same for the same text."""
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    found = []
    for _ in range(length):
        digest, place = divmod(digest, len(_LETTERS))
        found.append(_LETTERS[place])
    return "".join(found)


def owned_by(owner: Manifest) -> list[Manifest]:
    """Return the ownerReferences of what a written object controls."""
    meta = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
    return [reference | {"controller": True, "blockOwnerDeletion": True}]


def replica_set(deployment: Manifest) -> Manifest:
    """Return the ReplicaSet of a written Deployment."""
    meta, spec = deployment["metadata"], deployment["spec"]
    template = copy.deepcopy(spec["template"])
    label = {"pod-template-hash": ending(f"{meta['namespace']}/{meta['name']}", 10)}
    template["metadata"]["labels"] = template["metadata"]["labels"] | label
    selector = copy.deepcopy(spec["selector"])
    selector["matchLabels"] = selector.get("matchLabels", {}) | label
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{meta['name']}-{label['pod-template-hash']}",
            "namespace": meta["namespace"],
            "labels": template["metadata"]["labels"],
            "ownerReferences": owned_by(deployment),
        },
        "spec": {"replicas": spec.get("replicas", 1), "selector": selector, "template": template},
    }


def pods_of(owner: Manifest, nodes: list[str]) -> Iterator[Manifest]:
    """Yield the pods that a written ReplicaSet, StatefulSet, DaemonSet or Job would have, each on a node."""
    meta, spec = owner["metadata"], owner["spec"]
    match owner["kind"]:
        case "DaemonSet":
            count, names = len(nodes), (ending(f"{meta['name']}@{node}", 5) for node in nodes)
        case "StatefulSet":
            count = spec.get("replicas", 1)
            names = (str(number) for number in range(count))
        case "Job":
            count = spec.get("parallelism", 1)
            names = (ending(f"{meta['name']}#{number}", 5) for number in range(count))
        case _:
            count = spec.get("replicas", 1)
            names = (ending(f"{meta['name']}#{number}", 5) for number in range(count))
    first = 0 if owner["kind"] == "DaemonSet" else sum(map(ord, meta["name"]))
    for number, suffix in zip(range(count), names, strict=True):
        yield _pod(owner, f"{meta['name']}-{suffix}", nodes[(first + number) % len(nodes)])


def _pod(owner: Manifest, name: str, node: str) -> Manifest:
    template = copy.deepcopy(owner["spec"]["template"])
    labels = dict(template.get("metadata", {}).get("labels", {}))
    if owner["kind"] == "StatefulSet":
        labels |= {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": name.rsplit("-", 1)[1]}
    meta = {
        "name": name,
        "namespace": owner["metadata"]["namespace"],
        "labels": labels,
        "annotations": template.get("metadata", {}).get("annotations", {}),
        "ownerReferences": owned_by(owner),
    }
    spec = {"serviceAccountName": "default", **template["spec"], "nodeName": node}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def endpoint_slices(service: Manifest, pods: Iterable[Manifest]) -> Iterator[Manifest]:
    """Yield the EndpointSlices of a written Service with a selector, one for each way its target ports resolve."""
    meta, spec = service["metadata"], service["spec"]
    if not spec.get("selector"):
        return
    by_ports: dict[tuple[tuple[str, int, str], ...], list[Manifest]] = {}
    for pod in pods:
        if pod["metadata"]["namespace"] == meta["namespace"] and _has(pod, spec["selector"]):
            by_ports.setdefault(_target_ports(spec, pod), []).append(pod)
    for number, (ports, behind) in enumerate(sorted(by_ports.items(), key=lambda item: item[0])):
        name = meta["name"]
        yield {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "addressType": "IPv4",
            "metadata": {
                "name": f"{name}-{ending(f'{name}#{number}', 5)}",
                "namespace": meta["namespace"],
                "labels": {
                    "kubernetes.io/service-name": name,
                    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                },
                "ownerReferences": owned_by(service),
            },
            "ports": [{"name": name, "port": port, "protocol": protocol} for name, port, protocol in ports],
            "endpoints": [_endpoint(pod) for pod in behind],
        }


def _has(pod: Manifest, labels: Mapping[str, str]) -> bool:
    found: dict[str, str] = pod["metadata"].get("labels", {})
    return labels.items() <= found.items()


def _target_ports(spec: Manifest, pod: Manifest) -> tuple[tuple[str, int, str], ...]:
    found = []
    for row in spec.get("ports", ()):
        protocol = row.get("protocol", "TCP")
        target = row.get("targetPort", row["port"])
        if isinstance(target, str):
            target = _named_port(pod, target, protocol)
        if target is not None:
            found.append((row.get("name", ""), target, protocol))
    return tuple(found)


def _named_port(pod: Manifest, name: str, protocol: str) -> int | None:
    for container in pod["spec"]["containers"]:
        for port in container.get("ports", ()):
            if (port.get("name"), port.get("protocol", "TCP")) == (name, protocol):
                return int(port["containerPort"])
    return None


def _endpoint(pod: Manifest) -> Manifest:
    meta = pod["metadata"]
    target = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
    ready = {"ready": True, "serving": True, "terminating": False}
    addresses: list[Any] = [pod["status"]["podIP"]]
    return {"addresses": addresses, "conditions": ready, "nodeName": pod["spec"]["nodeName"], "targetRef": target}
