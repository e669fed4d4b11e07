"""Workloads to services: what one Service selects is one service; a workload without a Service is one of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from generator.discover.proposal import Evidence, ProposedPort
from generator.intent.model import Labels, PortSpec
from generator.intent.names import RESERVED_NAMES, parse_label_key, parse_label_value, parse_name
from generator.intent.problems import ValueProblem
from generator.snapshot.model import KubeService, Snapshot, Workload
from generator.snapshot.resolve import PodIndex, Unresolved, target_ports, top_workloads

# Labels that change with a release or a pod, so that a policy must not lean on them.
_VOLATILE: Final = frozenset(
    [
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/controller-uid",
        "controller-uid",
        "job-name",
        "helm.sh/chart",
        "chart",
        "heritage",
        "app.kubernetes.io/version",
        "app.kubernetes.io/managed-by",
        "version",
    ]
)
# Which label to take first when several single ones would do.
_PREFERRED: Final = ("app", "app.kubernetes.io/name", "k8s-app", "name", "app.kubernetes.io/component", "component")


@dataclass(slots=True)
class Group:
    """A service in the making: the same pods, whatever leads to them."""

    name: str
    namespace: str
    labels: Labels
    workloads: tuple[Workload, ...]
    services: tuple[KubeService, ...]
    why: str = ""
    ports: list[ProposedPort] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """Return what sorts it: namespace and name."""
        return (self.namespace, self.name)

    def ports_of(self, snapshot: Snapshot, service: KubeService, number: int) -> frozenset[PortSpec]:
        """Return the pod ports behind a port number of one of its Services; empty where they are not known."""
        found: set[PortSpec] = set()
        for port in service.ports:
            if port.port == number:
                result = target_ports(service, port, self.workloads, snapshot.endpoint_slices)
                found.update(() if isinstance(result, Unresolved) else result)
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Groups:
    """All services in the making, with the way from Services and workloads to them."""

    all: tuple[Group, ...]
    by_service: Mapping[tuple[str, str], Group]
    by_workload: Mapping[tuple[str, str, str], Group]
    host_network: tuple[Workload, ...]


def group_workloads(snapshot: Snapshot, left_out: frozenset[str]) -> Groups:
    """Group the workloads of all namespaces but those left out; names are unique afterwards.

    A workload behind several different groups of pods has its own needs in the smallest of them; all of them can be
    called. Pods in the host's network are no pods for policy and belong to none (calico.md 1.5).
    """
    tops = [item for item in top_workloads(snapshot) if item.namespace not in left_out]
    pods = [item for item in tops if not item.host_network]
    index = PodIndex(pods)
    by_pods = _selected(snapshot, index)
    groups: list[Group] = [_behind(chosen, found) for chosen, found in by_pods]
    covered = {_id(workload) for group in groups for workload in group.workloads}
    groups.extend(_alone([item for item in pods if _id(item) not in covered], index))
    _name_apart(groups)
    groups.sort(key=lambda group: group.key)
    by_service = {(item.namespace, item.name): group for group in groups for item in group.services}
    by_workload: dict[tuple[str, str, str], Group] = {}
    for group in sorted(groups, key=lambda group: (len(group.workloads), group.key)):
        for workload in group.workloads:
            by_workload.setdefault(_id(workload), group)
    for group in groups:
        group.why = group.why or _illegal(group)
        group.ports.extend(_ports(snapshot, group))
    hosted = tuple(item for item in tops if item.host_network)
    return Groups(tuple(groups), by_service, by_workload, hosted)


def workload_id(workload: Workload) -> tuple[str, str, str]:
    """Return what tells a workload from others."""
    return _id(workload)


def _id(workload: Workload) -> tuple[str, str, str]:
    return (workload.namespace, workload.kind, workload.name)


def _selected(snapshot: Snapshot, index: PodIndex) -> list[tuple[list[KubeService], tuple[Workload, ...]]]:
    """Return the Services by the set of workloads that they lead to."""
    found: dict[tuple[tuple[str, str, str], ...], tuple[list[KubeService], tuple[Workload, ...]]] = {}
    for service in snapshot.services:
        chosen = index.select(service.namespace, service.selector) if service.selector else ()
        if chosen:
            found.setdefault(tuple(_id(item) for item in chosen), ([], chosen))[0].append(service)
    return list(found.values())


def _behind(services: list[KubeService], workloads: tuple[Workload, ...]) -> Group:
    """Make the group of Services that lead to the same pods; the plainest of them gives its name and selector."""
    names = {item.name for item in workloads}
    apps = {value for item in workloads for key, value in item.labels if key in _PREFERRED[:2]}

    def rank(service: KubeService) -> tuple[bool, bool, bool, bool, int, str]:
        return (
            service.name not in names,
            service.name not in apps,
            service.type in ("LoadBalancer", "NodePort"),
            service.headless,
            len(service.name),
            service.name,
        )

    first = min(services, key=rank)
    ordered = tuple(sorted(services, key=rank))
    return Group(first.name, first.namespace, first.selector or (), workloads, ordered)


def _alone(rest: Sequence[Workload], index: PodIndex) -> Iterable[Group]:
    """Make the groups of workloads without a Service; those that labels cannot tell apart are one."""
    merged: dict[tuple[str, Labels], list[Workload]] = {}
    for workload in rest:
        merged.setdefault((workload.namespace, _stable(workload.labels)), []).append(workload)
    for (namespace, labels), found in merged.items():
        chosen = _fewest(namespace, labels, len(found), index)
        own = {_id(item) for item in found}
        others = sorted(f"{item.kind}/{item.name}" for item in index.select(namespace, chosen) if _id(item) not in own)
        why = ""
        if not labels:
            why = "its pods have no label of their own, so nothing can select them: give them one"
        elif others:
            why = f"its labels also match {', '.join(others)}: give its pods a label of their own"
        name = min(item.name for item in found)
        yield Group(name, namespace, chosen, tuple(found), (), why)


def _stable(labels: Labels) -> Labels:
    return tuple((key, value) for key, value in labels if key not in _VOLATILE)


def _fewest(namespace: str, labels: Labels, mine: int, index: PodIndex) -> Labels:
    """Return one label that only these pods (so many workloads) have, else all that are stable."""
    order = {key: position for position, key in enumerate(_PREFERRED)}
    for label in sorted(labels, key=lambda item: (order.get(item[0], len(order)), item)):
        if len(index.select(namespace, (label,))) == mine:
            return (label,)
    return labels


def _illegal(group: Group) -> str:
    """Return what no API server would take of the group's namespace and labels, so that no intent can say it."""
    try:
        parse_name(group.namespace)
        for key, value in group.labels:
            parse_label_key(key)
            parse_label_value(value)
    except ValueProblem as error:
        return f"{error.summary}: no API server takes its manifest"
    return ""


