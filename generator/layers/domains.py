"""From the domains of an external to addresses: out of a reviewed lock file, or a provider's published ranges (P18)."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.spelling import did_you_mean
from generator.intent.model import External, Network
from generator.layers.domain_codes import (
    ADDRESS_IS_OLD,
    ADDRESS_IS_SPECIAL,
    DOMAIN_WITHOUT_ADDRESS,
    RANGES_SHAPE,
)
from generator.layers.feeds import collapse, read_feed
from generator.layers.lock_file import Lock, LockedAddress
from generator.layers.networks import lies_in
from generator.layers.own_ranges import SPECIAL

OLD_AFTER: Final = timedelta(days=30)


def resolve_domains(
    external: External, *, lock: Lock | None, as_of: date
) -> tuple[tuple[Network, ...], list[Diagnostic]]:
    """Return the addresses of all domains of an external; a domain without any is an error, never an empty set."""
    networks: list[Network] = []
    problems: list[Diagnostic] = []
    for domain in external.domains:
        locked = lock.domains.get(domain.lower(), ()) if lock is not None else ()
        if not locked:
            problems.append(_without_address(external, domain, lock))
        problems.extend(finding for item in locked for finding in _doubts(domain, item, as_of))
        networks.extend(item.network for item in locked)
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


def _doubts(domain: str, item: LockedAddress, as_of: date) -> Iterator[Diagnostic]:
    for net, rfc in SPECIAL:
        if lies_in(item.network, net):
            summary = f"{item.network} of '{domain}' lies in {net} ({rfc})"
            hint = "an inside name belongs under services: or cidrs:"
            yield problem(ADDRESS_IS_SPECIAL, summary, place=item.place, hint=hint)
    age = as_of - item.last_seen
    if age > OLD_AFTER:
        summary = f"{item.network} of '{domain}' was last seen {age.days} days ago"
        yield problem(ADDRESS_IS_OLD, summary, place=item.place, hint="resolve the domain again")


def read_ranges(text: str, file: str) -> tuple[tuple[Network, ...], list[Diagnostic]]:
    """Read published ranges: a plain list, or JSON whose texts are ranges (as AWS, Google and GitHub publish them).

    In JSON every text that is an address or range counts, wherever it stands; none at all is an error.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return read_feed(text, file)
    try:
        data = json.loads(text)
    except ValueError as error:
        return (), [problem(RANGES_SHAPE, f"not JSON: {error}", place=Place(file))]
    found = list(_ranges_in(data))
    if not found:
        return (), [problem(RANGES_SHAPE, "no range is in the file", place=Place(file))]
    if any(net.prefixlen == 0 for net in found):
        return (), [problem(RANGES_SHAPE, "a range is the whole address space", place=Place(file))]
    return collapse(found), []


def _ranges_in(value: Any) -> Iterator[Network]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _ranges_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ranges_in(item)
    elif isinstance(value, str) and ("." in value or ":" in value):
        try:
            yield ipaddress.ip_network(value)
        except ValueError:
            return
