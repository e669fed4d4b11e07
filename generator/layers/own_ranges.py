"""What no threat feed may deny: special ranges, and the cluster's own (field-notes L5)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import Network
from generator.layers.domain_codes import FEED_CUT, FEED_CUT_TOO_MUCH
from generator.layers.feeds import collapse
from generator.layers.networks import lies_in, network_key

# Ranges that are never somebody on the internet, with the document that says so.
SPECIAL: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(net), rfc)
    for net, rfc in (
        ("0.0.0.0/8", "RFC 1122"),
        ("10.0.0.0/8", "RFC 1918"),
        ("100.64.0.0/10", "RFC 6598"),
        ("127.0.0.0/8", "RFC 1122"),
        ("169.254.0.0/16", "RFC 3927"),
        ("172.16.0.0/12", "RFC 1918"),
        ("192.168.0.0/16", "RFC 1918"),
        ("224.0.0.0/4", "RFC 5771"),
        ("240.0.0.0/4", "RFC 1112"),
        ("::/127", "RFC 4291"),
        ("::ffff:0:0/96", "RFC 4291"),
        ("fc00::/7", "RFC 4193"),
        ("fe80::/10", "RFC 4291"),
        ("ff00::/8", "RFC 4291"),
    )
)


@dataclass(frozen=True, slots=True)
class CutResult:
    """A feed without what it must not hold: what is left, and each entry that lost something with the reason."""

    kept: tuple[Network, ...]
    cut: tuple[tuple[Network, str], ...]


def cut_own_ranges(
    networks: Sequence[Network], own: Sequence[Network], *, name: str
) -> tuple[CutResult, list[Diagnostic]]:
    """Cut special ranges and `own` out of a feed, splitting entries exactly; what was cut is reported.

    If more than half of its public addresses were to go, the feed is a mistake: an error, and nothing is kept.
    """
    public, special_cut = _cut(networks, SPECIAL)
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