def _name_apart(groups: list[Group]) -> None:
    """Give every group a name of its own that an intent can have: a DNS label, not a word with a meaning."""
    taken: dict[str, int] = {}
    for group in groups:
        group.name = _dns_label(group.name)
        taken[group.name] = taken.get(group.name, 0) + 1
    used: set[str] = set()
    for group in sorted(groups, key=lambda item: (item.namespace, item.name, item.labels)):
        name = group.name
        if taken[name] > 1 or name in RESERVED_NAMES:
            name = _dns_label(f"{name}-{group.namespace}")
        number = 2
        final = name
        while final in used:
            final, number = _dns_label(f"{name[:58]}-{number}"), number + 1
        used.add(final)
        group.name = final


def _dns_label(name: str) -> str:
    cleaned = "".join(char if char.isascii() and (char.isalnum() or char == "-") else "-" for char in name.lower())
    return cleaned.strip("-")[:63].rstrip("-") or "unnamed"


def _ports(snapshot: Snapshot, group: Group) -> Iterable[ProposedPort]:
    """Go through the pod ports: those that a Service leads to are certain, others that containers declare are not."""
    found: dict[PortSpec, ProposedPort] = {}
    for service in group.services:
        for position, port in enumerate(service.ports):
            place = service.source.place(("spec", "ports", position))
            result = target_ports(service, port, group.workloads, snapshot.endpoint_slices)
            if isinstance(result, Unresolved):
                continue
            target = "" if port.target == str(port.port) else f" to {port.target}"
            text = f"Service {service.name} port {port.port}{target}"
            for number in sorted(result):
                found.setdefault(number, ProposedPort(number, Evidence(place, text)))
    why = (
        "no Service leads to this port" if group.services else "it has no Service; somebody may call its pods directly"
    )
    # A headless Service may have no ports at all: then its name leads to every port of the pods.
    if any(service.headless and not service.ports for service in group.services):
        why = ""
    for workload in group.workloads:
        for container in workload.containers:
            for declared in container.ports:
                text = f"container {container.name} of {workload.kind}/{workload.name}"
                if not container.init and declared.port not in found:
                    found[declared.port] = ProposedPort(declared.port, Evidence(workload.source.place(), text), why)
    return [found[port] for port in sorted(found)]
