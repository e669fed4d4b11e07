"""Names for sets of places, as people write them: workloads, whole namespaces, nodes, addresses."""

from __future__ import annotations

from generator.packets.addresses import AddressSet
from generator.packets.printing import describe_addresses
from generator.reach.inventory import Pod
from generator.reach.places import Mask, Places, numbers_in

ALL_PODS = "every pod"
ALL_NODES = "every node"
OUTSIDE = "everything outside"
_FEW = 3  # so many exceptions are named rather than all the others


def workload_name(pod: Pod) -> str:
    """Return `namespace/name` of what made the pod, or of the pod itself."""
    owner = pod.workload.owner
    return f"{pod.namespace}/{owner.partition('/')[2]}" if owner else pod.key


class Namer:
    """Names sets of places of one family; a workload is named as such only where all of its pods are meant."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._outside = places.all & ~places.pods & ~places.hosts
        self._by_namespace: dict[str, Mask] = {}
        self._by_workload: dict[str, Mask] = {}
        for number in numbers_in(places.pods):
            for pod in places.places[number].pods:
                for masks, name in ((self._by_namespace, pod.namespace), (self._by_workload, workload_name(pod))):
                    masks[name] = masks.get(name, 0) | 1 << number
        counts = (whole.bit_count() for whole in self._by_namespace.values())
        self._fewest = min((count for count in counts if count > 1), default=0)  # of a namespace worth a name
        self._called: dict[int, list[tuple[Mask, str, str]]] = {}  # by place: a workload, its name, the pod's

    def names(self, mask: Mask) -> tuple[str, ...]:
        """Return the names of a set of places: pods, then nodes, then addresses, each sorted."""
        return (*self._pods(mask & self._places.pods), *self._nodes(mask & self._places.hosts), *self._addresses(mask))

    def _pods(self, mask: Mask) -> tuple[str, ...]:
        if not mask:
            return ()
        others = self._places.pods & ~mask
        if not others:
            return (ALL_PODS,)
        if others.bit_count() <= _FEW < mask.bit_count():
            return (f"{ALL_PODS} (not {', '.join(self._listed(others))})",)
        return self._listed(mask)

    def _listed(self, mask: Mask) -> tuple[str, ...]:
        names: set[str] = set()
        if mask.bit_count() >= self._fewest:
            for namespace, whole in self._by_namespace.items():
                if whole & mask == whole and whole.bit_count() > 1:
                    names.add(f"{namespace}/*")
                    mask &= ~whole
        for number in numbers_in(mask):
            for whole, workload, pod in self._pods_at(number):
                names.add(workload if whole & mask == whole else pod)
        return tuple(sorted(names))

    def _pods_at(self, number: int) -> list[tuple[Mask, str, str]]:
        found = self._called.get(number)
        if found is None:
            pods = ((workload_name(pod), pod.key) for pod in self._places.places[number].pods)
            found = self._called[number] = [(self._by_workload[name], name, key) for name, key in pods]
        return found

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
