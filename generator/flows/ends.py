"""Whom an observed end means in a snapshot: pods, a node, an address, or nobody that it knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.flows.interfaces import interface_of, is_of_a_pod
from generator.flows.model import AddressEnd, FlowEnd, NamedEnd
from generator.packets.addresses import parse_address
from generator.reach.engine import Engine
from generator.reach.flow import End
from generator.reach.inventory import UNKNOWN_ADDRESS, Address, Inventory, Pod
from generator.snapshot.model import Snapshot, Workload

# What a ReplicaSet or a CronJob puts behind the name of its owner (Kubernetes: pod-template-hash; minutes since 1970).
_HASH: Final = r"-[bcdfghjklmnpqrstvwxz2456789]{1,10}-"
_MINUTES: Final = r"-[0-9]+-"
_BEHIND: Final = {"Deployment": _HASH, "CronJob": _MINUTES}
_LONGEST_STEM: Final = 58  # of a generated name; five more characters are put behind it
_PUBLIC: Final = frozenset({"PUBLIC NETWORK", "pub"})
_PRIVATE: Final = frozenset({"PRIVATE NETWORK", "pvt"})


class Missing(StrEnum):
    """Why nobody can say whom an end means, or what was sent; the value is the text for people."""

    PUBLIC = "the record has no address, only that it is a public one"
    PRIVATE = "the record has no address, only that it is a private one of no pod"
    NETWORK_SET = "the record names a network set, and which of its addresses it was is not told"
    NO_NAME = "the record has no name for it"
    NO_SUCH_NAME = "nobody in the snapshot has this name"
    NO_POD = "its workload has no pod in the snapshot now"
    FINISHED = "this pod has finished, and its address may be another's by now"
    SEVERAL_KINDS = "the name is that of a node, a pod or a network set, and the record does not tell which"
    ADDRESS_GONE = "the address is one of pods, and no pod in the snapshot has it"
    ADDRESS_TWICE = "several pods in the snapshot have this address"
    OTHER_POD = "the interface is not that of the pod which has the address now: another pod had it then"
    NO_PORT = "the line tells no port: it is of a later fragment, or cut short"
    UNDECIDED = "its records do not say whether it was let through"
    FAMILY = "it hangs on whether it was IPv4 or IPv6, which the record does not tell"
    SEVERAL = "the record stands for several pods, and not all of them fare alike"
    SOURCE_PORT = "it hangs on the source port, which is not counted"
    ICMP_TYPE = "it hangs on the ICMP type, which the record does not tell"
    NO_COMMON_FAMILY = "its two ends have no addresses of one family in the snapshot"


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom an end means: any one of `ends`, for one of each family; with none, `missing` says why. `label` names it."""

    label: str
    ends: tuple[End, ...] = ()
    missing: Missing | None = None


