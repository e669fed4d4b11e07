"""Pods that may be there while a plan runs: of every workload, with an address of every kind that a pod may have.

A pod whose address a snapshot does not tell, and one that is made while the plan runs, may have any address that pods
get. Nets in rules part these addresses into zones; one pod stands for each workload and zone, so that nothing about it
is unknown. A pod that is there may come again elsewhere, whoever makes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from generator.packets.addresses import AddressSet, Family
from generator.packets.intervals import Intervals
from generator.reach.inventory import UNKNOWN_ADDRESS, Address, Inventory, NamedPortEntry, Pod
from generator.reach.pod_ranges import POSSIBLE_POD_RANGES
from generator.reach.zones import Zone, ZoneMap

# A range of at most so many addresses is not one from which a cluster gives addresses to pods.
_NARROW: Final[Mapping[int, int]] = {4: 1 << 16, 6: 1 << 64}
# Beyond the numbers that an inventory gives to addresses that are not known.
_FIRST = UNKNOWN_ADDRESS << 1

_Sort = tuple[frozenset[tuple[str, str]], tuple[NamedPortEntry, ...], tuple[str, ...]]  # labels, ports, profiles


def suppose_addresses(
    inventory: Inventory, zones: Mapping[Family, ZoneMap], nets: Collection[AddressSet], *, complete: bool
) -> Inventory:
    """Return the inventory with pods of known address alone: for each other one, one in every zone that is possible.

    `nets` are all that rules name. The zones learn of the addresses that were supposed.
    """
    possible = {family: _possible(inventory, found, nets, complete=complete) for family, found in zones.items()}
    numbers = count(_FIRST)
    pods: dict[str, Pod] = {}
    known: set[tuple[object, ...]] = set()
    for key, pod in inventory.pods.items():
        unknown = {family for family, number in pod.addresses if number >= UNKNOWN_ADDRESS}
        families = [family for family in zones if family in unknown]
        if not families:
            pods[key] = pod
            continue
        form = (frozenset(pod.labels.items()), pod.ports, pod.profiles, pod.node)
        if form in known:
            continue
        known.add(form)
        for turn in range(max(len(possible[family]) for family in families)):
            addresses: list[Address] = []
            for family in families:
                number = next(numbers)
                zones[family].pin(number, possible[family][turn % len(possible[family])])
                addresses.append((family, number))
            name = key if turn == 0 else f"{key} #{turn + 1}"
            pods[name] = replace(pod, key=name, addresses=tuple(addresses))
    pods |= _made_again(pods, zones, possible, numbers)
    # Where host endpoints have a say it matters on which node a pod is, and a new one may be on any.
    return replace(inventory, pods=_on_every_node(pods, inventory, zones, numbers) if inventory.hosts else pods)


def _made_again(
    pods: Mapping[str, Pod],
    zones: Mapping[Family, ZoneMap],
    possible: Mapping[Family, list[Zone]],
    numbers: Iterator[int],
) -> dict[str, Pod]:
    """Return pods like those that are there, in each possible zone where none of the kind is."""
    if all(len(found) <= 1 for found in possible.values()):
        return {}
    samples: dict[_Sort, Pod] = {}
    there: dict[tuple[_Sort, int], set[Zone]] = {}
    for pod in pods.values():
        sort = frozenset(pod.labels.items()), pod.ports, pod.profiles
        samples.setdefault(sort, pod)
        for family, map_ in zones.items():
            address = pod.address(family)
            if address is not None:
                there.setdefault((sort, family), set()).add(map_.zone_of(address[1]))
    made: dict[str, Pod] = {}
    for sort, pod in samples.items():
        free = {
            family: [zone for zone in found if zone not in there[sort, family]]
            for family, found in possible.items()
            if (sort, family) in there
        }
        for turn in range(max(map(len, free.values()), default=0)):
            addresses: list[Address] = []
            for family, left in free.items():
                choice = left or possible[family]
                number = next(numbers)
                zones[family].pin(number, choice[turn % len(choice)])
                addresses.append((family, number))
            name = f"{pod.key} #again {turn + 1}"
            made[name] = replace(pod, key=name, addresses=tuple(addresses))
    return made


def _on_every_node(
    pods: Mapping[str, Pod], inventory: Inventory, zones: Mapping[Family, ZoneMap], numbers: Iterator[int]
) -> dict[str, Pod]:
    """Return the pods with one of each kind on each node; those that are on no node that is known stand on all."""
    found = {key: pod for key, pod in pods.items() if pod.node or not inventory.nodes}
    there = {(_form(pod, zones), pod.node) for pod in found.values()}
    for key, pod in pods.items():
        for node in inventory.nodes:
            if (_form(pod, zones), node) in there:
                continue
            there.add((_form(pod, zones), node))
            addresses: list[Address] = []
            for family, map_ in zones.items():
                address = pod.address(family)
                if address is not None:
                    number = next(numbers)
                    map_.pin(number, map_.zone_of(address[1]))
                    addresses.append((family, number))
            name = f"{key} #on {node}"
            found[name] = replace(pod, key=name, node=node, addresses=tuple(addresses))
    return found


def _form(pod: Pod, zones: Mapping[Family, ZoneMap]) -> tuple[object, ...]:
    where = tuple(
        (family, map_.zone_of(number))
        for family, map_ in zones.items()
        for kind, number in pod.addresses
        if kind == family
    )
    return frozenset(pod.labels.items()), pod.ports, pod.profiles, where


def give_addresses(inventory: Inventory, zones: Mapping[Family, ZoneMap], first: Sequence[str]) -> Inventory:
    """Return the inventory with an address in the supposed zone for each pod that has none; `first` get theirs first.

    A pod for which a zone has no address left is left out.
    """
    taken = {address for pod in inventory.pods.values() for address in pod.addresses}
    taken.update(address for found in (*inventory.nodes.values(), *inventory.gone.values()) for address in found)
    taken.update(address for found in inventory.hosts.values() for host in found for address in host.addresses)
    taken.update(address for found in inventory.services.values() for address in found.addresses)
    free: dict[tuple[int, Zone], Iterator[int]] = {}
    pods = dict(inventory.pods)
    for key in dict.fromkeys([*first, *inventory.pods]):
        addresses: list[Address] = []
        for family, number in pods[key].addresses:
            if number >= UNKNOWN_ADDRESS:
                map_ = next(found for kind, found in zones.items() if kind == family)
                zone = map_.zone_of(number)
                if (family, zone) not in free:
                    region = map_.region(zone) & inventory.pod_ranges.family(family)
                    free[family, zone] = (one for low, high in region.ranges for one in range(low, high + 1))
                found = next((one for one in free[family, zone] if (family, one) not in taken), None)
                if found is None:
                    continue
                number = found
            addresses.append((family, number))
        if len(addresses) == len(pods[key].addresses):
            pods[key] = replace(pods[key], addresses=tuple(addresses))
        else:
            del pods[key]
    return replace(inventory, pods=pods)


def _possible(inventory: Inventory, zones: ZoneMap, nets: Iterable[AddressSet], *, complete: bool) -> list[Zone]:
    """Return the zones in which a pod may be.

    Those of the ranges that the cluster is known to give to pods. Where these are not known, of a whole cluster those
    where pods are, else every range that pods can have, without the narrow ones that policies name: those are somebody
    else's. No pod has the address of a node.
    """
    family = zones.family
    known = [address for pod in inventory.pods.values() for kind, address in pod.addresses if kind == family]
    there = {zones.zone_of(number) for number in known if number < UNKNOWN_ADDRESS}
    possible = inventory.pod_ranges.family(family)
    known_ranges = possible != POSSIBLE_POD_RANGES.family(family)
    if complete and there and not known_ranges:
        return sorted(there)
    taken = [number for found in inventory.nodes.values() for kind, number in found if kind == family]
    free = possible - Intervals.of_numbers(taken)
    for net in nets if not known_ranges else ():
        named = net.family(family)
        if named and named.count() <= _NARROW[family]:
            free = free - named
    return sorted(there | {zone for zone in range(zones.count) if zones.region(zone) & free})
