"""Who is there: all objects before the plan, as plain manifests, and the ends that flows have.

Where a snapshot has no pods of a workload, or a pod may be added, a pod stands for it whose address is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from generator.snapshot.model import KubeService, Snapshot, Workload
from tests.obvious_parts.things import is_endpoint
from tests.plan_oracle_parts.steps import Key, Manifest, Step, Write, key_of

# Namespaces that begin like this hold what keeps a cluster going (product.md 6), where no intent owns them.
MANAGEMENT = (
    "argocd",
    "calico-",
    "cattle-",
    "cert-manager",
    "flux-system",
    "gatekeeper-system",
    "gke-",
    "kube-",
    "kyverno",
    "openshift-",
    "tigera-",
)
FINISHED = ("Succeeded", "Failed", "Completed")
HOST_ENDPOINT = "HostEndpoint"
ANY_NODE = "a-node-of-its-own-"


@dataclass(frozen=True, slots=True)
class Scene:
    """All objects before the plan by key, and what else is known of who is there.

    `new_pods`: pods may be added on any node while the plan runs, so the two ends of every flow may be on two nodes.
    `management`: namespace/name of the pods that keep the cluster going: Calico, DNS, webhooks, the plan's deliverer.
    `called`: pods, with the port, that the API server calls. `accepted`: harm that the plan file says is accepted, as
    `HARM:FROM:TO` with the names that `workloads` has for pods.
    """

    objects: Mapping[Key, Manifest]
    nodes: tuple[str, ...]
    new_pods: bool = True
    management: frozenset[str] = frozenset()
    called: tuple[tuple[str, int], ...] = ()
    workloads: Mapping[str, str] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()

    @property
    def has_hosts(self) -> bool:
        """Tell whether host endpoints add policies of their own to the way of a packet."""
        return any(key[0] == HOST_ENDPOINT for key in self.objects)


def with_added_pods(scene: Scene, steps: Iterable[Step]) -> Scene:
    """Return the scene with a pod of every sort on every node, where it matters on which node a pod is added.

    It matters where there are host endpoints. An added pod has the address of the one that it is like, so that nothing
    tells the two apart but their nodes.
    """
    writes = [key for step in steps if isinstance(step, Write) for key in step.changes]
    if not scene.new_pods or not (scene.has_hosts or any(key[0] == HOST_ENDPOINT for key in writes)):
        return scene
    added: dict[Key, Manifest] = {}
    workloads = dict(scene.workloads)
    for key, pod in scene.objects.items():
        if key[0] == "Pod" and is_endpoint(pod):
            for node in scene.nodes:
                name = f"{key[2]}-on-{node}"
                there = {
                    **pod,
                    "metadata": {**pod["metadata"], "name": name},
                    "spec": {**pod["spec"], "nodeName": node},
                }
                if pod["spec"]["nodeName"] != node:
                    added["Pod", key[1], name] = there
                    workloads[f"{key[1]}/{name}"] = workload_of(scene, f"{key[1]}/{key[2]}")
    return replace(scene, objects={**scene.objects, **added}, workloads=workloads, new_pods=False)


def workload_of(scene: Scene, pod: str) -> str:
    """Return the name by which harm to a pod is accepted: that of its workload, or its own."""
    return scene.workloads.get(pod, pod)


def scene_of_manifests(
    manifests: Iterable[Manifest],
    *,
    new_pods: bool = True,
    management: Iterable[str] = (),
    called: Iterable[tuple[str, int]] = (),
) -> Scene:
    """Return the scene of plain manifests."""
    objects = {key_of(item): item for item in manifests}
    return Scene(objects, _nodes(objects), new_pods, frozenset(management), tuple(called))


def scene_of_snapshot(
    snapshot: Snapshot,
    owned: Iterable[str] = (),
    system: Iterable[str] = (),
    *,
    new_pods: bool = True,
    accepted: Iterable[str] = (),
) -> Scene:
    """Return the scene of a snapshot; `owned` are the namespaces of the intent, `system` those of the platform."""
    manifests: list[Manifest] = [item.manifest for item in snapshot.policies]
    manifests += [_namespace(item.name, dict(item.labels)) for item in snapshot.namespaces.values()]
    manifests += _accounts(snapshot)
    manifests += [_node(item.name, item.addresses) for item in snapshot.nodes]
    pods = list(_pods(snapshot))
    manifests += pods
    manifests += _slices(snapshot, pods)
    objects = {key_of(item): item for item in manifests}
    mine = set(owned)
    patterns = [*(f"{name}*" for name in MANAGEMENT), *system]
    management = frozenset(
        f"{key[1]}/{key[2]}"
        for key in objects
        if key[0] == "Pod" and key[1] not in mine and _is_one_of(key[1], patterns)
    )
    workloads = {
        f"{item.namespace}/{item.name}": f"{item.namespace}/{item.owner.split('/')[-1]}"
        for item in snapshot.workloads
        if item.owner
    }
    called = _called(snapshot, pods)
    return Scene(objects, _nodes(objects), new_pods, management, called, workloads, frozenset(accepted))


def _is_one_of(namespace: str, patterns: Iterable[str]) -> bool:
    return any(namespace.startswith(name[:-1]) if name.endswith("*") else namespace == name for name in patterns)


def _nodes(objects: Mapping[Key, Manifest]) -> tuple[str, ...]:
    return tuple(sorted(key[2] for key in objects if key[0] == "Node"))


def _namespace(name: str, labels: Mapping[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}}


def _accounts(snapshot: Snapshot) -> Iterable[Manifest]:
    """Give the service accounts; one that a partial snapshot lacks is taken to be there (product.md 1)."""
    known = {(item.namespace, item.name): dict(item.labels) for item in snapshot.service_accounts}
    if not snapshot.complete:
        for item in snapshot.workloads:
            known.setdefault((item.namespace, item.service_account or "default"), {})
    for (namespace, name), labels in sorted(known.items()):
        metadata = {"namespace": namespace, "name": name, "labels": labels}
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def _node(name: str, addresses: Sequence[str]) -> Manifest:
    status = {"addresses": [{"type": "InternalIP", "address": text} for text in addresses]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}


def _pods(snapshot: Snapshot) -> Iterable[Manifest]:
    """Give each live pod, and one for each workload, as it may be added; those of the host's network are nodes."""
    taken: set[tuple[str, str]] = set()
    addressed = {text for item in (*snapshot.workloads, *snapshot.nodes) for text in item.addresses}
    made = (
        pair
        for number in count()
        if addressed.isdisjoint(pair := (f"10.244.{number // 250}.{number % 250 + 1}", f"fd10:244::{number + 1:x}"))
    )
    for number, item in enumerate(snapshot.workloads):
        if item.host_network or item.phase in FINISHED:
            continue
        live = bool(item.addresses and item.node)
        addresses = item.addresses if live else next(made)
        name = item.name if (item.namespace, item.name) not in taken else f"{item.kind.lower()}-{item.name}"
        taken.add((item.namespace, name))
        yield _pod(item, name, addresses, item.node if live else f"{ANY_NODE}{number}")


