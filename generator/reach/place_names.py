"""Names for sets of places, as people write them: workloads, whole namespaces, nodes, addresses."""

from __future__ import annotations

from generator.packets.addresses import AddressSet
from generator.packets.printing import describe_addresses
from generator.reach.inventory import Pod
from generator.reach.places import Mask, Place, Places, numbers_in

ALL_PODS = "every pod"
ALL_NODES = "every node"
OUTSIDE = "everything outside"


def workload_name(pod: Pod) -> str:
    """Return `namespace/name` of what made the pod, or of the pod itself."""
    owner = pod.workload.owner
    return f"{pod.namespace}/{owner.partition('/')[2]}" if owner else pod.key


def place_names(place: Place) -> tuple[str, ...]:
    """Return the workloads of a place, its node, or its addresses."""
    if place.pods:
        return tuple(sorted({workload_name(pod) for pod in place.pods}))
    return (f"host:{place.node}",) if place.node else (describe_addresses(place.outside),)


class Namer:
    """Names sets of places of one family."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._outside = places.all & ~places.pods & ~places.hosts
        self._by_namespace: dict[str, Mask] = {}
        for number in numbers_in(places.pods):
            for namespace in {pod.namespace for pod in places.places[number].pods}:
                self._by_namespace[namespace] = self._by_namespace.get(namespace, 0) | 1 << number

    def names(self, mask: Mask) -> tuple[str, ...]:
        """Return the names of a set of places: pods, then nodes, then addresses, each sorted."""
        return (*self._pods(mask & self._places.pods), *self._nodes(mask & self._places.hosts), *self._addresses(mask))

    def _pods(self, mask: Mask) -> tuple[str, ...]:
        if mask and mask == self._places.pods:
            return (ALL_PODS,)
        names: set[str] = set()
        for namespace, whole in self._by_namespace.items():
            if whole & mask == whole and whole.bit_count() > 1:
                names.add(f"{namespace}/*")
                mask &= ~whole
        for number in numbers_in(mask):
            names.update(place_names(self._places.places[number]))
        return tuple(sorted(names))

    def _nodes(self, mask: Mask) -> tuple[str, ...]:
        if mask and mask == self._places.hosts:
            return (ALL_NODES,)
        return tuple(sorted(f"host:{self._places.places[number].node}" for number in numbers_in(mask)))

    def _addresses(self, mask: Mask) -> tuple[str, ...]:
        outside = mask & self._outside
        if not outside:
            return ()
        if outside == self._outside:
            return (OUTSIDE,)
        return (describe_addresses(AddressSet.union(self._places.places[n].outside for n in numbers_in(outside))),)
