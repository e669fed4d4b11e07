"""Guardrails: deny cloud metadata and link-local addresses.

What the platform needs there is carved out of the Deny itself (product.md 3): an exempt address leaves the wide rule,
and rules of its own deny every other port of it. A rule can name or leave out one protocol only, so to an exempt
address TCP, UDP, SCTP and ICMP are denied by name; any other protocol meets the default deny.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from generator.intent.model import Network, PortSpec
from generator.layers.context import Composed, LayerContext
from generator.layers.networks import lies_in, network_key, widest
from generator.layers.peers import network_peers

LINK_LOCAL: Final[tuple[Network, ...]] = (ip_network("169.254.0.0/16"), ip_network("fe80::/10"))  # RFC 3927, RFC 4291


def compose(context: LayerContext) -> Composed:
    """Return the denied peers, and for each exempt address the ports that stay open."""
    settings = context.intent.layers.get("guardrails")
    if settings is not None and not settings.enabled:
        return Composed()
    denied = widest([*LINK_LOCAL, *context.facts.metadata_addresses])
    exempt = _exempt_ports(context, denied)
    carved = [
        (peer, protocol, tuple(sorted(ports, key=str)))
        for network, by_protocol in sorted(exempt.items(), key=lambda item: network_key(item[0]))
        for peer in network_peers([network])
        for protocol, ports in _denied_ports(network, by_protocol)
    ]
    return Composed({"denied": network_peers(denied, exempt), "carved": carved})


def _exempt_ports(context: LayerContext, denied: list[Network]) -> dict[Network, dict[str, set[int | str]]]:
    found: dict[Network, dict[str, set[int | str]]] = {}
    for network, port in context.facts.exemptions:
        if any(lies_in(network, wide) for wide in denied):
            found.setdefault(network, {}).setdefault(port.protocol, set()).add(_port_value(port))
    return found


def _port_value(port: PortSpec) -> int | str:
    return port.first if port.first == port.last else f"{port.first}:{port.last}"


def _denied_ports(network: Network, open_ports: dict[str, set[int | str]]) -> list[tuple[str, set[int | str]]]:
    icmp = "ICMP" if network.version == 4 else "ICMPv6"
    return [(protocol, open_ports.get(protocol, set())) for protocol in ("TCP", "UDP", "SCTP", icmp)]
