"""What no threat feed may deny: special ranges, the cluster's own, and what the intent declares (field-notes L5)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import Intent, Network
from generator.layers.domain_codes import FEED_ALL_SPECIAL, FEED_CUT, FEED_CUT_TOO_MUCH
from generator.layers.feeds import collapse
from generator.layers.networks import lies_in, network_key
from generator.platforms.effective import EffectiveFacts

# Special-purpose ranges that can be somebody inside: private, shared, local, for tests of networks, or reserved; with
# the document that says so. The ranges for documentation (RFC 5737, 3849, 9637) are left out on purpose: nobody has
# them, so that denying them cuts nothing off, and all examples are written with them.
SPECIAL: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(net), rfc)
    for net, rfc in (
        ("0.0.0.0/8", "RFC 1122"),
        ("10.0.0.0/8", "RFC 1918"),
        ("100.64.0.0/10", "RFC 6598"),
        ("127.0.0.0/8", "RFC 1122"),
        ("169.254.0.0/16", "RFC 3927"),
        ("172.16.0.0/12", "RFC 1918"),
        ("192.0.0.0/24", "RFC 6890"),
        ("192.88.99.0/24", "RFC 7526"),
        ("192.168.0.0/16", "RFC 1918"),
        ("198.18.0.0/15", "RFC 2544"),
        ("224.0.0.0/4", "RFC 5771"),
        ("240.0.0.0/4", "RFC 1112"),
        ("::/127", "RFC 4291"),
        ("::ffff:0:0/96", "RFC 4291"),
        ("64:ff9b:1::/48", "RFC 8215"),
        ("100::/64", "RFC 6666"),
        ("2001:2::/48", "RFC 5180"),
        ("5f00::/16", "RFC 9602"),
        ("fc00::/7", "RFC 4193"),
        ("fe80::/10", "RFC 4291"),
        ("fec0::/10", "RFC 3879"),
        ("ff00::/8", "RFC 4291"),
    )
)


def protected_networks(intent: Intent, facts: EffectiveFacts) -> tuple[Network, ...]:
    """Return what no feed may deny beside special ranges: all that makes the cluster run, and what the intent names.

    A platform's resolver may have a public address (168.63.129.16), and so may load balancers that reach pods directly.
    """
    found: list[Network] = [
        *facts.own_networks, *facts.node_networks, *facts.api_server_networks, *facts.dns_addresses,
        *facts.dns_resolvers, *facts.ingress_networks, *(net for net, _ in facts.exemptions),
    ]  # fmt: skip
    for external in intent.externals.values():
        found.extend(external.cidrs)
    for exception in intent.exceptions:
        if isinstance(exception.to, tuple):
            found.extend(exception.to)
    return collapse(found)


@dataclass(frozen=True, slots=True)
class CutResult:
    """A feed without what it must not hold: what is left, and each entry that lost something with the reason."""

    kept: tuple[Network, ...]
    cut: tuple[tuple[Network, str], ...]


def cut_own_ranges(
    networks: Sequence[Network], own: Sequence[Network], *, name: str
) -> tuple[CutResult, list[Diagnostic]]:
    """Cut special ranges and `own` out of a feed, splitting entries exactly; what was cut is reported.

    If more than half of its public addresses were to go, or it has none, the feed is a mistake: an error, and nothing
    is kept.
    """
    public, special_cut = _cut(networks, SPECIAL)
    if not public:
        summary = f"feed '{name}' lists nothing but private and special ranges"
        return CutResult((), ()), [problem(FEED_ALL_SPECIAL, summary, path=f"threatFeeds.{name}")]
    kept, own_cut = _cut(public, [(net, "the cluster's own") for net in collapse(own)])
    if own_cut and _size(kept) * 2 < _size(public):
        summary = f"feed '{name}' lists mostly the cluster's own addresses or its externals', such as {own_cut[0][0]}"
        return CutResult((), ()), [problem(FEED_CUT_TOO_MUCH, summary, path=f"threatFeeds.{name}")]
    result = CutResult(collapse(kept), tuple(sorted({*special_cut, *own_cut}, key=lambda item: network_key(item[0]))))
    return result, [_report(name, result)] if result.cut else []


def _report(name: str, result: CutResult) -> Diagnostic:
    shown = ", ".join(f"{net} ({why})" for net, why in result.cut[:6])
    more = f" and {len(result.cut) - 6} more" if len(result.cut) > 6 else ""
    return problem(FEED_CUT, f"feed '{name}' is used without {shown}{more}", path=f"threatFeeds.{name}")


def _cut(
    networks: Iterable[Network], holes: Sequence[tuple[Network, str]]
) -> tuple[list[Network], list[tuple[Network, str]]]:
    kept: list[Network] = []
    cut: list[tuple[Network, str]] = []
    ordered = _Holes(holes)
    for network in networks:
        touching = ordered.touching(network)
        if not touching:
            kept.append(network)
            continue
        cut.append((network, touching[0][1]))
        kept.extend(_without(network, [hole for hole, _ in touching]))
    return kept, cut


class _Holes:
    """Finds the holes that a range touches without asking each of them."""

    def __init__(self, holes: Sequence[tuple[Network, str]]) -> None:
        self._by_net = {net: why for net, why in reversed(holes)}
        self._lengths = {
            version: sorted({net.prefixlen for net in self._by_net if net.version == version}) for version in (4, 6)
        }

    def touching(self, network: Network) -> list[tuple[Network, str]]:
        """Return holes that contain the range, or else those that lie in it."""
        for length in self._lengths[network.version]:
            if length > network.prefixlen:
                break
            around = network.supernet(new_prefix=length)
            if around in self._by_net:
                return [(around, self._by_net[around])]
        if self._lengths[network.version][-1:] <= [network.prefixlen]:
            return []
        return [(net, why) for net, why in self._by_net.items() if lies_in(net, network)]


def _without(network: Network, holes: Sequence[Network]) -> list[Network]:
    """Return what is left of a range without the holes, exactly."""
    left: list[Network] = [network]
    for hole in holes:
        left = [part for piece in left for part in _exclude(piece, hole)]
    return left


def _exclude(piece: Network, hole: Network) -> list[Network]:
    if lies_in(piece, hole):
        return []
    match piece, hole:
        case (IPv4Network(), IPv4Network()) if hole.subnet_of(piece):
            return list(piece.address_exclude(hole))
        case (IPv6Network(), IPv6Network()) if hole.subnet_of(piece):
            return list(piece.address_exclude(hole))
        case _:
            return [piece]


def _size(networks: Iterable[Network]) -> int:
    """Count addresses; an IPv6 /64 counts as one, or IPv6 would always outweigh IPv4."""
    return sum(
        net.num_addresses if isinstance(net, ipaddress.IPv4Network) else max(1, net.num_addresses >> 64)
        for net in networks
    )
