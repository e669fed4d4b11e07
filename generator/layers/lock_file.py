"""The lock file of domains: addresses that somebody has reviewed, with when each was first and last seen.

version: 1
domains:
  api.example.com:
    addresses:
    - {address: 198.51.100.7, firstSeen: 2026-01-10, lastSeen: 2026-03-02, ttl: 300, source: resolver 192.0.2.53}

`address` is one address, or a range that the owner of the domain has named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.source import Path, SourceMap, print_path
from generator.foundation.spelling import did_you_mean
from generator.foundation.yaml_reader import read_documents
from generator.intent.model import Network
from generator.intent.networks import parse_narrow
from generator.intent.problems import ValueProblem
from generator.layers.domain_codes import LOCK_SHAPE

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # Python alone would take 20260131 and 2026-W05-6 too
_ADDRESS_KEYS: Final = ("address", "firstSeen", "lastSeen", "ttl", "source")


@dataclass(frozen=True, slots=True)
class LockedAddress:
    """One address of a domain, the days on which it was first and last seen, and the answer's lifetime in seconds."""

    network: Network
    first_seen: date
    last_seen: date
    place: Place
    ttl: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Lock:
    """All domains of a lock file."""

    file: str
    domains: Mapping[str, tuple[LockedAddress, ...]]


def lock_schema() -> dict[str, Any]:
    """Return the JSON Schema of a lock file."""
    day = {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}
    address = {
        "type": "object",
        "additionalProperties": False,
        "required": ["address", "firstSeen", "lastSeen"],
        "properties": {
            "address": {"type": "string"},
            "firstSeen": day,
            "lastSeen": day,
            "ttl": {"type": "integer", "minimum": 0},
            "source": {"type": "string"},
        },
    }
    domain = {
        "type": "object",
        "additionalProperties": False,
        "required": ["addresses"],
        "properties": {"addresses": {"type": "array", "minItems": 1, "items": address}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lock file of domains",
        "type": "object",
        "additionalProperties": False,
        "required": ["version", "domains"],
        "properties": {"version": {"const": 1}, "domains": {"type": "object", "additionalProperties": domain}},
    }


def read_lock(text: str, file: str) -> tuple[Lock | None, list[Diagnostic]]:
    """Read a lock file; None and every problem if it is not well-formed."""
    documents, problems = read_documents(text, file)
    if problems:
        return None, problems
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        return None, [problem(LOCK_SHAPE, "a lock file is one YAML mapping", place=Place(file))]
    reading = _Reading(documents[0].source)
    domains = reading.file(documents[0].value)
    return (None, reading.problems) if reading.problems else (Lock(file, domains), [])


class _Reading:
    """Collects the problems of one lock file while it is read."""

    def __init__(self, source: SourceMap) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []

    def file(self, data: Mapping[str, Any]) -> dict[str, tuple[LockedAddress, ...]]:
        self._known(data, (), ("version", "domains"))
        if data.get("version") != 1 or data.get("version") is True:
            self._say("version must be 1", ("version",))
        domains = data.get("domains")
        if not isinstance(domains, Mapping):
            self._say("domains must be a mapping of domain names", ("domains",))
            return {}
        found: dict[str, tuple[LockedAddress, ...]] = {}
        for name, value in domains.items():
            path: Path = ("domains", str(name))
            plain = str(name).lower().removesuffix(".")
            if plain in found:
                self._say(f"domain '{plain}' stands here twice", path, "put all its addresses under one name")
            found[plain] = self._domain(value, path)
        return found

    def _domain(self, data: Any, path: Path) -> tuple[LockedAddress, ...]:
        listed = data.get("addresses") if isinstance(data, Mapping) else None
        if not isinstance(listed, list):
            self._say("a domain has a list of addresses", path)
            return ()
        self._known(data, path, ("addresses",))
        read = [self._address(item, (*path, "addresses", number)) for number, item in enumerate(listed)]
        return tuple(item for item in read if item is not None)

    def _address(self, data: Any, path: Path) -> LockedAddress | None:
        if not isinstance(data, Mapping):
            self._say("an address has address, firstSeen and lastSeen", path)
            return None
        self._known(data, path, _ADDRESS_KEYS)
        try:
            network = parse_narrow(data.get("address"))
        except ValueProblem as error:
            self._say(error.summary, (*path, "address"), error.hint)
            return None
        days = [self._day(data.get(key), (*path, key)) for key in ("firstSeen", "lastSeen")]
        if days[0] is None or days[1] is None:
            return None
        if days[1] < days[0]:
            self._say("lastSeen is before firstSeen", (*path, "lastSeen"))
        ttl, source = data.get("ttl"), data.get("source", "")
        if "ttl" in data and (not isinstance(ttl, int) or isinstance(ttl, bool) or ttl < 0):
            self._say("ttl is a number of seconds", (*path, "ttl"))
            ttl = None
        if not isinstance(source, str):
            self._say("source is text", (*path, "source"))
        return LockedAddress(network, days[0], days[1], self.source.place(path), ttl, str(source))

    def _day(self, value: Any, path: Path) -> date | None:
        try:
            if isinstance(value, str) and _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass  # the thirteenth month; said below
        self._say(f"{value!r} is no date" if value is not None else "the date is missing", path, "write 2026-01-31")
        return None

    def _known(self, data: Mapping[str, Any], path: Path, known: tuple[str, ...]) -> None:
        for key in data:
            if key not in known:
                hint = did_you_mean(str(key), known) or f"known: {', '.join(known)}"
                self._say(f"unknown key '{key}'", (*path, str(key)), hint)

    def _say(self, summary: str, path: Path, hint: str = "") -> None:
        place = self.source.place(path)
        self.problems.append(problem(LOCK_SHAPE, summary, place=place, path=print_path(path), hint=hint))
