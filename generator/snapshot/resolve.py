"""From names to pods and ports: which pods a Service or selector takes, and on which ports they are reached.

A packet that policy sees has the pod's address and the pod's port, not the Service's (calico.md 4.8; field note P15).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.intent.model import Labels, PortSpec
from generator.snapshot.model import EndpointSlice, KubeService, ServicePort, Snapshot, Workload


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why a Service port leads to no pod port that is known; `reason` is one line for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class ServiceTable:
    """Services by (namespace, name), for the many questions of one run."""

    by_name: Mapping[tuple[str, str], KubeService]

    @classmethod
    def of(cls, snapshot: Snapshot) -> ServiceTable:
        """Index the Services of a snapshot."""
        return cls({(item.namespace, item.name): item for item in snapshot.services})

    def find(self, namespace: str, name: str) -> KubeService | None:
        """Return a Service, or None."""
        return self.by_name.get((namespace, name))


class PodIndex:
    """Workloads by namespace and label, for the many selections of one run."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._by_namespace: dict[str, list[Workload]] = {}
        self._by_label: dict[tuple[str, str, str], list[Workload]] = {}
        for item in workloads:
            self._by_namespace.setdefault(item.namespace, []).append(item)
            for key, value in item.labels:
                self._by_label.setdefault((item.namespace, key, value), []).append(item)

    def select(self, namespace: str, labels: Labels) -> tuple[Workload, ...]:
        """Return the workloads of a namespace whose pods have all these labels, in their order; none given: all."""
        if not labels:
            return tuple(self._by_namespace.get(namespace, ()))
        wanted = set(labels)
        fewest = min((self._by_label.get((namespace, *label), []) for label in labels), key=len)
        return tuple(item for item in fewest if wanted <= set(item.labels))


def top_workloads(snapshot: Snapshot) -> tuple[Workload, ...]:
    """Return the workloads without the live pods that another workload of the snapshot makes."""
    return tuple(item for item in snapshot.workloads if not item.owner)


def services_by_address(snapshot: Snapshot) -> dict[str, KubeService]:
    """Return each Service by its cluster, external and load balancer addresses; headless ones have none."""
    found: dict[str, KubeService] = {}
    for service in snapshot.services:
        for address in (*service.cluster_ips, *service.addresses):
            if address != "None":
                found.setdefault(address, service)
    return found


def has_labels(labels: Labels, wanted: Labels) -> bool:
    """Tell whether all wanted labels are there; nothing wanted is always there."""
    return set(wanted) <= set(labels)


def pods_selected(snapshot: Snapshot, namespace: str, labels: Labels) -> tuple[Workload, ...]:
    """Return the workloads (and live pods) of a namespace whose pods have all these labels; none given: all."""
    wanted = set(labels)
    return tuple(item for item in snapshot.workloads if item.namespace == namespace and wanted <= set(item.labels))


def service_pods(snapshot: Snapshot, service: KubeService) -> tuple[Workload, ...]:
    """Return the workloads that a Service leads to by its selector; without one it has none."""
    return () if service.selector is None else pods_selected(snapshot, service.namespace, service.selector)


def match_label_selector(selector: Any, labels: Mapping[str, str]) -> bool:
    """Evaluate a Kubernetes label selector (matchLabels, matchExpressions); empty matches all, None nothing.

    NotIn matches also where the label is absent. An expression of another shape matches nothing, as the API server
    would refuse it.
    """
    if not isinstance(selector, Mapping):
        return False
    wanted = selector.get("matchLabels")
    if isinstance(wanted, Mapping) and any(labels.get(str(key)) != value for key, value in wanted.items()):
        return False
    expressions = selector.get("matchExpressions")
    if not isinstance(expressions, list):
        return True
    return all(_holds(item, labels) for item in expressions)


def _holds(expression: Any, labels: Mapping[str, str]) -> bool:
    if not isinstance(expression, Mapping):
        return False
    key, values = str(expression.get("key")), expression.get("values")
    listed: Sequence[Any] = values if isinstance(values, list) else ()
    match expression.get("operator"):
        case "In":
            return labels.get(key) in listed if key in labels else False
        case "NotIn":
            return labels.get(key) not in listed
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


def find_port(service: KubeService, written: str) -> ServicePort | None:
    """Return the port of a Service by number or name; where nothing is written, its only one."""
    if not written:
        return service.ports[0] if len(service.ports) == 1 else None
    for port in service.ports:
        if written in (str(port.port), port.name):
            return port
    return None


def target_ports(
    service: KubeService, port: ServicePort, workloads: Iterable[Workload], slices: Iterable[EndpointSlice] = ()
) -> frozenset[PortSpec] | Unresolved:
    """Return the pod ports behind one port of a Service: `workloads` are its pods, `slices` all that may be its.

    A number is that port. A name is looked up in each workload (they may differ; those without it get no traffic). A
    Service without a selector has what its EndpointSlices say; an ExternalName has no pods. A headless Service leads
    to the same target ports, as far as clients use its SRV records; its ports are resolved alike.
    """
    if service.type == "ExternalName":
        return Unresolved(f"Service '{service.name}' is a name for {service.external_name or 'another host'}")
    if service.selector is None:
        return _sliced(service, port, slices)
    pods = list(workloads)
    if port.target.isdigit():
        number = int(port.target)
        return frozenset([PortSpec(port.protocol, number, number)])
    found = {
        declared.port
        for workload in pods
        for container in workload.containers
        for declared in container.ports
        if declared.name == port.target and declared.port.protocol == port.protocol
    }
    if found:
        return frozenset(found)
    if not pods:
        return Unresolved(f"Service '{service.name}' selects no pods, so the port name '{port.target}' has no number")
    return Unresolved(f"no container behind Service '{service.name}' has a port named '{port.target}'")


def _sliced(
    service: KubeService, port: ServicePort, slices: Iterable[EndpointSlice]
) -> frozenset[PortSpec] | Unresolved:
    mine = [item for item in slices if (item.namespace, item.service) == (service.namespace, service.name)]
    found = {
        PortSpec(protocol, number, number)
        for item in mine
        for name, protocol, number in item.ports
        if protocol == port.protocol and name in (port.name, "")
    }
    if found:
        return frozenset(found)
    what = "its EndpointSlices lack this port" if mine else "no EndpointSlice of it is in the input"
    return Unresolved(f"Service '{service.name}' has no selector, and {what}")
