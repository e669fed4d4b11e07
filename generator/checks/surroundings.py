"""Who else has a say on packets, and where Calico does not do what the objects say (field-notes M2, P16).

The engine says what Calico makes of its objects. That is not what happens where another controller enforces policies
too, where a mesh carries one port inside another, and on nodes whose Felix is not ready or has settings of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from generator.checks.codes import FELIX_NOT_READY, MESH, NO_CALICO, NODE_SETTINGS, OTHER_CONTROLLER, RULES_BEFORE
from generator.foundation.diagnostics import Diagnostic, problem
from generator.snapshot.facts import own_settings, read_seen
from generator.snapshot.model import FELIX, Snapshot, Workload

# By a part of the image of a pod on every node: who enforces NetworkPolicies too.
_CONTROLLERS: Final = {
    "gke.gcr.io/cilium": "Cilium (GKE Dataplane V2)",
    "cilium/cilium": "Cilium",
    "kube-router": "kube-router",
    "aws-network-policy-agent": "the AWS network policy agent",
    "antrea": "Antrea",
    "ovn-kubernetes": "OVN-Kubernetes",
    "weave-npc": "Weave Net",
    "azure-npm": "Azure NPM",
    "kube-network-policies": "kube-network-policies",
}
# Cilium and others also run beside Calico without policies; a container's own switch says so.
_SWITCHED_OFF: Final = {
    "aws-network-policy-agent": "--enable-network-policy=false",
    "kube-router": "--run-firewall=false",
}
_SIDECARS: Final = {
    "istio-proxy": "Istio",
    "linkerd-proxy": "Linkerd",
    "consul-dataplane": "Consul",
    "kuma-sidecar": "Kuma",
}
_AMBIENT: Final = ("DaemonSet", "ztunnel")
_ON_NODES: Final = ("DaemonSet", "Pod")
_SHOWN: Final = 3


def check_surroundings(snapshot: Snapshot) -> list[Diagnostic]:
    """Report each of them once, with where it stands."""
    return [*_calico(snapshot), *_controllers(snapshot), *_meshes(snapshot), *_nodes(snapshot), *_settings(snapshot)]


def _calico(snapshot: Snapshot) -> Iterator[Diagnostic]:
    seen = read_seen(snapshot)
    if seen.api_mode == "none":
        summary = "no kind of Calico's is served here: verdicts say what Calico would do, and nobody does it"
        yield problem(NO_CALICO, summary, hint="is it the right cluster?")
    if seen.not_ready:
        some = ", ".join(seen.not_ready[:_SHOWN])
        more = f" and {len(seen.not_ready) - _SHOWN} more" if len(seen.not_ready) > _SHOWN else ""
        summary = f"calico-node is not ready: {some}{more}; what these nodes enforce may be older than what is stored"
        yield problem(FELIX_NOT_READY, summary, hint="kubectl get pods -A -l k8s-app=calico-node")


def _controllers(snapshot: Snapshot) -> Iterator[Diagnostic]:
    found: dict[str, Workload] = {}
    for workload in snapshot.workloads:
        if workload.kind not in _ON_NODES:
            continue
        for container in workload.containers:
            part = next((part for part in _CONTROLLERS if part in container.image), "")
            if part and not _is_off(part, workload):
                found.setdefault(_CONTROLLERS[part], workload)
    for name, workload in sorted(found.items(), key=lambda pair: pair[0]):
        where = f"{workload.kind} {workload.namespace}/{workload.name}"
        summary = f"{name} ({where}) may enforce policies as well; what it denies is not in the verdicts"
        yield problem(
            OTHER_CONTROLLER, summary, place=workload.source.place(), hint="switch its policies off, or allow for them"
        )


def _is_off(part: str, workload: Workload) -> bool:
    switch = _SWITCHED_OFF.get(part)
    return switch is not None and any(
        value.value == switch or f"--{value.name}={value.value}" == switch
        for container in workload.containers
        for value in container.values
        if value.kind == "arg"
    )


def _meshes(snapshot: Snapshot) -> Iterator[Diagnostic]:
    found: dict[str, list[Workload]] = {}
    for workload in snapshot.workloads:
        names = {_SIDECARS[container.name] for container in workload.containers if container.name in _SIDECARS}
        if (workload.kind, workload.name) == _AMBIENT:
            names.add("Istio's ambient mode")
        for name in names:
            found.setdefault(name, []).append(workload)
    for name, workloads in sorted(found.items()):
        first = workloads[0]
        summary = f"{name} carries the ports of {len(workloads)} workload(s) inside its own, {first.name} among them"
        hint = "policies see the mesh's ports there; ports cannot be told apart behind it"
        yield problem(MESH, summary, place=first.source.place(), hint=hint)


def _nodes(snapshot: Snapshot) -> Iterator[Diagnostic]:
    for node, other in own_settings(snapshot).items():
        shown = ", ".join(f"{key}={value}" for key, value in sorted(other.items()))
        summary = f"node '{node}' has settings of its own ({shown}); what its policies decide is unknown"
        yield problem(NODE_SETTINGS, summary, hint=f"remove FelixConfiguration node.{node}")


def _settings(snapshot: Snapshot) -> Iterator[Diagnostic]:
    common = snapshot.extra.get(FELIX)
    if isinstance(common, Mapping) and str(common.get("chainInsertMode")).lower() == "append":
        summary = "Felix puts its rules behind those of the nodes (chainInsertMode Append), which may accept before it"
        yield problem(RULES_BEFORE, summary, hint="write chainInsertMode: Insert, or look at the nodes' own rules")
