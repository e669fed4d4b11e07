"""The world of a proof written out as manifests, so that the obvious evaluator can be asked about its witnesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.calico.rewrite import NAMESPACE_LABEL, NAMESPACE_PREFIX
from generator.equality.model import Difference
from generator.equality.proof_world import ProofWorld
from generator.packets.addresses import format_address
from generator.reach.flow import Flow
from generator.reach.inventory import AddressGroup, Pod
from tests.obvious import Cluster, answer_flow, read_cluster

V3 = "projectcalico.org/v3"
NODELESS = "somewhere"


def read_world(world: ProofWorld) -> Cluster:
    """Return the world as the obvious evaluator reads it."""
    return read_cluster(world_manifests(world))


def confirms(cluster: Cluster, difference: Difference) -> bool:
    """Tell whether the obvious evaluator decides the witness at the governed end as the engine does."""
    assert difference.witness is not None
    verdict = difference.witness.verdict
    answer = answer_flow(cluster, asked_of(difference.witness.flow))
    decided = verdict.egress if difference.way == "egress" else verdict.ingress
    assert decided is not None
    return bool(answer[difference.way.value]["verdict"] == decided.verdict.value)


def asked_of(flow: Flow) -> dict[str, Any]:
    """Return a flow as the obvious evaluator is asked about it."""
    asked: dict[str, Any] = {"family": flow.source.address[0], "protocol": flow.transport.protocol}
    for key, end in (("src", flow.source), ("dst", flow.destination)):
        asked[key] = end.name if end.name else f"ip:{format_address(*end.address)}"
    if flow.transport.protocol in (6, 17, 132, 136):
        asked |= {"sport": flow.transport.source_port, "dport": flow.transport.destination_port}
    else:
        asked |= {"icmpType": flow.transport.icmp_type, "icmpCode": flow.transport.icmp_code}
    return asked


def world_manifests(world: ProofWorld) -> Iterator[Mapping[str, Any]]:
    """Give the objects of the world of a proof."""
    inventory = world.engine.inventory
    for namespace in sorted({pod.namespace for pod in inventory.pods.values()}):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    for space, account in sorted({(pod.namespace, pod.workload.service_account) for pod in inventory.pods.values()}):
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account, "namespace": space}}
    for name, addresses in inventory.nodes.items():
        texts = [{"type": "InternalIP", "address": format_address(*address)} for address in addresses]
        yield {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"addresses": texts}}
    yield from map(_pod, inventory.pods.values())
    for group in inventory.groups:
        yield _set(group)
    for hosts in inventory.hosts.values():
        for host in hosts:
            texts = [format_address(*address) for address in host.addresses]
            spec = {"node": host.node, "interfaceName": host.interface, "expectedIPs": texts}
            meta = {"name": host.key, "labels": dict(host.labels)}
            yield {"apiVersion": V3, "kind": "HostEndpoint", "metadata": meta, "spec": spec}
    for number, ((namespace, name), ends) in enumerate(world.backends.items()):
        for place, (address, ports) in enumerate(ends.items()):
            meta = {
                "name": f"s{number}-{place}",
                "namespace": namespace,
                "labels": {"kubernetes.io/service-name": name},
            }
            listed = [{"protocol": protocol, "port": port} for protocol, port in ports]
            yield {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta,
                   "endpoints": [{"addresses": [address]}], "ports": listed}  # fmt: skip
    for tier in world.engine.lowered.tiers:
        yield {"apiVersion": V3, "kind": "Tier", "metadata": {"name": tier.name}, "spec": {
            "order": 900, "defaultAction": "Pass" if tier.passes else "Deny"}}  # fmt: skip
        yield from (policy.origin.manifest for policy in tier.policies if policy.origin is not None)


def _pod(pod: Pod) -> Mapping[str, Any]:
    workload = pod.workload
    ports = [
        {"name": port.name, "protocol": port.port.protocol, "containerPort": port.port.first}
        for container in workload.containers
        for port in container.ports
    ]
    texts = [format_address(*address) for address in pod.addresses]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod.key.partition("/")[2], "namespace": pod.namespace, "labels": dict(workload.labels)},
        "spec": {
            "nodeName": pod.node or NODELESS,
            "serviceAccountName": workload.service_account,
            "containers": [{"name": "a", "ports": ports}],
        },
        "status": {"phase": "Running", "podIP": texts[0], "podIPs": [{"ip": text} for text in texts]},
    }


def _set(group: AddressGroup) -> Mapping[str, Any]:
    labels = {key: value for key, value in group.labels.items() if not key.startswith(NAMESPACE_PREFIX)}
    namespace = labels.pop(NAMESPACE_LABEL, "")
    meta = {"name": group.key, "labels": labels} | ({"namespace": namespace} if namespace else {})
    kind = "NetworkSet" if namespace else "GlobalNetworkSet"
    return {"apiVersion": V3, "kind": kind, "metadata": meta, "spec": {"nets": list(group.nets.cidrs())}}
