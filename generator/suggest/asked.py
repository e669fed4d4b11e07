"""The asked flow in the words of an intent: which service, external or namespace each end is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from generator.intent import LoadedIntent
from generator.intent.model import Intent, PodSelection, PortSpec, Service
from generator.intent.ports import missing_ports
from generator.packets.addresses import AddressSet, format_address
from generator.packets.intervals import Intervals
from generator.packets.transport import SCTP, TCP, UDP, TransportPacket, TransportSet
from generator.reach.flow import End, Flow
from generator.reach.inventory import Pod
from generator.suggest.model import Group

PROTOCOLS: Final = {TCP: "TCP", UDP: "UDP", SCTP: "SCTP"}
_OF_ONE_POD: Final = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
    }
)
_NAMES: Final = ("app", "app.kubernetes.io/name", "k8s-app")


@dataclass(frozen=True, slots=True)
class Asked:
    """A flow that is denied, the intent that should allow it, and what is known beside it.

    `owned` tells whether policies of the intent select pods of a namespace. `pods` are all pods of the snapshot.
    """

    loaded: LoadedIntent
    flow: Flow
    owned: Collection[str]
    pods: Collection[Pod]
    capabilities: Collection[str]
    as_of: date

    @property
    def intent(self) -> Intent:
        """Return the intent as it is."""
        return self.loaded.intent

    @property
    def transport(self) -> TransportPacket:
        """Return the packet that was asked for."""
        return self.flow.transport

    @property
    def packets(self) -> TransportSet:
        """Return the packets to the asked port, from any port; of a protocol without ports the packet alone."""
        if self.transport.protocol not in PROTOCOLS:
            return TransportSet.of_packet(self.transport)
        port = Intervals.single(self.transport.destination_port)
        return TransportSet.of_ports(self.transport.protocol, None, port)

    @property
    def port(self) -> PortSpec:
        """Return the asked port as the intent writes it."""
        number = self.transport.destination_port
        return PortSpec(PROTOCOLS[self.transport.protocol], number, number)

    def body(self, *way: str) -> Any:
        """Return what stands at a way in the effective intent, or None."""
        found: Any = self.loaded.effective
        for step in way:
            found = found.get(step) if isinstance(found, Mapping) else None
        return found

    def services_of(self, end: End) -> list[Service]:
        """Return the services whose pods the end is one of, those with the most labels first."""
        pod = end.pod
        if pod is None:
            return []
        found = [item for item in self.intent.services.values() if selects(item.pods, pod)]
        return sorted(found, key=lambda item: (-len(item.pods.labels), item.name))

    def is_owned(self, end: End) -> bool:
        """Tell whether the end is a pod that policies of the intent select."""
        return end.pod is not None and end.pod.namespace in self.owned

    def labels_of(self, pod: Pod) -> dict[str, str]:
        """Return the fewest labels that tell a pod's workload from others of its namespace."""
        labels = {key: value for key, value in pod.workload.labels if key not in _OF_ONE_POD}
        for key in _NAMES:
            if key in labels and not self._others_with(pod, {key: labels[key]}):
                return {key: labels[key]}
        return labels

    def _others_with(self, pod: Pod, labels: Mapping[str, str]) -> bool:
        wanted = set(labels.items())
        return any(
            other.namespace == pod.namespace and not _are_alike(other, pod) and wanted <= set(other.workload.labels)
            for other in self.pods
        )


def _are_alike(left: Pod, right: Pod) -> bool:
    def own(pod: Pod) -> set[tuple[str, str]]:
        return {(key, value) for key, value in pod.workload.labels if key not in _OF_ONE_POD}

    return own(left) == own(right)


def selects(selection: PodSelection, pod: Pod) -> bool:
    """Tell whether a pod is one of those that the intent selects."""
    account = selection.service_account
    return (
        pod.namespace == selection.namespace
        and set(selection.labels) <= set(pod.workload.labels)
        and (not account or pod.workload.service_account == account)
    )


def group_of(end: End) -> Group:
    """Return one end by itself: a node, or a single address."""
    family, number = end.address
    return Group(node=end.node if end.is_host else "", addresses=AddressSet.of_address(family, number))


def cidr_of(end: End) -> str:
    """Return the end's address as a range of one."""
    return f"{format_address(*end.address)}/{32 if end.address[0] == 4 else 128}"


def write_port(port: PortSpec) -> int | str:
    """Return a port as people write it: TCP goes without saying."""
    if port.name or port.protocol != "TCP":
        return str(port)
    return port.first if port.first == port.last else f"{port.first}-{port.last}"


def is_offered(asked: Asked, service: Service, pod: Pod | None) -> PortSpec | None:
    """Return the port of a service that holds the asked one, by number or by the name that the pod gives it."""
    for port in service.ports:
        if port.name:
            named = {name for name, protocol, number in (pod.ports if pod else ()) if _is(asked, protocol, number)}
            if port.name in named and port.protocol == asked.port.protocol:
                return port
        elif not missing_ports([asked.port], [port]):
            return port
    return None


def _is(asked: Asked, protocol: int, number: int) -> bool:
    return (protocol, number) == (asked.transport.protocol, asked.transport.destination_port)
