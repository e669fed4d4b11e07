"""Reads the facts of a profile file: strict, with a place for each problem, all problems at once.

A fact is a mapping `{value, source, verified}`, and `file` beside it where the source is a published manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from generator.foundation.codes import Code
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import Path, SourceMap, print_path
from generator.foundation.spelling import did_you_mean
from generator.intent.model import Labels, Layout, Network, PortSpec
from generator.intent.networks import parse_network
from generator.intent.ports import parse_port
from generator.intent.problems import ValueProblem
from generator.platforms.codes import MISSING_KEY, UNKNOWN_KEY, WRONG_VALUE
from generator.platforms.model import Capability, CapabilityPeer, Fact, PodFacts, Presence

T = TypeVar("T")
_FACT_KEYS = ("value", "source", "verified", "file")


class WrongValue(Exception):
    """A value that is not what its fact needs; `path` leads to it from the fact's value."""

    def __init__(self, summary: str, path: Path = ()) -> None:
        super().__init__(summary)
        self.path = path


@dataclass(slots=True)
class FactReader:
    """Collects facts and problems while a profile is read; `sources` tells which file each part came from."""

    data: Mapping[str, Any]
    sources: Mapping[Path, SourceMap]
    problems: list[Diagnostic] = field(default_factory=list)
    facts: list[Fact[Any]] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def fact(self, path: Path, parse: Callable[[Any], T], standard: T) -> Fact[T]:
        """Read one fact that must be there; after a problem `standard` stands in for its value."""
        found = self.optional(path, parse)
        if found is not None:
            return found
        if path not in self.seen:
            self.say(MISSING_KEY, f"'{print_path(path)}' is not stated", path[:-1], "state it, or extend: generic")
        return Fact(standard, "", False, print_path(path))

    def optional(self, path: Path, parse: Callable[[Any], T]) -> Fact[T] | None:
        """Read one fact that may be absent or null."""
        written = self._find(path)
        if written is None:
            return None
        self.seen.add(path)
        if not isinstance(written, Mapping) or "value" not in written:
            self.say(WRONG_VALUE, f"'{print_path(path)}' needs value, source and verified", path)
            return None
        for key in written:
            if key not in _FACT_KEYS:
                self.say(UNKNOWN_KEY, f"unknown key '{key}'", (*path, key), did_you_mean(str(key), _FACT_KEYS))
        source, verified = written.get("source"), written.get("verified")
        if not isinstance(source, str) or not source:
            self.say(MISSING_KEY, f"'{print_path(path)}' does not say its source", path, "add source:")
        if not isinstance(verified, bool):
            self.say(WRONG_VALUE, f"'{print_path(path)}' needs verified: yes or no", path)
        try:
            value = parse(written["value"])
        except WrongValue as error:
            self.say(WRONG_VALUE, str(error), (*path, "value", *error.path))
            return None
        except ValueProblem as error:
            self.say(WRONG_VALUE, error.summary, (*path, "value"), error.hint)
            return None
        place = self._source(path).place(path)
        found = Fact(value, str(source), verified is True, print_path(path), place, str(written.get("file") or ""))
        self.facts.append(found)
        return found

    def keys_below(self, path: Path) -> list[str]:
        """Return the names under a mapping of facts, sorted."""
        found = self._find(path)
        return sorted(str(key) for key in found) if isinstance(found, Mapping) else []

    def refuse_unknown(self, path: Path, known: tuple[str, ...]) -> None:
        """Report keys that mean nothing."""
        for key in self.keys_below(path):
            if key not in known:
                hint = did_you_mean(key, known) or f"known: {', '.join(known)}"
                self.say(UNKNOWN_KEY, f"unknown key '{key}'", (*path, key), hint)

    def text(self, key: str, standard: str = "") -> str:
        """Read a plain text at the top."""
        found = self.data.get(key, standard)
        if not isinstance(found, str) or not found:
            self.say(WRONG_VALUE, f"'{key}' must be text", (key,))
            return standard
        return found

    def _find(self, path: Path) -> Any:
        found: Any = self.data
        for step in path:
            if not isinstance(found, Mapping):
                return None
            found = found.get(step)
        return found

    def _source(self, path: Path) -> SourceMap:
        return nearest_source(self.sources, path)

    def say(self, code: Code, summary: str, path: Path, hint: str = "") -> None:
        """Note a problem at a place of the profile."""
        place = self._source(path).place(path)
        self.problems.append(problem(code, summary, place=place, path=print_path(path), hint=hint))