def _pod(item: Workload, name: str, addresses: Sequence[str], node: str) -> Manifest:
    ports = [
        {"name": port.name, "protocol": port.port.protocol, "containerPort": port.port.first}
        for container in item.containers
        for port in container.ports
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": item.namespace, "name": name, "labels": dict(item.labels)},
        "spec": {
            "nodeName": node,
            "serviceAccountName": item.service_account or "default",
            "containers": [{"name": "main", "ports": ports}],
        },
        "status": {"podIPs": [{"ip": text} for text in addresses]},
    }


def _slices(snapshot: Snapshot, pods: Sequence[Manifest]) -> Iterable[Manifest]:
    """Give the endpoint slices, and for a Service that has none those that its selector makes."""
    known = set()
    for item in snapshot.endpoint_slices:
        known.add((item.namespace, item.service))
        ports = [{"name": name, "protocol": protocol, "port": number} for name, protocol, number in item.ports]
        yield _slice(item.namespace, item.service, item.name, item.addresses, ports)
    for service in snapshot.services:
        if (service.namespace, service.name) in known or not service.selector:
            continue
        for backend in _behind(service, pods):
            addresses = [entry["ip"] for entry in backend["status"]["podIPs"]]
            name = f"{service.name}-{backend['metadata']['name']}"
            yield _slice(service.namespace, service.name, name, addresses, _target_ports(service, backend))


def _slice(
    namespace: str, service: str, name: str, addresses: Sequence[str], ports: Sequence[Mapping[str, Any]]
) -> Manifest:
    labels = {"kubernetes.io/service-name": service}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "endpoints": [{"addresses": list(addresses)}],
        "ports": list(ports),
    }


def _behind(service: KubeService, pods: Iterable[Manifest]) -> list[Manifest]:
    wanted = dict(service.selector or ())
    return [
        pod
        for pod in pods
        if pod["metadata"]["namespace"] == service.namespace
        and is_endpoint(pod)
        and wanted.items() <= pod["metadata"]["labels"].items()
    ]


def _target_ports(service: KubeService, pod: Manifest) -> list[dict[str, Any]]:
    declared = pod["spec"]["containers"][0]["ports"]
    found = []
    for port in service.ports:
        target = port.target or str(port.port)
        numbers = [int(target)] if target.isdigit() else []
        numbers += [item["containerPort"] for item in declared if item["name"] == target]
        found += [{"name": port.name, "protocol": port.protocol, "port": number} for number in numbers[:1]]
    return found


def _called(snapshot: Snapshot, pods: Sequence[Manifest]) -> tuple[tuple[str, int], ...]:
    """Return the pods that the API server calls (webhooks, aggregated APIs), with the port there (field note P6)."""
    services = {(item.namespace, item.name): item for item in snapshot.services}
    found = set()
    for callback in snapshot.callbacks:
        service = services.get((callback.namespace, callback.service))
        for pod in _behind(service, pods) if service is not None and service.selector else ():
            assert service is not None
            wanted = [port for port in service.ports if port.port == callback.port]
            one = _target_ports(service, pod) if not wanted else _target_ports_of(service, wanted, pod)
            found |= {(f"{pod['metadata']['namespace']}/{pod['metadata']['name']}", entry["port"]) for entry in one}
    return tuple(sorted(found))


def _target_ports_of(service: KubeService, wanted: Sequence[Any], pod: Manifest) -> list[dict[str, Any]]:
    return _target_ports(replace(service, ports=tuple(wanted)), pod)
