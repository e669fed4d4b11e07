"""What no threat feed may deny: special ranges, the cluster's own, and what the intent declares (field-notes L5)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network, summarize_address_range
from typing import Final

from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import Intent, Network
from generator.layers.domain_codes import FEED_ALL_SPECIAL, FEED_CUT, FEED_CUT_TOO_MUCH
from generator.layers.feeds import collapse
from generator.layers.networks import network_key
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
        *facts.dns_resolvers, *facts.ingress_networks, *facts.gateway_networks,
        *(net for net, _ in facts.exemptions),
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

    What is kept is merged and sorted. If more than half of the feed's public addresses of one family were to go to
    `own`, or it has no public address, the feed is a mistake: an error, and nothing is kept.
    """
    public, special_cut = _cut(collapse(networks), SPECIAL)
    if not public:
        summary = f"feed '{name}' lists nothing but private and special ranges"
        return CutResult((), ()), [problem(FEED_ALL_SPECIAL, summary, path=f"threatFeeds.{name}")]
    kept, own_cut = _cut(public, [(net, "the cluster's own") for net in collapse(own)])
    for version in (4, 6):  # each for itself: one IPv6 range has more addresses than all of IPv4
        if _size(kept, version) * 2 < _size(public, version):
            first = next(net for net, _ in own_cut if net.version == version)
            summary = f"feed '{name}' lists mostly the cluster's own addresses or its externals', such as {first}"
            return CutResult((), ()), [problem(FEED_CUT_TOO_MUCH, summary, path=f"threatFeeds.{name}")]
    # Parts of two entries never merge: a range over both would hold one of them whole, and that one has a hole.
    result = CutResult(tuple(kept), tuple(sorted({*special_cut, *own_cut}, key=lambda item: network_key(item[0]))))
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
        cut.append((network, touching[0].why))
        kept.extend(_without(network, touching))
    return kept, cut


@dataclass(frozen=True, slots=True)
class _Hole:
    """A range to cut out, from its first to its last address as numbers, and why."""

    first: int
    last: int
    why: str


class _Holes:
    """Finds the holes that a range touches without asking each of them; a hole inside another is no hole of its own."""

    def __init__(self, holes: Sequence[tuple[Network, str]]) -> None:
        self._holes: dict[int, list[_Hole]] = {4: [], 6: []}
        for net, why in sorted(holes, key=lambda item: network_key(item[0])):
            row = self._holes[net.version]
            if not row or row[-1].last < int(net.broadcast_address):
                row.append(_Hole(int(net.network_address), int(net.broadcast_address), why))
        self._firsts = {version: [hole.first for hole in row] for version, row in self._holes.items()}
        self._lasts = {version: [hole.last for hole in row] for version, row in self._holes.items()}

    def touching(self, network: Network) -> list[_Hole]:
        """Return the holes that share an address with the range, in order."""
        start = bisect_left(self._lasts[network.version], int(network.network_address))
        stop = bisect_right(self._firsts[network.version], int(network.broadcast_address))
        return self._holes[network.version][start:stop]


def _without(network: Network, holes: Sequence[_Hole]) -> list[Network]:
    """Return what is left of a range without the holes that it touches, exactly, in as few ranges as possible."""
    left: list[Network] = []
    at, end = int(network.network_address), int(network.broadcast_address)
    for hole in holes:
        if at < hole.first:
            left.extend(_ranges(network.version, at, hole.first - 1))
        at = hole.last + 1
    if at <= end:
        left.extend(_ranges(network.version, at, end))
    return left


def _ranges(version: int, first: int, last: int) -> Iterator[Network]:
    if version == 4:
        return summarize_address_range(IPv4Address(first), IPv4Address(last))
    return summarize_address_range(IPv6Address(first), IPv6Address(last))


def _size(networks: Iterable[Network], version: int) -> int:
    return sum(net.num_addresses for net in networks if net.version == version)
