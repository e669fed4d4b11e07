"""Small questions about address ranges that several layers ask."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network

from generator.intent.model import Network


def network_key(network: Network) -> tuple[int, int, int]:
    """Sort IPv4 before IPv6, then by address, wide before narrow."""
    return (network.version, int(network.network_address), network.prefixlen)


def lies_in(inner: Network, outer: Network) -> bool:
    """Tell whether a range lies inside another (or is it); ranges of two families never do."""
    match inner, outer:
        case (IPv4Network(), IPv4Network()):
            return inner.subnet_of(outer)
        case (IPv6Network(), IPv6Network()):
            return inner.subnet_of(outer)
        case _:
            return False


def overlap(one: Network, other: Network) -> bool:
    """Tell whether two ranges share an address."""
    return lies_in(one, other) or lies_in(other, one)


def widest(networks: Iterable[Network]) -> list[Network]:
    """Drop ranges that lie inside others; what is left is sorted and covers the same addresses."""
    unique = sorted(set(networks), key=network_key)
    return [net for net in unique if not any(net != other and lies_in(net, other) for other in unique)]
