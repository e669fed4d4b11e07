"""From the domains of an external to addresses: out of a reviewed lock file, or a provider's published ranges (P18)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Any, Final

from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.spelling import did_you_mean
from generator.intent.model import External, Network
from generator.layers.domain_codes import (
    ADDRESS_IS_NO_HOST,
    ADDRESS_IS_OLD,
    ADDRESS_IS_OWN,
    ADDRESS_IS_SPECIAL,
    DOMAIN_WITHOUT_ADDRESS,
    RANGES_ARE_SPECIAL,
    RANGES_SHAPE,
    WHOLE_SPACE,
)
from generator.layers.feeds import collapse, read_feed, whole_space
from generator.layers.lock_file import Lock, LockedAddress
from generator.layers.networks import lies_in, overlap
from generator.layers.own_ranges import SPECIAL

OLD_AFTER: Final = timedelta(days=30)
# This host, loopback, multicast and what is reserved: another machine never has such an address.
_NO_HOST: Final[tuple[Network, ...]] = tuple(
    ip_network(net) for net in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/127", "ff00::/8")
)
_RANGE: Final = re.compile(r"[0-9a-fA-F:.]*[:.][0-9a-fA-F:.]*/[0-9]{1,3}")
_ADDRESS: Final = re.compile(r"[0-9]+(\.[0-9]+){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")


def resolve_domains(
    external: External, *, lock: Lock | None, as_of: date, own: Sequence[Network] = ()
) -> tuple[tuple[Network, ...], list[Diagnostic]]:
    """Return the addresses of all domains of an external; a domain without any is an error, never an empty set.

    `own` are the cluster's own ranges: a public name that leads there is warned of, and so is one with a private
    address, or with one that was last seen long before `as_of`. An address that no host has (0.0.0.0, loopback,
    multicast) is warned of and left out; a domain with no other is an error like one with none.
    """
    networks: list[Network] = []
    problems: list[Diagnostic] = []
    for domain in external.domains:
        locked = lock.domains.get(domain.lower().removesuffix("."), ()) if lock is not None else ()
        usable = [item for item in locked if not _is_no_host(item.network)]
        if not usable:
            problems.append(_without_address(external, domain, lock))
        problems.extend(finding for item in locked for finding in _doubts(domain, item, as_of, own))
        networks.extend(item.network for item in usable)
    return collapse(networks), problems


def _without_address(external: External, domain: str, lock: Lock | None) -> Diagnostic:
    if lock is None:
        hint = "name a lock file: `lock: domains.lock.yaml`, or use another strategy"
    else:
        hint = did_you_mean(domain, lock.domains) or f"add it to {lock.file}"
    return problem(
        DOMAIN_WITHOUT_ADDRESS,
        f"'{domain}' of external '{external.name}' has no address",
        place=external.origin.place,
        path=external.origin.path,
        hint=hint,
    )


def _is_no_host(network: Network) -> bool:
    return any(lies_in(network, nobody) for nobody in _NO_HOST)


def _doubts(domain: str, item: LockedAddress, as_of: date, own: Sequence[Network]) -> Iterator[Diagnostic]:
    hint = "an inside name belongs under services: or cidrs:"
    if _is_no_host(item.network):
        summary = f"{item.network} of '{domain}' is no host's address and is left out"
        yield problem(ADDRESS_IS_NO_HOST, summary, place=item.place, hint="resolve the domain again")
        return
    inside = [net for net in own if overlap(item.network, net)]
    special = [(net, rfc) for net, rfc in SPECIAL if overlap(item.network, net)]
    if inside:
        summary = f"{item.network} of '{domain}' is one of the cluster's own ({inside[0]})"
        yield problem(ADDRESS_IS_OWN, summary, place=item.place, hint=hint)
    elif special:
        summary = f"{item.network} of '{domain}' meets {special[0][0]} ({special[0][1]})"
        yield problem(ADDRESS_IS_SPECIAL, summary, place=item.place, hint=hint)
    age = as_of - item.last_seen
    if age > OLD_AFTER:
        summary = f"{item.network} of '{domain}' was last seen {age.days} days ago"
        yield problem(ADDRESS_IS_OLD, summary, place=item.place, hint="resolve the domain again")


def read_ranges(text: str, file: str) -> tuple[tuple[Network, ...], list[Diagnostic]]:
    """Read published ranges: a plain list, or JSON whose texts are ranges (as AWS, Google, GitHub, … publish them).

    In JSON every text of the form `address/length` counts, wherever it stands, and an address alone counts as an item
    of a list (elsewhere it may be a version or the address of a server). One that is malformed or has bits set after
    its prefix, none at all, or all addresses there are: an error, and nothing is returned. Ranges that meet special
    ones are warned of.
    """
    if text.lstrip()[:1] in ("{", "["):
        networks, problems = _read_json(text, file)
    else:
        networks, problems = read_feed(text, file, mask=False)
    special = [(net, other, rfc) for net in networks for other, rfc in SPECIAL if overlap(net, other)]
    if special:
        shown = ", ".join(f"{net} meets {other} ({rfc})" for net, other, rfc in special[:3])
        problems = [*problems, problem(RANGES_ARE_SPECIAL, shown, place=Place(file), hint="take these ranges out")]
    return networks, problems


def _read_json(text: str, file: str) -> tuple[tuple[Network, ...], list[Diagnostic]]:
    try:
        found = [_parse_range(written) for written in _ranges_in(json.loads(text))]
    except _NoRange as error:
        return (), [_wrong(file, str(error))]
    except ValueError as error:
        return (), [_wrong(file, f"not JSON: {error}")]
    except RecursionError:
        return (), [_wrong(file, "the JSON is nested too deeply")]
    merged = collapse(found)
    if not merged:
        return (), [_wrong(file, "no range is in the file")]
    whole = whole_space(merged)
    if whole is not None:
        return (), [problem(WHOLE_SPACE, f"the ranges come to {whole}, every address there is", place=Place(file))]
    return merged, []


class _NoRange(Exception):
    """A text that has the form of a range and is none; leaving it out would cut the provider short."""


def _parse_range(written: str) -> Network:
    try:
        return ip_network(written)
    except ValueError as error:
        raise _NoRange(f"'{written[:60]}' is no range: {error}") from None


def _wrong(file: str, summary: str) -> Diagnostic:
    return problem(RANGES_SHAPE, summary, place=Place(file), hint="give a plain list or JSON with ranges in it")


def _ranges_in(value: Any, *, in_list: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _ranges_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ranges_in(item, in_list=True)
    elif isinstance(value, str) and (_RANGE.fullmatch(value) or (in_list and _ADDRESS.fullmatch(value))):
        yield value
