"""The objects of a plain cluster made by kubeadm, with Calico installed from its manifests into kube-system."""

from __future__ import annotations

from typing import Any, Final

from tests.testbed.client import Manifest

CALICO_VERSION: Final = "v3.32.1"
DNS_ADDRESS: Final = "10.96.0.10"
POD_NET: Final = "10.244.0.0/16"
SERVICE_NET: Final = "10.96.0.0/16"


# As in Calico's own manifests; Felix takes it before what a FelixConfiguration says.
_FELIX: Final = ({"name": "FELIX_DEFAULTENDPOINTTOHOSTACTION", "value": "ACCEPT"},)


def nodes(count: int) -> list[Manifest]:
    """Return nodes, the first of them with the control plane."""
    return [_node(number) for number in range(count)]


def _node(number: int) -> Manifest:
    name = "control-plane" if number == 0 else f"worker-{number}"
    address = f"192.168.10.{10 + number}"
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    if number == 0:
        labels["node-role.kubernetes.io/control-plane"] = ""
    annotations = {
        "projectcalico.org/IPv4Address": f"{address}/24",
        "projectcalico.org/IPv4VXLANTunnelAddr": f"10.244.255.{number}",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "spec": {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]},
        "status": {
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    }


def system_objects(of: list[Manifest], calico: str) -> list[Manifest]:
    """Return the workloads and Services of namespace kube-system, and the way to the API server."""
    return [_kubeadm_config(), _kubelet_config(), *_dns(), *_calico(calico), _api_server(of[0])]


def _kubeadm_config() -> Manifest:
    text = f"networking:\n  dnsDomain: cluster.local\n  podSubnet: {POD_NET}\n  serviceSubnet: {SERVICE_NET}\n"
    data = {"ClusterConfiguration": f"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n{text}"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kubeadm-config"}, "data": data}


def _kubelet_config() -> Manifest:
    text = f"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDNS:\n- {DNS_ADDRESS}\n"
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kubelet-config"}, "data": {"kubelet": text}}


def _dns() -> list[Manifest]:
    labels = {"k8s-app": "kube-dns"}
    ports: list[Any] = [
        {"name": "dns", "containerPort": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
        {"name": "metrics", "containerPort": 9153, "protocol": "TCP"},
    ]
    container = {"name": "coredns", "image": "coredns/coredns:v1.13.1", "ports": ports}
    service_ports = [{"name": row["name"], "port": row["containerPort"], "protocol": row["protocol"]} for row in ports]
    service = {"selector": labels, "clusterIP": DNS_ADDRESS, "ports": service_ports}
    return [
        _account("coredns"),
        _workload("Deployment", "coredns", labels, {"serviceAccountName": "coredns", "containers": [container]}, 2),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns", "labels": labels}, "spec": service},
    ]


def _calico(version: str) -> list[Manifest]:
    agent: Manifest = {
        "serviceAccountName": "calico-node",
        "hostNetwork": True,
        "containers": [{"name": "calico-node", "image": f"calico/node:{version}", "env": list(_FELIX)}],
    }
    controllers: Manifest = {
        "serviceAccountName": "calico-kube-controllers",
        "containers": [{"name": "calico-kube-controllers", "image": f"calico/kube-controllers:{version}"}],
    }
    return [
        _account("calico-node"),
        _account("calico-kube-controllers"),
        _workload("DaemonSet", "calico-node", {"k8s-app": "calico-node"}, agent),
        _workload("Deployment", "calico-kube-controllers", {"k8s-app": "calico-kube-controllers"}, controllers, 1),
    ]


def _account(name: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def _workload(kind: str, name: str, labels: dict[str, str], spec: Manifest, replicas: int | None = None) -> Manifest:
    template = {"metadata": {"labels": labels}, "spec": spec}
    body: Manifest = {"selector": {"matchLabels": labels}, "template": template}
    if replicas is not None:
        body["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "labels": labels}, "spec": body}


def _api_server(node: Manifest) -> Manifest:
    """What an API server writes about itself; it is switched off in the test bed, for the address would be loopback."""
    address = node["status"]["addresses"][0]["address"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "addressType": "IPv4",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "kubernetes"},
        },
        "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
    }
