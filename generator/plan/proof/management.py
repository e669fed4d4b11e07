"""The management plane: whoever keeps the cluster going, and whom the API server calls (product.md 6).

None of what reaches and leaves it may be cut in any state, not even if the plan's end would cut it. Of a flow between
the management plane and another pod its own end alone is asked: whether that pod may have the flow is for the intent to
say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from generator.intent.namespaces import is_listed
from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.packets.transport import TCP, TransportSet
from generator.reach.inventory import Pod
from generator.reach.places import Mask, Place, Places
from generator.reach.service_fronts import readable_addresses
from generator.snapshot.model import ApiCallback, KubeService, Snapshot
from generator.snapshot.resolve import find_port, has_labels, target_ports

# Namespaces of Kubernetes, Calico, of what delivers objects and of what admits them, whatever the platform says.
MANAGEMENT_NAMESPACES: Final = (
    "argocd",
    "calico-*",
    "cattle-*",
    "cert-manager",
    "flux-system",
    "gatekeeper-system",
    "gke-*",
    "kube-*",
    "kyverno",
    "openshift-*",
    "tigera-*",
)


@dataclass(frozen=True, slots=True)
class Management:
    """Places of the management plane, and those that the API server calls with the packets of the calls."""

    places: Mask = 0
    called: dict[int, TransportSet] = field(default_factory=dict)
    callers: Mask = 0  # where the API server is: nodes, its addresses; all that is no pod, where those are not known


def find_management(
    snapshot: Snapshot,
    places: Places,
    owned: Iterable[str],
    sets: Iterable[AddressSet],
    system: Iterable[str] = (),
) -> Management:
    """Return the management plane among places; `owned` are the namespaces that the intent governs, which are not.

    `system` are the system namespaces of the platform, where `*` ends a prefix; `sets` are the addresses of all network
    sets: nobody's API server is in a feed.
    """
    mine, system = set(owned), (*MANAGEMENT_NAMESPACES, *system)
    mask = places.hosts
    called: dict[int, TransportSet] = {}
    services = {(item.namespace, item.name): item for item in snapshot.services}
    for place in places.places:
        for pod in place.pods:
            if pod.namespace not in mine and is_listed(pod.namespace, system):
                mask |= place.bit
            for callback in snapshot.callbacks:
                service = services.get((callback.namespace, callback.service))
                if service is not None and _is_behind(pod, service):
                    packets = _calls(pod, service, callback)
                    called[place.number] = called.get(place.number, TransportSet.nothing()) | packets
    return Management(mask, called, places.hosts | _api_server(snapshot, places, sets))


def _api_server(snapshot: Snapshot, places: Places, sets: Iterable[AddressSet]) -> Mask:
    """Return where the API server is as far as that is known, else all outside that no network set holds.

    An address that cannot be read is nobody's.
    """
    slices = [item for item in snapshot.endpoint_slices if (item.namespace, item.service) == ("default", "kubernetes")]
    if not slices:
        named = AddressSet.union(sets)
        return _mask(place for place in places.places if place.outside and not place.outside & named)
    known = (address for item in slices for address in readable_addresses(item.addresses))
    found = (places.outside_place(number) for family, number in known if family == places.family)
    return _mask(place for place in found if place is not None)


def _mask(places: Iterable[Place]) -> Mask:
    mask = 0
    for place in places:
        mask |= place.bit
    return mask


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
