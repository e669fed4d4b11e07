"""Addresses and ranges as people write them, and the sequence in which they are kept."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from generator.intent.codes import ANYWHERE, CIDR
from generator.intent.model import Network
from generator.intent.problems import ValueProblem, describe_value, show

_FORMS: Final = "write 10.0.0.0/8, 10.1.2.3 or 2001:db8::/32"
_TO_EXTERNAL: Final = "write `anywhere: true`; it leaves out private ranges, the cluster's own and metadata addresses"
_TO_CLIENT: Final = "leave `cidrs` out beside `by: loadbalancer` or `by: nodeport`: that admits everybody outside"
_TO_NARROW: Final = "name the ranges that are meant"


def parse_network(value: object) -> Network:
    """Read a range or a single address, which is a /32 or /128; ValueProblem for host bits or anything else."""
    if not isinstance(value, str):
        raise ValueProblem(CIDR, f"{describe_value(value)} is no address range", _FORMS)
    try:
        interface = ipaddress.ip_interface(value)
    except ValueError:
        raise ValueProblem(CIDR, f"{show(value)} is no address range", _FORMS) from None
    address, slash, length = value.partition("/")
    if "%" in address or (slash and not (length.isascii() and length.isdigit())):
        raise ValueProblem(CIDR, f"{show(value)} is no address range", f"write {interface.network}")
    if isinstance(interface, ipaddress.IPv6Interface) and interface.ip.ipv4_mapped is not None:
        raise ValueProblem(CIDR, f"{show(value)} is an IPv4 address in IPv6 form", f"write {interface.ip.ipv4_mapped}")
    network = interface.network
    if interface.ip != network.network_address:
        raise ValueProblem(
            CIDR,
            f"{show(value)} has bits set after its prefix",
            f"write {network}, or {interface.ip} for the one address",
        )
    return network


def parse_destination(value: object) -> Network:
    """Read a range of an external; the whole address space is refused."""
    return _narrow(value, _TO_EXTERNAL)


def parse_client(value: object) -> Network:
    """Read a range of clients of an exposed service; the whole address space is refused."""
    return _narrow(value, _TO_CLIENT)


def parse_narrow(value: object) -> Network:
    """Read a range where the whole address space makes no sense."""
    return _narrow(value, _TO_NARROW)


def _narrow(value: object, hint: str) -> Network:
    network = parse_network(value)
    if network.prefixlen == 0:
        raise ValueProblem(ANYWHERE, f"{show(value)} is the whole address space", hint)
    return network


def sort_networks(networks: Iterable[Network]) -> tuple[Network, ...]:
    """Return each network once, IPv4 first, by address and length."""
    return tuple(sorted(set(networks), key=lambda net: (net.version, int(net.network_address), net.prefixlen)))
