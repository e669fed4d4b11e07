"""What the files say that an intent names: addresses of domains, published ranges, threat feeds.

Read here a second time and in another way, so that a mistake in the reading of the layers shows up as a difference.
Files were judged before; what this reading cannot make sense of is `Unreadable`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from generator.foundation.paths import read_file
from generator.foundation.yaml_reader import read_documents
from generator.intent import resolve_file
from generator.intent.model import External, Intent
from generator.meaning.address_ranges import NO_HOST
from generator.packets.addresses import AddressSet, parse_address
from generator.packets.intervals import Intervals

_SLASHED: Final = re.compile(r"[0-9a-fA-F]*[:.][0-9a-fA-F:.]*/[0-9]+")


class Unreadable(Exception):
    """A file that this reading cannot make sense of; the text says which and why."""


def locked_addresses(intent: Intent, external: External) -> AddressSet:
    """Return what the lock file has for the domains of an external, without addresses that no host has."""
    document = _lock(intent)
    wanted = {_plain(domain) for domain in external.domains}
    try:
        found = [
            AddressSet.of_cidrs([str(item["address"])])
            for domain, entry in document["domains"].items()
            if _plain(str(domain)) in wanted
            for item in entry["addresses"]
        ]
    except (LookupError, TypeError, AttributeError, ValueError):
        raise Unreadable(f"'{intent.lock_file}' is no lock file") from None
    return AddressSet.union(addresses for addresses in found if addresses - NO_HOST)


def _plain(domain: str) -> str:
    return domain.lower().rstrip(".")


def _lock(intent: Intent) -> dict[str, Any]:
    documents, problems = read_documents(_text(intent, intent.lock_file), intent.lock_file)
    if problems or len(documents) != 1:
        raise Unreadable(f"'{intent.lock_file}' is no lock file")
    value: dict[str, Any] = documents[0].value
    return value


def published_ranges(intent: Intent, external: External) -> AddressSet:
    """Return the ranges of a provider's file: a plain list, or every text of JSON that is a range."""
    text = _text(intent, external.ranges_file)
    if text.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise Unreadable(f"'{external.ranges_file}' is no JSON") from None
        return _set_of(_texts(value, listed=False), external.ranges_file)
    return _listed(text, external.ranges_file)


def feed_addresses(intent: Intent, file: str) -> AddressSet:
    """Return the addresses of a list: one address, range, or `first-last` a line."""
    return _listed(_text(intent, file), file)


def _text(intent: Intent, name: str) -> str:
    try:
        return read_file(resolve_file(intent, name)).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"cannot read '{name}': {error}") from None


def _listed(text: str, file: str) -> AddressSet:
    entries = (line.split("#")[0].split(";")[0].strip() for line in text.splitlines())
    return _set_of((entry for entry in entries if entry), file)


def _set_of(entries: Iterable[str], file: str) -> AddressSet:
    cidrs: list[str] = []
    spans: list[AddressSet] = []
    try:
        for entry in entries:
            if "-" in entry:
                (family, low), (_, high) = (parse_address(part.strip()) for part in entry.split("-"))
                spans.append(AddressSet.of_intervals(family, Intervals.of((low, high))))
            else:
                cidrs.append(entry)
        return AddressSet.union([AddressSet.of_cidrs(cidrs), *spans])
    except ValueError as error:
        raise Unreadable(f"'{file}': {error}") from None


def _texts(value: Any, *, listed: bool) -> Iterator[str]:
    """Give the texts that are ranges; an address alone counts where it is an item of a list."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item, listed=False)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, listed=True)
    elif isinstance(value, str) and (_SLASHED.fullmatch(value) or (listed and _is_address(value))):
        yield value


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True
