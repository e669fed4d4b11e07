"""Every address that Goldmane calls public, as far as rules tell addresses apart.

A record that says so has no address. Where all of them fare alike that is what became of the flow, whichever it was.
Source: Calico, `felix/collector/types/endpoint` (getSubnetType): public is all but three ranges, of IPv6 all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.packets.addresses import AddressSet, format_address
from generator.reach.engine import Engine
from generator.reach.flow import End
from generator.reach.places import Places

PRIVATE: Final = AddressSet.of_cidrs(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
_MOST: Final = 64  # sorts of addresses that are asked; with more nobody would wait for the answer


def public_ends(engine: Engine, places: Places) -> tuple[End, ...]:
    """Return one end for each sort of public address of a family: outside, of nodes, of Services; none of too many."""
    found = list(_outside(places))
    family = places.family
    for node, addresses in engine.inventory.nodes.items():
        found += [End(f"host:{node}", one, node=node) for one in addresses if _is_public(one, family)]
    found += [End(_name(one), one) for one in engine.inventory.fronts.by_address if _is_public(one, family)]
    return tuple(found) if len(found) <= _MOST else ()


def _outside(places: Places) -> Iterator[End]:
    for place in places.places:
        public = place.outside - PRIVATE
        if not public.is_empty:
            address = (places.family, public.pick(places.family))
            yield End(_name(address), address)


def _is_public(address: tuple[int, int], family: int) -> bool:
    return address[0] == family and not PRIVATE.contains(address[1], family)


def _name(address: tuple[int, int]) -> str:
    return f"ip:{format_address(*address)}"
