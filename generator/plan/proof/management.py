"""The management plane: whoever keeps the cluster going, and whom the API server calls (product.md 6).

None of what reaches and leaves it may be cut in any state, not even if the plan's end would cut it. Of a flow between
the management plane and another pod its own end alone is asked: whether that pod may have the flow is for the intent to
say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from generator.packets.addresses import parse_address
from generator.packets.intervals import Intervals
from generator.packets.transport import TCP, TransportSet
from generator.reach.inventory import Pod
from generator.reach.places import Mask, Places
from generator.snapshot.model import ApiCallback, KubeService, Snapshot
from generator.snapshot.resolve import find_port, has_labels, target_ports

# Namespaces of Kubernetes, Calico, platforms, of what delivers objects and of what admits them; a dash ends a prefix.
MANAGEMENT_NAMESPACES: Final = (
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


@dataclass(frozen=True, slots=True)
class Management:
    """Places of the management plane, and those that the API server calls with the packets of the calls."""

    places: Mask = 0
    called: dict[int, TransportSet] = field(default_factory=dict)
    callers: Mask = 0  # where the API server is: nodes, its addresses; all that is no pod, where those are not known


def is_management(namespace: str) -> bool:
    """Tell whether a namespace is one of the management plane."""
    return any(
        namespace.startswith(name) if name.endswith("-") else namespace == name for name in MANAGEMENT_NAMESPACES
    )


def find_management(snapshot: Snapshot, places: Places, owned: Iterable[str]) -> Management:
    """Return the management plane among places; `owned` are the namespaces that the intent governs, which are not."""
    mine = set(owned)
    mask = places.hosts
    called: dict[int, TransportSet] = {}
    services = {(item.namespace, item.name): item for item in snapshot.services}
    for place in places.places:
        for pod in place.pods:
            if is_management(pod.namespace) and pod.namespace not in mine:
                mask |= place.bit
            for callback in snapshot.callbacks:
                service = services.get((callback.namespace, callback.service))
                if service is not None and _is_behind(pod, service):
                    packets = _calls(pod, service, callback)
                    called[place.number] = called.get(place.number, TransportSet.nothing()) | packets
    return Management(mask, called, places.hosts | _api_server(snapshot, places))


def _api_server(snapshot: Snapshot, places: Places) -> Mask:
    mask = 0
    for piece in snapshot.endpoint_slices:
        if (piece.namespace, piece.service) == ("default", "kubernetes"):
            for family, number in map(parse_address, piece.addresses):
                place = places.outside_place(number) if family == places.family else None
                mask |= place.bit if place is not None else 0
    known = any((item.namespace, item.service) == ("default", "kubernetes") for item in snapshot.endpoint_slices)
    return mask if known else places.all & ~places.pods


def _is_behind(pod: Pod, service: KubeService) -> bool:
    return (
        service.selector is not None
        and pod.namespace == service.namespace
        and has_labels(pod.workload.labels, service.selector)
    )


def _calls(pod: Pod, service: KubeService, callback: ApiCallback) -> TransportSet:
    port = find_port(service, str(callback.port))
    if port is None:
        return TransportSet.nothing()
    found = target_ports(service, port, [pod.workload])
    if not isinstance(found, frozenset):
        return TransportSet.nothing()
    return TransportSet.union(
        TransportSet.of_ports(TCP, None, Intervals.of((item.first, item.last)))
        for item in found
        if item.protocol == "TCP"
    )
