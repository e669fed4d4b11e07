"""Sets of IPv4 and IPv6 addresses, and their text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, Literal

from generator.packets.bands import Bands
from generator.packets.intervals import Intervals, Range, join_ranges

Family = Literal[4, 6]

FAMILIES: Final[tuple[Family, Family]] = (4, 6)
BITS: Final[dict[int, int]] = {4: 32, 6: 128}

_OCTETS: Final = {str(number): number for number in range(256)}  # as they are written, without leading zeros
_LENGTH: Final = re.compile(r"[0-9]{1,3}")
_NONE: Final = Intervals.nothing()


@lru_cache(1 << 14)
def parse_address(text: str) -> tuple[Family, int]:
    """Return family and number of an address; a zone, or a text that is no address, is a ValueError."""
    if ":" not in text:
        try:
            first, second, third, last = text.split(".")
            return 4, _OCTETS[first] << 24 | _OCTETS[second] << 16 | _OCTETS[third] << 8 | _OCTETS[last]
        except (KeyError, ValueError):
            return 4, int(ipaddress.IPv4Address(text))  # it says what is wrong with it
    if "%" in text:
        raise ValueError(f"an address of a packet has no zone: {text!r}")
    return 6, int(ipaddress.IPv6Address(text))


def format_address(family: int, number: int) -> str:
    """Return an address in its shortest form; a number that the family does not have is a ValueError."""
    if family == 4:
        return str(ipaddress.IPv4Address(number))
    address = ipaddress.IPv6Address(number)
    # Python 3.13 began to write these two last groups as an IPv4 address.
    return f"::ffff:{number >> 16 & 0xFFFF:x}:{number & 0xFFFF:x}" if address.ipv4_mapped else str(address)


@lru_cache(1 << 14)
def parse_cidr(text: str) -> tuple[Family, Range]:
    """Return family and range of a CIDR, its host bits ignored, or of a bare address (calico.md 1.5, 4.5)."""
    address, slash, length = text.partition("/")
    family, number = parse_address(address)
    bits = BITS[family]
    if slash and not (_LENGTH.fullmatch(length) and int(length) <= bits):
        raise ValueError(f"no CIDR: {text!r}")
    hosts = (1 << bits - int(length)) - 1 if slash else 0
    low = number & ~hosts
    return family, (low, low | hosts)


class AddressSet(Bands[Intervals]):
    """A set of addresses of both families: bands over the family, 4 or 6."""

    __slots__ = ()

    @classmethod
    def everything(cls, family: int | None = None) -> AddressSet:
        """Return all addresses, or all of one family."""
        return _EVERYTHING if family is None else _EVERYTHING.within(Intervals.single(_known(family)))

    @classmethod
    def _universe(cls) -> AddressSet | None:
        return _EVERYTHING

    @classmethod
    def of_intervals(cls, family: int, numbers: Intervals) -> AddressSet:
        """Return the addresses of one family with these numbers; a number it does not have is a ValueError."""
        if numbers and numbers.ranges[-1][1] >> BITS[_known(family)]:
            raise ValueError(f"no address of IPv{family}: {numbers.ranges[-1][1]}")
        return cls.over(Intervals.single(family), numbers)

    @classmethod
    def of_cidrs(cls, cidrs: Iterable[str]) -> AddressSet:
        """Return the union of CIDRs and bare addresses; what is neither is a ValueError."""
        found: dict[int, list[Range]] = {4: [], 6: []}
        for text in cidrs:
            family, ends = parse_cidr(text)
            found[family].append(ends)
        return cls._make(
            tuple(
                (family, family, Intervals._make(join_ranges(sorted(ranges))))
                for family, ranges in found.items()
                if ranges
            )
        )

    @classmethod
    def of_address(cls, family: int, number: int) -> AddressSet:
        """Return the set of one address."""
        return cls.of_intervals(family, Intervals.single(number))

    def family(self, family: int) -> Intervals:
        """Return the numbers of the addresses of one family."""
        return self.at(_known(family)) or _NONE

    def complement(self) -> AddressSet:
        """Return all other addresses, of both families."""
        return _EVERYTHING - self

    def contains(self, address: int, family: int) -> bool:
        """Say whether the address with this number is a member."""
        return address in self.family(family)

    def count(self) -> int:
        """Return how many addresses there are."""
        return sum(rest.count() for _, _, rest in self.form)

    def cidrs(self) -> tuple[str, ...]:
        """Return the fewest CIDRs that make up the set: IPv4 before IPv6, then by address."""
        return tuple(
            f"{format_address(family, low)}/{length}"
            for family, _, numbers in self.form
            for ends in numbers
            for low, length in split_range(*ends, BITS[family])
        )

    def pick(self, family: int) -> int:
        """Return a member of the family, always the same one and as ordinary as there is; ValueError where empty."""
        numbers = self.family(family)
        for ordinary in _ORDINARY[family]:
            likely = numbers & ordinary
            if likely:
                low, high = likely.ranges[0]
                # The first address of a network and its last are seldom a host's.
                return low + 1 if high > low + 1 else low
        return numbers.pick()


def split_range(low: int, high: int, bits: int) -> Iterator[tuple[int, int]]:
    """Yield the fewest CIDRs that make up a range: the first address of each and its prefix length."""
    while low <= high:
        aligned = (low & -low).bit_length() - 1 if low else bits
        hosts = min(aligned, (high - low + 1).bit_length() - 1)
        yield low, bits - hosts
        low += 1 << hosts


def _known(family: int) -> int:
    if family not in BITS:
        raise ValueError(f"no IP family: {family}")
    return family


_EVERYTHING: Final = AddressSet._make_lasting(
    tuple((family, family, Intervals.of((0, (1 << bits) - 1))) for family, bits in BITS.items())
)


def _ordinary(family: int, *choices: tuple[str, ...]) -> tuple[Intervals, ...]:
    special = AddressSet.of_cidrs(["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/8", "fe80::/9"])
    return tuple((AddressSet.of_cidrs(cidrs) - special).family(family) for cidrs in choices)


_ORDINARY: Final[dict[int, tuple[Intervals, ...]]] = {
    # Addresses set apart for examples say by themselves that any other would do (RFC 5737, RFC 3849).
    4: _ordinary(4, ("203.0.113.0/24",), ("0.0.0.0/0",)),
    6: _ordinary(6, ("2001:db8::/32",), ("2000::/3",), ("fc00::/7",)),
}
