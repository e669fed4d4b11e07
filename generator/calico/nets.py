"""Addresses and CIDRs as Calico reads them: masked, a bare address as a single one (calico.md 1.5, 4.5)."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

_MAPPED_BITS: Final = 96  # of ::ffff:0:0/96 (RFC 4291, 2.5.5.2)
_DIGITS: Final = re.compile(r"0*([0-9]{1,3})")  # Go reads any number of zeros before a length


def canonical_net(text: str) -> str | None:
    """Return a CIDR or address with its host bits cleared and a prefix length; None where Calico cannot parse it."""
    address, slash, length = text.partition("/")
    # Python also takes netmasks (/255.0.0.0), host masks and IPv6 zones; Go's ParseCIDR takes none of them.
    digits = _DIGITS.fullmatch(length)
    if (slash and digits is None) or "%" in text:
        return None
    try:
        net = ipaddress.ip_network(f"{address}/{digits[1]}" if digits else address, strict=False)
    except ValueError:
        return None
    # Go takes an IPv4 address in IPv6 form for the IPv4 address, and a range of such for the IPv4 range.
    if net.version == 6 and net.prefixlen >= _MAPPED_BITS and net.network_address.ipv4_mapped is not None:
        return f"{net.network_address.ipv4_mapped}/{net.prefixlen - _MAPPED_BITS}"
    return str(net)


def canonical_address(text: str) -> str | None:
    """Return an address in its shortest form; None where it is no address."""
    if "%" in text:
        return None
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if found.version == 6 else None
    return str(mapped or found)
