"""Guardrails: deny cloud metadata and link-local addresses.

What the platform needs there is carved out of the Deny itself (product.md 3): an exempt address leaves the wide rule,
and rules of its own deny every other port of it. A rule can name or leave out one protocol only, so to an exempt
address TCP, UDP, SCTP and ICMP are denied by name; any other protocol meets the default deny.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network
from typing import Final

from generator.intent.model import Network, PortSpec
from generator.layers.context import Composed, LayerContext
from generator.layers.needed import needed_externals
from generator.layers.networks import lies_in, network_key, widest
from generator.layers.peers import network_peers

LINK_LOCAL: Final[tuple[Network, ...]] = (ip_network("169.254.0.0/16"), ip_network("fe80::/10"))  # RFC 3927, RFC 4291

Exempt = dict[Network, dict[str, set[int | str]]]  # by range and protocol, the ports that stay open


def compose(context: LayerContext) -> Composed:
    """Return the denied peers, and for each exempt address the ports that stay open."""
    settings = context.intent.layers.get("guardrails")
    if settings is not None and not settings.enabled:
        return Composed()
    denied = widest([*LINK_LOCAL, *context.facts.metadata_addresses])
    exempt = _exempt_ports(_wanted(context, denied), denied)
    carved = [
        (peer, protocol, tuple(sorted(ports, key=str)))
        for network in sorted(exempt, key=network_key)
        for peer in network_peers([network], _inside(network, exempt))
        for protocol, ports in _denied_ports(network, _open_ports(network, exempt))
    ]
    return Composed({"denied": network_peers(denied, widest(exempt)), "carved": carved})


def _wanted(context: LayerContext, denied: Sequence[Network]) -> Iterator[tuple[Network, PortSpec]]:
    """Give what must stay open: the platform's own, and addresses that the intent names on purpose (product.md 2)."""
    for network, port in context.facts.exemptions:
        yield network, port
        for wide in denied:  # a range of the platform that holds a denied one is needed as a whole
            if network != wide and lies_in(wide, network):
                yield wide, port
    for name in needed_externals(context.intent):
        external = context.intent.externals[name]
        for network in external.cidrs:
            for port in external.ports:
                yield network, port
    for exception in context.intent.exceptions:
        if isinstance(exception.to, tuple):
            for network in exception.to:
                for port in exception.ports:
                    yield network, port


def _exempt_ports(wanted: Iterable[tuple[Network, PortSpec]], denied: Sequence[Network]) -> Exempt:
    """Return by range what stays open of it, of all that lies in a denied range."""
    found: Exempt = {}
    for network, port in wanted:
        for wide in denied:
            if lies_in(network, wide):
                found.setdefault(network, {}).setdefault(port.protocol, set()).add(_port_value(port))
    return found


def _inside(network: Network, exempt: Exempt) -> list[Network]:
    """Return the exempt ranges inside another: they have rules of their own."""
    return widest(other for other in exempt if other != network and lies_in(other, network))


def _open_ports(network: Network, exempt: Exempt) -> dict[str, set[int | str]]:
    """Return what stays open of a range: its own ports, and those of exempt ranges around it."""
    found: dict[str, set[int | str]] = {}
    for other, by_protocol in exempt.items():
        if lies_in(network, other):
            for protocol, ports in by_protocol.items():
                found.setdefault(protocol, set()).update(ports)
    return found


def _port_value(port: PortSpec) -> int | str:
    return port.first if port.first == port.last else f"{port.first}:{port.last}"


def _denied_ports(network: Network, open_ports: dict[str, set[int | str]]) -> list[tuple[str, set[int | str]]]:
    icmp = "ICMP" if network.version == 4 else "ICMPv6"
    return [(protocol, open_ports.get(protocol, set())) for protocol in ("TCP", "UDP", "SCTP", icmp)]
