"""Threat feeds from files: netset and plain lists into address ranges, and into shards of stable make-up (P41)."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import Final

from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.intent.model import Network
from generator.layers.domain_codes import FEED_EMPTY, FEED_LINE, WHOLE_SPACE
from generator.layers.networks import lies_in, network_key

SHARD_SIZE: Final = 10_000  # aimed at; never over 20,000 in one set (testbed.md 3)
MAX_SHARD: Final = 20_000
_GIVEN_OUT: Final = ipaddress.ip_network("2000::/3")  # RFC 4291 section 2.4, RFC 3587: all global unicast so far
_COMMENT = re.compile(r"[#;].*")


def read_feed(text: str, file: str, *, mask: bool = True) -> tuple[tuple[Network, ...], list[Diagnostic]]:
    """Read a netset or plain list: an address, a range or `first-last` a line, comments after `#` and `;`.

    Host bits are masked, as ipset does; with `mask` False they are an error, for lists that open something. Returns the
    ranges, merged and sorted; on the first line that is something else nothing but an error, because half a feed looks
    like a whole one. A list that comes to every address there is, in one entry or in several, is an error too.
    """
    found: list[Network] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        entry = _COMMENT.sub("", line).strip()
        if not entry:
            continue
        networks = _read_entry(entry, mask)
        if networks is None:
            what = "is no address" if mask or _read_entry(entry, True) is None else "has bits set after its prefix"
            hint = _format_hint(text, entry)
            return (), [problem(FEED_LINE, f"'{entry[:60]}' {what}", place=Place(file, number, 1), hint=hint)]
        found.extend(networks)
    if not found:
        return (), [problem(FEED_EMPTY, "the list holds no address", place=Place(file), hint="fetch it again")]
    merged = collapse(found)
    whole = whole_space(merged)
    if whole is not None:
        summary = f"the list comes to {whole}, every address there is"
        return (), [problem(WHOLE_SPACE, summary, place=Place(file), hint="fetch it again")]
    return merged, []


def whole_space(networks: Iterable[Network]) -> Network | None:
    """Return the range, if there is one, that is a whole family: all of IPv4, or all that IPv6 has given out."""
    return next((net for net in networks if net.prefixlen == 0 or lies_in(_GIVEN_OUT, net)), None)


def _read_entry(entry: str, mask: bool) -> list[Network] | None:
    first, dash, last = (part.strip() for part in entry.partition("-"))
    if "%" in entry:
        return None  # an interface's name means nothing anywhere else
    try:
        if not dash:
            return [ipaddress.ip_network(entry, strict=not mask)]
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        return list(ipaddress.summarize_address_range(low, high))
    except (ValueError, TypeError):
        return None


def _format_hint(text: str, entry: str) -> str:
    """Say what the text, or the line that is no address, looks like instead."""
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html")):
        return "this is a web page, perhaps an error page; fetch the list again"
    if start.startswith(("{", "[")):
        return "this is JSON; extract the addresses, one on each line"
    if "," in entry or "\t" in entry:
        return "this is a table; extract the addresses, one on each line"
    return "a feed is a list of addresses and ranges, one on each line"


def collapse(networks: Iterable[Network]) -> tuple[Network, ...]:
    """Merge ranges that lie in or beside each other; both families, sorted."""
    four = [net for net in networks if isinstance(net, ipaddress.IPv4Network)]
    six = [net for net in networks if isinstance(net, ipaddress.IPv6Network)]
    return (*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six))


def shard_networks(networks: Sequence[Network], *, size: int = SHARD_SIZE) -> tuple[tuple[Network, ...], ...]:
    """Divide ranges among sets of about `size`, so that one range more or less changes one set.

    A range's set hangs on a hash of its text and on the number of sets, which is the power of two that holds the whole
    list at `size` each (more only where a set would pass twice the size). So the sets are dealt anew when the list
    grows past `size`, twice, four times that, …, and between these one range more or less changes one set (merging
    with its neighbours included, a few). Shards without a range are left out.
    """
    count = 1
    while count * size < len(networks):
        count *= 2
    while True:
        shards: list[list[Network]] = [[] for _ in range(count)]
        for network in sorted(set(networks), key=network_key):
            shards[_bucket(network, count)].append(network)
        if max((len(shard) for shard in shards), default=0) <= min(2 * size, MAX_SHARD):
            return tuple(tuple(shard) for shard in shards if shard)
        count *= 2


def _bucket(network: Network, count: int) -> int:
    return int.from_bytes(hashlib.sha256(str(network).encode()).digest()[:8], "big") % count
