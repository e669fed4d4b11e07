"""A cluster in the API server: nodes, system pods, and applications with the pods that they would have.

world = World(server.client())
world.write_system()                                   # a kubeadm cluster with CoreDNS and Calico
world.write(documents_of(manifests), namespace="shop")  # objects, pods with addresses, EndpointSlices
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.plain_yaml import load_all
from tests.testbed.client import Client, Manifest
from tests.testbed.controllers import endpoint_slices, pods_of, replica_set
from tests.testbed.system import CALICO_VERSION, nodes, system_objects

_WORKLOADS: Final = {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"}
_FIRST: Final = ("Namespace", "ServiceAccount", "ConfigMap")
_POD_NET: Final = IPv4Network("10.244.0.0/16")


def documents_of(path: Path) -> list[Manifest]:
    """Return the objects of a YAML file, or of all YAML files of a folder; lists are taken apart."""
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    found = [doc for file in files for doc in load_all(file.read_text(encoding="utf-8")) if doc]
    return [item for doc in found for item in (doc["items"] if doc["kind"].endswith("List") else [doc])]


class World:
    """Writes to one API server what an administrator, and the controllers after him, would write."""

    def __init__(self, admin: Client, node_count: int = 2, calico: str = CALICO_VERSION) -> None:
        self._admin = admin
        self._calico = calico
        self.nodes = nodes(node_count)
        self.pods: list[Manifest] = []
        self._given = 0
        self._spaces: set[str] = set()

    def write_system(self) -> None:
        """Write the nodes, CoreDNS, Calico's own workloads and what leads to the API server."""
        for node in self.nodes:
            written = self._admin.create(node)
            self._admin.merge(written, {"status": node["status"]}, "/status")
        self.write(system_objects(self.nodes, self._calico), namespace="kube-system")

    def write(self, documents: Iterable[Manifest], namespace: str = "default") -> list[Manifest]:
        """Apply objects, those without a namespace in this one, and write what follows from them.

        Returns the objects as the server holds them.
        """
        placed = [self._placed(doc, namespace) for doc in documents]
        placed.sort(key=lambda doc: _FIRST.index(doc["kind"]) if doc["kind"] in _FIRST else len(_FIRST))
        for doc in placed:
            self._make_room(doc["metadata"].get("namespace"))
        written = [self._admin.apply(doc) for doc in placed]
        for obj in written:
            if obj["kind"] in _WORKLOADS:
                self._run(obj)
        for obj in written:
            if obj["kind"] == "Service":
                self._serve(obj)
        return written

    def _placed(self, doc: Manifest, namespace: str) -> Manifest:
        doc = copy.deepcopy(doc)
        if self._admin.is_namespaced(doc["apiVersion"], doc["kind"]):
            doc["metadata"].setdefault("namespace", namespace)
        else:
            doc["metadata"].pop("namespace", None)
        return doc

    def _make_room(self, namespace: str | None) -> None:
        """Make a namespace if there is none, with the service account that each has."""
        if namespace is None or namespace in self._spaces:
            return
        self._spaces.add(namespace)
        self._admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        account = {"name": "default", "namespace": namespace}
        self._admin.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})

    def _run(self, workload: Manifest) -> None:
        owner = workload
        if workload["kind"] == "Deployment":
            owner = self._admin.create(replica_set(workload))
        pods = [self._start(pod) for pod in pods_of(owner, [node["metadata"]["name"] for node in self.nodes])]
        self.pods.extend(pods)
        counts = {"replicas": len(pods), "readyReplicas": len(pods), "availableReplicas": len(pods)}
        if workload["kind"] == "DaemonSet":
            wanted = ("currentNumberScheduled", "desiredNumberScheduled", "numberReady", "numberAvailable")
            counts = dict.fromkeys(wanted, len(pods)) | {"numberMisscheduled": 0}
        if workload["kind"] != "Job":
            self._admin.merge(workload, {"status": counts}, "/status")

    def _start(self, pod: Manifest) -> Manifest:
        """Write a pod, and the status that its kubelet would write."""
        written = self._admin.create(pod)
        node = next(node for node in self.nodes if node["metadata"]["name"] == pod["spec"]["nodeName"])
        host = node["status"]["addresses"][0]["address"]
        address = host if pod["spec"].get("hostNetwork") else self._next_address()
        status: dict[str, Any] = {
            "phase": "Running",
            "hostIP": host,
            "hostIPs": [{"ip": host}],
            "podIP": address,
            "podIPs": [{"ip": address}],
            "conditions": [{"type": kind, "status": "True"} for kind in ("PodScheduled", "Initialized", "Ready")],
            "containerStatuses": [
                {"name": row["name"], "image": row.get("image", ""), "imageID": "", "ready": True, "restartCount": 0}
                for row in pod["spec"]["containers"]
            ],
        }
        return self._admin.merge(written, {"status": status}, "/status")

    def _next_address(self) -> str:
        self._given += 1
        return str(_POD_NET[self._given + 1])

    def _serve(self, service: Manifest) -> None:
        for made in endpoint_slices(service, self.pods):
            self._admin.apply(made)
        if service["spec"].get("type") == "LoadBalancer":
            ingress = [{"ip": "203.0.113.10"}]
            self._admin.merge(service, {"status": {"loadBalancer": {"ingress": ingress}}}, "/status")


def export(admin: Client, file: Path, leave_out: Iterable[str] = ("Secret", "Event", "Lease")) -> Path:
    """Write all that the server holds into one YAML file, as `kubectl get -o yaml` of every kind would."""
    items = [
        obj
        for api_version, kind, _ in admin.kinds(("list",))
        if kind not in {*leave_out, "ComponentStatus"}
        for obj in admin.objects(api_version, kind)
    ]
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    file.write_text(yaml.dump_all(items, Dumper=dumper, sort_keys=False), encoding="utf-8")
    return file
