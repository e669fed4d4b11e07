"""What is kept of an object that was read, and which of its changes count.

What nobody asks for is dropped as soon as it arrives: it would only take memory, and its changes (the heartbeat of a
node, the conditions of a pod) are no changes of what the snapshot says. Policy objects are kept whole, save for the
list of who manages which field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from generator.calico.kinds import find_kind

Manifest = dict[str, Any]

_COPY: Final = "kubectl.kubernetes.io/last-applied-configuration"
# Of a pod that a controller makes these differ from one replica to the next.
_REPLICA_LABELS: Final = frozenset(
    [
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/job-completion-index",
        "controller-uid",
        "job-name",
    ]
)
_POD_SPEC: Final = (
    *("containers", "dnsConfig", "dnsPolicy", "hostNetwork", "initContainers", "nodeName", "serviceAccount"),
    *("serviceAccountName", "volumes"),
)
_CONTAINER: Final = (
    *("args", "command", "env", "envFrom", "image", "livenessProbe", "name", "ports", "readinessProbe"),
    *("restartPolicy", "startupProbe", "volumeMounts"),
)
# Whose pods run Felix: Calico's own label, that of Calico with flannel, that on Windows.
FELIX_PODS: Final = ("calico-node", "canal", "calico-node-windows")
_OF_CALICO: Final = (*FELIX_PODS, "calico-typha")


def keep(item: Manifest) -> Manifest:
    """Return what is kept of an object, as a manifest with less in it."""
    metadata = dict(item.get("metadata") or {})
    metadata.pop("managedFields", None)
    if find_kind(item["apiVersion"], item["kind"]) is not None:
        return {**item, "metadata": metadata}
    notes = metadata.get("annotations")
    if isinstance(notes, dict) and _COPY in notes:
        metadata["annotations"] = {key: value for key, value in notes.items() if key != _COPY}
    shorten = _SHORTER.get(item["kind"])
    kept = {**item, "metadata": metadata}
    return shorten(kept) if shorten is not None else {key: value for key, value in kept.items() if key != "status"}


def _some(value: Any, keys: tuple[str, ...]) -> Manifest:
    return {key: value[key] for key in keys if key in value} if isinstance(value, Mapping) else {}


def _pod_spec(spec: Any) -> Manifest:
    kept = _some(spec, _POD_SPEC)
    for key in ("containers", "initContainers"):
        if isinstance(kept.get(key), list):
            kept[key] = [_some(container, _CONTAINER) for container in kept[key]]
    return kept


def _pod(item: Manifest) -> Manifest:
    status = _some(item.get("status"), ("phase", "podIP", "podIPs"))
    labels = item["metadata"].get("labels") or {}
    if labels.get("k8s-app") in _OF_CALICO:
        conditions = (item.get("status") or {}).get("conditions") or ()
        status["conditions"] = [_some(one, ("type", "status")) for one in conditions if one.get("type") == "Ready"]
    return {**item, "spec": _pod_spec(item.get("spec")), "status": status}


def _node(item: Manifest) -> Manifest:
    metadata = item["metadata"]
    notes = metadata.get("annotations") or {}
    metadata["annotations"] = {key: value for key, value in notes.items() if "projectcalico.org/" in key}
    spec = _some(item.get("spec"), ("podCIDR", "podCIDRs", "providerID"))
    return {**item, "spec": spec, "status": _some(item.get("status"), ("addresses",))}


def _service(item: Manifest) -> Manifest:
    return {**item, "status": _some(item.get("status"), ("loadBalancer",))}


def _slice(item: Manifest) -> Manifest:
    item["metadata"].pop("annotations", None)
    endpoints = [_some(one, ("addresses", "targetRef")) for one in item.get("endpoints") or ()]
    for one in endpoints:
        if "targetRef" in one:
            one["targetRef"] = _some(one["targetRef"], ("kind", "name", "namespace"))
    return {**item, "endpoints": endpoints}


def _crd(item: Manifest) -> Manifest:
    spec = _some(item.get("spec"), ("group", "names", "scope"))
    conversion = (item.get("spec") or {}).get("conversion")
    if isinstance(conversion, Mapping):
        webhook = _some(conversion.get("webhook"), ("clientConfig",))
        webhook["clientConfig"] = _some(webhook.get("clientConfig"), ("service", "url"))
        spec["conversion"] = {"strategy": conversion.get("strategy"), "webhook": webhook}
    return _some(item, ("apiVersion", "kind", "metadata")) | {"spec": spec}


def _webhooks(item: Manifest) -> Manifest:
    hooks = [
        {**hook, "clientConfig": _some(hook.get("clientConfig"), ("service", "url"))}
        for hook in item.get("webhooks") or ()
        if isinstance(hook, Mapping)
    ]
    return {**item, "webhooks": hooks}


def _api_service(item: Manifest) -> Manifest:
    return _some(item, ("apiVersion", "kind", "metadata")) | {
        "spec": _some(item.get("spec"), ("group", "service", "version"))
    }


def _config_map(item: Manifest) -> Manifest:
    item["metadata"].pop("annotations", None)  # older leaders write their heartbeat there
    return {key: value for key, value in item.items() if key != "binaryData"}


def _account(item: Manifest) -> Manifest:
    return _some(item, ("apiVersion", "kind", "metadata"))


_SHORTER: Final[dict[str, Callable[[Manifest], Manifest]]] = {
    "APIService": _api_service,
    "ConfigMap": _config_map,
    "CustomResourceDefinition": _crd,
    "EndpointSlice": _slice,
    "MutatingWebhookConfiguration": _webhooks,
    "Namespace": _account,
    "Node": _node,
    "Pod": _pod,
    "Service": _service,
    "ServiceAccount": _account,
    "ValidatingWebhookConfiguration": _webhooks,
}


def content(item: Manifest) -> Manifest:
    """Return an object without its version: two readings of it are the same if this is."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in ("resourceVersion", "generation")}
    return {**item, "metadata": metadata}


def essence(item: Manifest) -> Manifest | None:
    """Return what is left of an object when replicas come and go; None of what only exists because of another.

    Pods of one controller with one set of labels, one account, and the same ports are judged alike, wherever they run
    and whatever their addresses are (`plan check` takes them for the same too). What a Deployment or a CronJob makes is
    told by the Deployment or the CronJob.
    """
    metadata = item["metadata"]
    owner = next((one for one in metadata.get("ownerReferences") or () if one.get("controller")), None)
    match item["kind"]:
        case "Pod" if owner is not None:
            spec = item["spec"]
            labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key not in _REPLICA_LABELS}
            return {
                "kind": "Pod",
                "namespace": metadata.get("namespace"),
                "labels": labels,
                "account": spec.get("serviceAccountName"),
                "host": spec.get("hostNetwork"),
                "ports": [one.get("ports") for one in spec.get("containers") or ()],
            }
        case "ReplicaSet" | "Job" if owner is not None:
            return None
        case "EndpointSlice":
            fixed = [one for one in item["endpoints"] if (one.get("targetRef") or {}).get("kind") != "Pod"]
            shown = {"labels": metadata.get("labels"), "namespace": metadata.get("namespace")}
            return {**_some(item, ("addressType", "ports")), "kind": "EndpointSlice", "endpoints": fixed, **shown}
        case _:
            found = content(item)
            spec = item.get("spec")
            if isinstance(spec, Mapping) and "replicas" in spec:
                found["spec"] = {key: value for key, value in spec.items() if key != "replicas"}
            return found
