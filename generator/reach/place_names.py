"""Names for sets of places, as people write them: workloads, whole namespaces, nodes, addresses."""

from __future__ import annotations

from functools import reduce
from operator import or_

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
    """Names sets of places of one family; a workload is named as such only where all of its pods are meant.

    What is a name of its own is a question of workloads and namespaces alone, however many places these are.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._outside = places.all & ~places.pods & ~places.hosts
        self._by_workload: dict[str, dict[str, Mask]] = {}  # by namespace and name
        self._mixed: Mask = 0  # places of pods in several namespaces
        for number in numbers_in(places.pods):
            bit, pods = 1 << number, places.places[number].pods
            for pod in pods:
                masks = self._by_workload.setdefault(pod.namespace, {})
                name = workload_name(pod)
                masks[name] = masks.get(name, 0) | bit
            if any(pod.namespace != pods[0].namespace for pod in pods):
                self._mixed |= bit
        self._by_namespace = {
            namespace: reduce(or_, masks.values()) for namespace, masks in self._by_workload.items() if len(masks) > 1
        }
        counts = (whole.bit_count() for whole in self._by_namespace.values())
        self._fewest = min(counts, default=0)  # places of a namespace that has a name
        self._called: dict[int, list[tuple[str, Mask, str, str]]] = {}  # by place: namespace, workload, names

    def names(self, mask: Mask) -> tuple[str, ...]:
        """Return the names of a set of places: pods, then nodes, then addresses, each sorted."""
        return (*self._pods(mask & self._places.pods), *self._nodes(mask & self._places.hosts), *self._addresses(mask))

    def _pods(self, mask: Mask) -> tuple[str, ...]:
        if not mask:
            return ()
        others = self._places.pods & ~mask
        if not others:
            return (ALL_PODS,)
        if self._are_few(others) and not self._are_few(mask):
            return (f"{ALL_PODS} (not {', '.join(self._listed(others))})",)
        return self._listed(mask)

    def _are_few(self, mask: Mask) -> bool:
        """Tell whether these places have the pods of few workloads."""
        found: set[str] = set()
        for number in numbers_in(mask):
            for pod in self._places.places[number].pods:
                found.add(workload_name(pod))
                if len(found) > _FEW:
                    return False
        return True

    def _listed(self, mask: Mask) -> tuple[str, ...]:
        covered: set[str] = set()
        if mask.bit_count() >= self._fewest:
            covered.update(name for name, whole in self._by_namespace.items() if whole & mask == whole)
        names = {f"{namespace}/*" for namespace in covered}
        for namespace in covered:
            mask &= ~self._by_namespace[namespace] | self._mixed
        for number in numbers_in(mask):
            for namespace, whole, workload, pod in self._pods_at(number):
                if namespace not in covered:
                    names.add(workload if whole & mask == whole else pod)
        return tuple(sorted(names))

    def _pods_at(self, number: int) -> list[tuple[str, Mask, str, str]]:
        found = self._called.get(number)
        if found is None:
            pods = ((pod.namespace, workload_name(pod), pod.key) for pod in self._places.places[number].pods)
            found = [(namespace, self._by_workload[namespace][name], name, key) for namespace, name, key in pods]
            self._called[number] = found
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
