"""Addresses for things that have none: outside of all ranges in use, so that nothing else is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from generator.packets.addresses import AddressSet, format_address, parse_cidr

# Private ranges that can be a pod's, and unique local ones; the first without an address in use is taken.
_POOLS: Final = {
    4: ("10.244.0.0/14", "10.128.0.0/12", "100.80.0.0/12", "172.24.0.0/14", "10.32.0.0/12", "10.0.0.0/8"),
    6: ("fd7a:1:2::/64", "fdc3:5:6::/64", "fd11:9:8::/64"),
}


class FreeAddresses:
    """Gives addresses out, each once."""

    def __init__(self, taken: Iterable[str], nets: AddressSet) -> None:
        self._taken = set(taken)
        self._next = {family: _start(family, nets) for family in _POOLS}

    def take(self) -> tuple[str, str]:
        """Return an IPv4 and an IPv6 address that nobody has."""
        return self._take(4), self._take(6)

    def _take(self, family: int) -> str:
        while True:
            self._next[family] += 1
            text = format_address(family, self._next[family])
            if text not in self._taken:
                self._taken.add(text)
                return text


def _start(family: int, nets: AddressSet) -> int:
    """Return the beginning of the first pool that no net touches; where each is touched, of the last."""
    for pool in _POOLS[family]:
        if not AddressSet.of_cidrs([pool]) & nets:
            break
    return parse_cidr(pool)[1][0]
