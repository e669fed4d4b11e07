"""A cluster in a real API server in which everything stands that a read is to discover, and what was read of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.checks.surroundings import check_surroundings
from generator.cluster.access import Connection
from generator.cluster.snapshot import read_cluster
from generator.foundation.diagnostics import Diagnostic
from generator.snapshot.facts import ClusterAddresses, Seen, find_addresses, read_seen
from generator.snapshot.model import Snapshot
from tests.cluster.looking import NoWaiting
from tests.testbed.client import Client
from tests.testbed.worlds import World

V3 = "projectcalico.org/v3"
Manifest = dict[str, Any]


@dataclass(frozen=True)
class Read:
    """A snapshot, what is told beside it, and what is taken from it."""

    snapshot: Snapshot
    problems: list[Diagnostic]

    @property
    def seen(self) -> Seen:
        return read_seen(self.snapshot)

    @property
    def addresses(self) -> ClusterAddresses:
        return find_addresses(self.snapshot, ("kube-system", "kube-dns"))

    def said(self, code: str) -> list[str]:
        return [item.summary for item in self.problems if item.code == code]


def read(connection: Connection) -> Read:
    snapshot, problems = read_cluster(connection, NoWaiting())
    return Read(snapshot, [*problems, *check_surroundings(snapshot)])


def write(admin: Client) -> None:
    """Write the world: a plain cluster, and beside it all that is odd about this one."""
    world = World(admin)
    world.nodes[1]["metadata"]["annotations"] |= {
        "projectcalico.org/IPv4IPIPTunnelAddr": "10.244.254.1",
        "projectcalico.org/IPv6WireguardInterfaceAddr": "fd00:9::1",
    }
    world.write_system()
    _calico(admin)
    world.write(_others(), "kube-system")
    for name, target in (("hook", 8443), ("view", 6443), ("turn", 9443)):
        world.write(_called(name, target), "called")
    for item in _callers():
        admin.create(item)
    _not_ready(admin)


def _calico(admin: Client) -> None:
    felix = {"apiVersion": V3, "kind": "FelixConfiguration", "metadata": {"name": "default"}}
    settings = {"bpfEnabled": True, "vxlanPort": 4790, "chainInsertMode": "Append"}
    admin.merge(felix, {"spec": {**settings, "failsafeInboundHostPorts": [{"protocol": "tcp", "port": 22}]}})
    admin.create({**felix, "metadata": {"name": "node.worker-1"}, "spec": {"bpfEnabled": False}})
    pool = {"apiVersion": V3, "kind": "IPPool", "metadata": {"name": "old"}}
    admin.create(pool | {"spec": {"cidr": "10.50.0.0/16", "disabled": True, "nodeSelector": "all()"}})
    freezing = {"apiVersion": V3, "kind": "NetworkPolicy", "metadata": {"name": "freezes", "namespace": "default"}}
    admin.create(freezing | {"spec": {"types": ["Ingress"], "ingress": [{"action": "Allow", "protocol": 300}]}})


def _others() -> list[Manifest]:
    """Return another controller of policies, a cache of names on the nodes, and a mesh that is in the pods alone."""
    proxy = {"name": "istio-proxy", "image": "istio/proxyv2", "restartPolicy": "Always"}
    meshed = {"nodeName": "worker-1", "initContainers": [proxy], "containers": [{"name": "c", "image": "c"}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "meshed"}, "spec": meshed}
    return [
        _workload("DaemonSet", "cilium", "quay.io/cilium/cilium:v1.18.0"),
        _workload("DaemonSet", "node-local-dns", "k8s-dns-node-cache:1.26", hostNetwork=True),
        pod,
    ]


def _workload(kind: str, name: str, image: str, **pod: Any) -> Manifest:
    labels = {"k8s-app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}], **pod}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def _called(name: str, target: int) -> list[Manifest]:
    """Return what the API server calls: a Service whose port is not that of its pods."""
    made = _workload("Deployment", name, "example.com/called")
    made["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": target, "name": "tls"}]
    ports = [{"port": 443, "targetPort": "tls", "protocol": "TCP"}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}}
    return [made, service | {"spec": {"selector": {"k8s-app": name}, "ports": ports}}]


def _callers() -> list[Manifest]:
    def service(name: str) -> Mapping[str, Any]:
        return {"namespace": "called", "name": name, "port": 443}

    rule = {"apiGroups": ["example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["things"]}
    hook = {"name": "hook.example.com", "clientConfig": {"service": service("hook")}, "rules": [rule]}
    hook |= {"sideEffects": "None", "admissionReviewVersions": ["v1"], "failurePolicy": "Ignore"}
    admission = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "hook.example.com"}}
    view = {"group": "view.example.com", "version": "v1", "groupPriorityMinimum": 10, "versionPriority": 10}
    view |= {"service": service("view"), "insecureSkipTLSVerify": True}
    names = {"plural": "turns", "singular": "turn", "kind": "Turn", "listKind": "TurnList"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    conversion = {"clientConfig": {"service": service("turn")}, "conversionReviewVersions": ["v1"]}
    crd = {"group": "turn.example.com", "names": names, "scope": "Cluster", "versions": [version]}
    crd |= {"conversion": {"strategy": "Webhook", "webhook": conversion}}
    kinds = {"ValidatingWebhookConfiguration": "webhooks", "MutatingWebhookConfiguration": "webhooks"}
    return [
        *({**admission, "kind": kind, key: [hook]} for kind, key in kinds.items()),
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1.view.example.com"},
            "spec": view,
        },
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "turns.turn.example.com"},
            "spec": crd,
        },
    ]


def _not_ready(admin: Client) -> None:
    """Take the readiness off the pod of Felix on one node; a third node has none."""
    pods = admin.objects("v1", "Pod", "kube-system")
    agent = next(
        pod
        for pod in pods
        if pod["metadata"].get("labels", {}).get("k8s-app") == "calico-node" and pod["spec"]["nodeName"] == "worker-1"
    )
    admin.merge(agent, {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, "/status")
    admin.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-9"}})
