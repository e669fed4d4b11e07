"""Whom an end of an expectation means among the pods, nodes and addresses of a snapshot (product.md 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from generator.calico.rewrite import ACCOUNT_LABEL, NAMESPACE_LABEL, ORCHESTRATOR_LABEL
from generator.expect.addresses import EVERYWHERE, Addresses, as_addresses
from generator.intent.expectation import End, ExternalEnd, NetworksEnd, PodsEnd, SelectorEnd, Word, WordEnd
from generator.intent.model import PodSelection
from generator.packets.addresses import AddressSet
from generator.reach.engine import Engine
from generator.reach.inventory import UNKNOWN_ADDRESS, Pod
from generator.reach.matching import POSSIBLE_POD_RANGES
from generator.selectors import Node, evaluate_selector, parse_selector
from generator.snapshot.model import Snapshot, Workload

NO_ADDRESSES: Final = AddressSet.nothing()
_GONE: Final = frozenset({"Succeeded", "Failed", "Completed"})


@dataclass(frozen=True, slots=True)
class Selection:
    """Pods by key, nodes by name, and addresses, of which those of pods and nodes are not meant.

    `perhaps` are pods whose address the snapshot does not tell, so that they may or may not have one in a range that
    is meant. `left_out` are workloads on the host's network of which no node is known.
    """

    pods: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    outside: AddressSet = NO_ADDRESSES
    left_out: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pods or self.perhaps or self.nodes or self.outside)

    def without(self, other: Selection) -> Selection:
        """Return the selection without another; what the other only may mean is perhaps still there."""
        return Selection(
            self.pods - other.pods - other.perhaps,
            (self.perhaps - other.pods) | (self.pods & other.perhaps),
            self.nodes - other.nodes,
            self.outside - other.outside,
            self.left_out,
        )


class Unresolved(Exception):
    """Nobody can say which addresses an end means; the text says why."""


class Selector:
    """Finds whom ends mean in one snapshot."""

    def __init__(self, engine: Engine, snapshot: Snapshot, addresses: Addresses) -> None:
        self._inventory = engine.inventory
        self._addresses = addresses
        self._pods: Mapping[str, Pod] = engine.inventory.pods
        self._pods_in: dict[str, dict[str, Pod]] = {}
        for key, pod in self._pods.items():
            self._pods_in.setdefault(pod.namespace, {})[key] = pod
        self._on_host = [
            item
            for item in snapshot.workloads
            if item.host_network and item.phase not in _GONE and (item.kind == "Pod" or not snapshot.complete)
        ]

    def select(self, end: End, family: int, *, must: bool) -> Selection:
        """Return whom an end means in one IP version; Unresolved where that cannot be said.

        A pod of which no address is known is not taken to be in a range that must be reached, or must reach.
        """
        match end:
            case PodsEnd(_, pods):
                return self._of_pods(
                    pods.namespace,
                    lambda item: is_selected(item, pods),
                    lambda pod: is_selected(pod.workload, pods),
                )
            case SelectorEnd(_, text, namespace):
                return self._of_selector(parse_selector(text), namespace)
            case NetworksEnd(_, networks):
                return self._in_ranges(as_addresses(networks), family, must=must)
            case ExternalEnd(name, _):
                if name not in self._addresses.externals:
                    why = self._addresses.unresolved.get(name, "no address of it is known")
                    raise Unresolved(f"where external '{name}' is: {why}")
                return self._in_ranges(self._addresses.externals[name], family, must=must)
            case WordEnd(_, word):
                return self._of_word(word)

    def _of_word(self, word: Word) -> Selection:
        pods, nodes = frozenset(self._pods), frozenset(self._inventory.nodes)
        match word:
            case Word.ALL:
                return Selection(pods, nodes=nodes, outside=EVERYWHERE)
            case Word.PODS:
                return Selection(pods)
            case Word.NODES:
                return Selection(nodes=nodes)
            case Word.OUTSIDE:
                return Selection(outside=EVERYWHERE)
            case Word.INTERNET:
                return Selection(outside=self._addresses.internet)

    def _of_selector(self, node: Node, namespace: str) -> Selection:
        return self._of_pods(
            namespace,
            lambda item: (not namespace or item.namespace == namespace) and evaluate_selector(node, _labels(item)),
            lambda pod: evaluate_selector(node, pod.labels),
        )

    def _of_pods(
        self, namespace: str, of_workload: Callable[[Workload], bool], of_pod: Callable[[Pod], bool]
    ) -> Selection:
        """Return the pods of a namespace, or of all; on the host's network one is its node (calico.md 1.5)."""
        candidates = self._pods_in.get(namespace, {}) if namespace else self._pods
        pods = frozenset(key for key, pod in candidates.items() if of_pod(pod))
        on_host = [item for item in self._on_host if of_workload(item)]
        nodes = frozenset(item.node for item in on_host) & frozenset(self._inventory.nodes)
        left_out = () if nodes else tuple(sorted({f"{item.namespace}/{item.name}" for item in on_host}))
        return Selection(pods, nodes=nodes, left_out=left_out)

    def _in_ranges(self, ranges: AddressSet, family: int, *, must: bool) -> Selection:
        pods: set[str] = set()
        perhaps: set[str] = set()
        for key, pod in self._pods.items():
            address = pod.address(family)
            if address is None:
                continue
            if address[1] < UNKNOWN_ADDRESS:
                if ranges.contains(address[1], family):
                    pods.add(key)
                continue
            match self._may_lie_in(ranges, family):
                case True:
                    pods.add(key)
                case None if not must:
                    perhaps.add(key)
        nodes: set[str] = set()
        for name, addresses in self._inventory.nodes.items():
            first = [number for kind, number in addresses if kind == family][:1]  # any other one is outside
            if any(ranges.contains(number, family) for number in first):
                nodes.add(name)
        return Selection(frozenset(pods), frozenset(perhaps), frozenset(nodes), ranges)

    def _may_lie_in(self, ranges: AddressSet, family: int) -> bool | None:
        possible = (self._addresses.pods or POSSIBLE_POD_RANGES).family(family)
        within = ranges.family(family) & possible
        if within.is_empty:
            return False
        return True if within == possible else None


def is_selected(workload: Workload, pods: PodSelection) -> bool:
    """Tell whether a selection means the pods of a workload."""
    return (
        workload.namespace == pods.namespace
        and set(pods.labels) <= set(workload.labels)
        and (not pods.service_account or workload.service_account == pods.service_account)
    )


def _labels(workload: Workload) -> dict[str, str]:
    """Return the labels by which a selector finds pods; on the host's network they have no endpoint to read them of."""
    return dict(workload.labels) | {
        NAMESPACE_LABEL: workload.namespace,
        ORCHESTRATOR_LABEL: "k8s",
        ACCOUNT_LABEL: workload.service_account,
    }
