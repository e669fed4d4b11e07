"""Pods that may be there while a plan runs: of every workload, with an address of every kind that a pod may have.

A pod whose address a snapshot does not tell, and one that is made while the plan runs, may have any address that pods
get. Nets in rules part these addresses into zones; one pod stands for each workload and zone, so that nothing about it
is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count

from generator.packets.addresses import AddressSet, Family
from generator.packets.intervals import Intervals
from generator.reach.inventory import UNKNOWN_ADDRESS, Address, Inventory, Pod
from generator.reach.matching import POSSIBLE_POD_RANGES
from generator.reach.zones import Zone, ZoneMap

# Beyond the numbers that an inventory gives to addresses that are not known.
_FIRST = UNKNOWN_ADDRESS << 1


def suppose_addresses(inventory: Inventory, zones: Mapping[Family, ZoneMap]) -> Inventory:
    """Return the inventory with pods of known address alone: for each other one, one in every zone that is possible.

    The zones learn of the addresses that were supposed.
    """
    possible = {family: list(_possible(inventory, found)) for family, found in zones.items()}
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
    return replace(inventory, pods=pods)


def _possible(inventory: Inventory, zones: ZoneMap) -> Iterator[Zone]:
    """Go through the zones in which a pod may be: ranges of pods without the addresses that others have."""
    family = zones.family
    taken = [number for found in inventory.nodes.values() for kind, number in found if kind == family]
    free = (POSSIBLE_POD_RANGES - AddressSet.of_intervals(family, Intervals.of_numbers(taken))).family(family)
    for zone in range(zones.count):
        if zones.region(zone) & free:
            yield zone
