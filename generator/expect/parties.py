"""The two ends of an expectation as places of one family, with the pods, nodes and addresses that are meant of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from generator.expect.selection import Selection
from generator.packets.addresses import AddressSet
from generator.packets.printing import describe_addresses
from generator.reach.engine import Engine
from generator.reach.flow import End
from generator.reach.inventory import Pod
from generator.reach.place_names import workload_name
from generator.reach.places import Mask, Place, Places, numbers_in


@dataclass(slots=True)
class Party:
    """Those of one end, by the number of their place; `perhaps`: whether they are meant hangs on unknown addresses."""

    perhaps: bool = False
    pods: dict[int, list[Pod]] = field(default_factory=dict)
    nodes: dict[int, str] = field(default_factory=dict)
    outside: dict[int, AddressSet] = field(default_factory=dict)
    mask: Mask = 0
    outside_name: str = ""  # of all addresses outside together, where they have one

    def add_pod(self, number: int, pod: Pod) -> None:
        """Add a pod that is meant."""
        self.pods.setdefault(number, []).append(pod)
        self.mask |= 1 << number

    def count(self) -> int:
        """Return how many pods, nodes and groups of addresses there are."""
        return sum(map(len, self.pods.values())) + len(self.nodes) + len(self.outside)

    def only_node_of(self, number: int) -> str:
        """Return the node on which all of the pods of a place run that are meant; "" where there is none such."""
        nodes = {pod.node for pod in self.pods.get(number, ())}
        return nodes.pop() if len(nodes) == 1 else ""

    def names(self, mask: Mask) -> tuple[str, ...]:
        """Return the names of those at some places: workloads, then nodes, then addresses."""
        workloads = {workload_name(pod) for number in numbers_in(mask) for pod in self.pods.get(number, ())}
        nodes = {f"host:{self.nodes[number]}" for number in numbers_in(mask) if number in self.nodes}
        addresses = [self.outside[number] for number in numbers_in(mask) if number in self.outside]
        outside: list[str] = []
        if addresses:
            whole = self.outside_name if len(addresses) == len(self.outside) else ""
            outside = [whole or describe_addresses(AddressSet.union(addresses))]
        return (*sorted(workloads), *sorted(nodes), *outside)

    def ends(self, place: Place, engine: Engine, family: int) -> Iterator[End]:
        """Yield concrete ends at one place, pods by their name."""
        if place.number in self.pods:
            for pod in sorted(self.pods[place.number], key=lambda pod: pod.key):
                address = pod.address(family)
                if address is not None:
                    yield End(pod.key, address, pod, pod.node)
        elif place.number in self.nodes:
            name = self.nodes[place.number]
            for address in engine.inventory.nodes[name]:
                if address[0] == family:
                    yield End(f"host:{name}", address, node=name)
                    break
        elif place.number in self.outside:
            yield End("", (family, self.outside[place.number].pick(family)))


def find_parties(places: Places, engine: Engine, selection: Selection, outside_name: str = "") -> list[Party]:
    """Return those whom a selection means and who have an address of the family; none where it is nobody."""
    sure, perhaps = Party(outside_name=outside_name), Party(perhaps=True)
    for keys, party in ((selection.pods, sure), (selection.perhaps, perhaps)):
        for key in sorted(keys):
            number = places.of_pod.get(key)
            if number is not None:
                party.add_pod(number, engine.inventory.pods[key])
    for name in sorted(selection.nodes):
        number = places.of_node.get(name)
        if number is not None:
            sure.nodes[number] = name
            sure.mask |= 1 << number
    if selection.outside:
        _add_outside(places, selection.outside, sure)
    return [party for party in (sure, perhaps) if party.mask]


def _add_outside(places: Places, addresses: AddressSet, party: Party) -> None:
    known: dict[AddressSet, AddressSet] = {}
    for number in numbers_in(places.all & ~places.pods & ~places.hosts):
        outside = places.places[number].outside
        met = known.get(outside)
        if met is None:
            met = known[outside] = outside & addresses
        if met:
            party.outside[number] = met
            party.mask |= 1 << number