def nearest_source(sources: Mapping[Path, SourceMap], path: Path) -> SourceMap:
    """Return the file that a part of a profile came from: its own, else that of the nearest part around it."""
    while path and path not in sources:
        path = path[:-1]
    return sources[path]


def read_text(value: Any) -> str:
    """Read text that is not empty."""
    if not isinstance(value, str) or not value:
        raise WrongValue(f"{value!r} is no text")
    return value


def read_texts(value: Any) -> tuple[str, ...]:
    """Read a list of texts; the order is kept."""
    return tuple(read_text(item) for item in _items(value))


def read_networks(value: Any) -> tuple[Network, ...]:
    """Read a list of ranges and addresses."""
    return tuple(parse_network(item) for item in _items(value))


def read_ports(value: Any) -> tuple[PortSpec, ...]:
    """Read a list of ports."""
    return tuple(parse_port(item) for item in _items(value))


def read_presence(value: Any) -> Presence:
    """Read always, possible or never."""
    known = {item.value: item for item in Presence}
    if value not in known:
        raise WrongValue(f"{value!r} is none of {', '.join(known)}")
    return known[value]


def read_layout(value: Any) -> Layout:
    """Read a layout."""
    known = {item.value: item for item in Layout}
    if value not in known:
        raise WrongValue(f"{value!r} is none of {', '.join(known)}")
    return known[value]


def read_labels(value: Any) -> Labels:
    """Read labels, sorted by key."""
    found = _mapping(value, None)
    return tuple(sorted((str(key), read_text(item)) for key, item in found.items()))


def read_pods(value: Any) -> PodFacts:
    """Read pods: namespace, labels, ports, hostNetwork."""
    found = _mapping(value, ("namespace", "labels", "ports", "hostNetwork"))
    host_network = found.get("hostNetwork", False)
    if not isinstance(host_network, bool):
        raise WrongValue("hostNetwork must be true or false", ("hostNetwork",))
    labels = read_labels(found.get("labels", {}))
    if not labels:
        raise WrongValue("pods need labels", ("labels",))
    return PodFacts(read_text(found.get("namespace")), labels, read_ports(found.get("ports", [])), host_network)


def read_pods_list(value: Any) -> tuple[PodFacts, ...]:
    """Read a list of pods."""
    return tuple(read_pods(item) for item in _items(value))


def read_service(value: Any) -> tuple[str, str]:
    """Read the namespace and name of a Service."""
    found = _mapping(value, ("namespace", "name"))
    return (read_text(found.get("namespace")), read_text(found.get("name")))


def read_exemptions(value: Any) -> tuple[tuple[Network, PortSpec], ...]:
    """Read address and port of what guardrails leave open."""
    rows = [_mapping(item, ("address", "port")) for item in _items(value)]
    return tuple((parse_network(row.get("address")), parse_port(row.get("port"))) for row in rows)


def read_capability(name: str, value: Any) -> Capability:
    """Read what a service can need of the platform."""
    found = _mapping(value, ("title", "peers"))
    peers = tuple(_read_peer(item) for item in _items(found.get("peers")))
    if not peers:
        raise WrongValue("a capability needs peers", ("peers",))
    return Capability(name, read_text(found.get("title")), peers, Fact(name, "", False))


def _read_peer(value: Any) -> CapabilityPeer:
    found = _mapping(value, ("service", "pods", "networks", "nodes", "ports"))
    chosen = [key for key in ("service", "pods", "networks", "nodes") if key in found]
    if len(chosen) != 1:
        raise WrongValue("a peer is one of service, pods, networks, nodes", ("peers",))
    pods = read_pods(found["pods"]) if "pods" in found else None
    ports = read_ports(found.get("ports", [])) or (pods.ports if pods is not None else ())
    if not ports and chosen != ["service"]:
        raise WrongValue("a peer needs ports", ("peers",))
    return CapabilityPeer(
        service=read_service(found["service"]) if "service" in found else None,
        pods=pods,
        networks=read_networks(found.get("networks", [])),
        nodes=bool(found.get("nodes", False)),
        ports=ports,
    )


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise WrongValue(f"{value!r} is no list")
    return value


def _mapping(value: Any, known: tuple[str, ...] | None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise WrongValue(f"{value!r} is no mapping")
    for key in value:
        if known is not None and key not in known:
            raise WrongValue(f"unknown key '{key}'; known: {', '.join(known)}", (str(key),))
    return value