class EndFinder:
    """Finds whom ends mean in one snapshot; each is looked up once."""

    def __init__(self, engine: Engine, snapshot: Snapshot) -> None:
        self._inventory: Inventory = engine.inventory
        self._snapshot = snapshot
        self._known: dict[FlowEnd, Meant] = {}
        self._by_namespace: dict[str, list[Pod]] = {}
        self._by_address: dict[Address, list[Pod]] = {}
        for pod in self._inventory.pods.values():
            self._by_namespace.setdefault(pod.namespace, []).append(pod)
            for address in pod.addresses:
                self._by_address.setdefault(address, []).append(pod)
        self._nodes = {address: node for node, found in self._inventory.nodes.items() for address in found}
        self._gone = {address: key for key, found in self._inventory.gone.items() for address in found}
        self._sets = {group.key for group in self._inventory.groups}
        self._workloads: dict[str, list[Workload]] = {}
        for workload in snapshot.workloads:
            if workload.kind != "Pod":
                self._workloads.setdefault(workload.namespace, []).append(workload)

    def find(self, end: FlowEnd) -> Meant:
        """Return whom an end means."""
        found = self._known.get(end)
        if found is None:
            found = self._by_name(end) if isinstance(end, NamedEnd) else self._of_address(end)
            self._known[end] = found
        return found

    def _by_name(self, end: NamedEnd) -> Meant:
        if not end.namespace:
            return self._outside_namespaces(end.name)
        label = f"{end.namespace}/{end.name}"
        pods = list(self._pods_named(end.namespace, end.name))
        is_set = label in self._sets
        if pods and is_set:
            return Meant(label, missing=Missing.SEVERAL_KINDS)
        if pods:
            return Meant(_label_of(pods), tuple(_ends_of(pods)))
        if is_set:
            return Meant(label, missing=Missing.NETWORK_SET)
        if label in self._inventory.gone:
            return Meant(label, missing=Missing.FINISHED)
        made = [item for item in self._workloads.get(end.namespace, ()) if _makes(item.kind, item.name, end.name)]
        if made:
            return Meant(f"{end.namespace}/{made[0].name}", missing=Missing.NO_POD)
        return Meant(label, missing=Missing.NO_SUCH_NAME)

    def _outside_namespaces(self, name: str) -> Meant:
        if name in _PUBLIC:
            return Meant("a public address", missing=Missing.PUBLIC)
        if name in _PRIVATE:
            return Meant("a private address", missing=Missing.PRIVATE)
        if name == "-":
            return Meant("nobody named", missing=Missing.NO_NAME)
        addresses = self._inventory.nodes.get(name)
        if addresses is not None and name in self._sets:
            return Meant(name, missing=Missing.SEVERAL_KINDS)
        if addresses is not None:
            return Meant(f"host:{name}", tuple(_node_ends(name, addresses)))
        return Meant(name, missing=Missing.NETWORK_SET if name in self._sets else Missing.NO_SUCH_NAME)

    def _pods_named(self, namespace: str, name: str) -> Iterator[Pod]:
        """Yield the pods that a name stands for: one, or all of the controller that has made it up.

        Those that are there by a name of that very controller go before those which it has made since.
        """
        here = self._by_namespace.get(namespace, ())
        if not name.endswith("*"):
            yield from (pod for pod in here if pod.workload.kind == "Pod" and pod.workload.name == name)
            return
        stem = name[:-1]
        found = [pod for pod in here if pod.workload.kind == "Pod" and _is_generated(pod.workload.name, stem)]
        yield from found or (pod for pod in here if _makes(*_controller(pod), name))

    def _of_address(self, end: AddressEnd) -> Meant:
        address = parse_address(end.address)
        pods = self._by_address.get(address, ())
        if len(pods) > 1:
            return Meant(end.address, missing=Missing.ADDRESS_TWICE)
        of_a_pod = is_of_a_pod(end.interface)
        if pods:
            pod = pods[0]
            if of_a_pod and end.interface != interface_of(pod.namespace, pod.workload.name):
                return Meant(end.address, missing=Missing.OTHER_POD)
            return Meant(_label_of(pods), (End(pod.key, address, pod, pod.node),))
        node = self._nodes.get(address)
        if of_a_pod:
            return Meant(end.address, missing=Missing.FINISHED if address in self._gone else Missing.ADDRESS_GONE)
        if node is not None:
            return Meant(f"host:{node}", (End(f"host:{node}", address, node=node),))
        if address in self._gone or self._inventory.pod_ranges.contains(address[1], address[0]):
            return Meant(end.address, missing=Missing.FINISHED if address in self._gone else Missing.ADDRESS_GONE)
        return Meant(end.address, (End(f"ip:{end.address}", address),))


def _label_of(pods: Iterable[Pod]) -> str:
    """Return the name of the workload that made the pods, or of the pod itself where nothing did."""
    return " or ".join(sorted({f"{pod.namespace}/{_controller(pod)[1]}" for pod in pods}))


def _controller(pod: Pod) -> tuple[str, str]:
    """Return kind and name of the topmost workload that made a pod."""
    kind, slash, name = pod.workload.owner.partition("/")
    return (kind, name) if slash else (pod.workload.kind, pod.workload.name)


def _is_generated(name: str, stem: str) -> bool:
    """Tell whether a pod's name was made from a stem: what is put behind has no dash in it."""
    rest = name.removeprefix(stem[:_LONGEST_STEM] if len(stem) > _LONGEST_STEM else stem)
    return rest != name and bool(rest) and "-" not in rest


def _makes(kind: str, owner: str, name: str) -> bool:
    """Tell whether a workload gives its pods names of this form, such as `web-574ff6d9fd-*`."""
    if kind == "Pod" or not name.endswith("*"):
        return False
    return re.fullmatch(re.escape(owner) + _BEHIND.get(kind, "-"), name[:-1]) is not None


def _ends_of(pods: Iterable[Pod]) -> Iterator[End]:
    return (End(pod.key, address, pod, pod.node) for pod in pods for address in _one_of_each_family(pod.addresses))


def _node_ends(node: str, addresses: Iterable[Address]) -> Iterator[End]:
    return (End(f"host:{node}", address, node=node) for address in _one_of_each_family(addresses))


def _one_of_each_family(addresses: Iterable[Address]) -> list[Address]:
    found: dict[int, Address] = {}
    for address in addresses:
        found.setdefault(address[0], address)
    return list(found.values())


def is_told(end: End) -> bool:
    """Tell whether the snapshot has the address of an end."""
    return end.address[1] < UNKNOWN_ADDRESS
