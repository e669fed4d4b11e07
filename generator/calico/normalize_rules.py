"""The comparison form of Calico's rules: what decodes to the same value looks the same (calico.md 4.2, 4.3, 4.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from generator.calico.nets import canonical_net
from generator.calico.scalars import canonical_protocol, decode_port, decode_protocol, decode_whole
from generator.selectors import SelectorError, parse_selector, print_selector

_NO_VALUE: Final[tuple[object, ...]] = ("", [], {})


def without_nulls(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping without the keys that hold nothing; to the API they are absent."""
    return {str(key): item for key, item in value.items() if item is not None}


def sorted_texts(values: Any) -> Any:
    """Return a list as a sorted set; anything that is no list stays."""
    if not isinstance(values, list | tuple):
        return values
    unique = {(type(item).__name__, str(item)): item for item in values}
    return [unique[key] for key in sorted(unique)]


def normalize_nets(values: Any) -> Any:
    """Return CIDRs masked, sorted and each once; what does not parse stays as written."""
    if not isinstance(values, list | tuple):
        return values
    return sorted_texts([(canonical_net(item) or item) if isinstance(item, str) else item for item in values])


def normalize_port(value: Any) -> Any:
    """Return a port as number, `low:high` or name; what does not decode stays as written."""
    match decode_port(value):
        case None:
            return value
        case (int(low), int(high)):
            return f"{low}:{high}"
        case port:
            return port


def normalize_protocol(value: Any) -> Any:
    """Return the protocol's name where its number means the same; what does not decode stays as written."""
    protocol = decode_protocol(value)
    return value if protocol is None else canonical_protocol(protocol)


def canonical_selector(text: Any, *, keep_all: bool = False) -> Any:
    """Return a selector in Calico's canonical form; one that does not parse stays as written.

    With `keep_all` it also stays where the canonical form has another number of `all()` than the text, because Calico
    replaces that text before it parses a global policy's selectors (calico.md 3.5).
    """
    if not isinstance(text, str) or not text.strip(" \t"):
        return "" if isinstance(text, str) else text
    canonical = _print(text)
    if canonical is None or (keep_all and canonical.count("all()") != text.count("all()")):
        return text
    return canonical


@lru_cache(maxsize=65536)
def _print(text: str) -> str | None:
    try:
        return print_selector(parse_selector(text))
    except SelectorError:
        return None


def normalize_rules(rules: Any) -> Any:
    """Return a list of rules in comparison form, in its order, which decides."""
    if not isinstance(rules, list | tuple):
        return rules
    # To Go a null in a list is the empty rule, which matches everything.
    return [_rule(rule or {}) if rule is None or isinstance(rule, Mapping) else rule for rule in rules]


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in without_nulls(rule).items():
        match key:
            case "protocol" | "notProtocol":
                value = normalize_protocol(value)
            case "ipVersion":
                value = _whole(value)
            case "source" | "destination":
                value = _entity(value)
            case "icmp" | "notICMP" if isinstance(value, Mapping):
                # An empty one is there all the same: it asks for a protocol (4.4).
                found[key] = {part: _whole(number) for part, number in without_nulls(value).items()}
                continue
            case "http" if isinstance(value, Mapping):
                found[key] = {part: item for part, item in without_nulls(value).items() if item != []}
                continue
            case "metadata" if isinstance(value, Mapping):
                value = {part: item for part, item in without_nulls(value).items() if item not in _NO_VALUE}
            case _:
                pass
        if value not in _NO_VALUE:
            found[key] = value
    return found


def _entity(entity: Any) -> Any:
    if not isinstance(entity, Mapping):
        return entity
    found: dict[str, Any] = {}
    for key, value in without_nulls(entity).items():
        match key:
            case "nets" | "notNets":
                value = normalize_nets(value)
            case "selector" | "notSelector" | "namespaceSelector":
                value = canonical_selector(value)
            case "ports" | "notPorts" if isinstance(value, Sequence) and not isinstance(value, str):
                value = [normalize_port(port) for port in value]
            case "serviceAccounts" if isinstance(value, Mapping):
                value = _service_accounts(value)
            case "services" if isinstance(value, Mapping):
                # Without a name it is still there, and never matches (4.6).
                found[key] = {part: item for part, item in without_nulls(value).items() if item != ""}
                continue
            case _:
                pass
        if value not in _NO_VALUE:
            found[key] = value
    return found


def _service_accounts(value: Mapping[str, Any]) -> dict[str, Any]:
    found = without_nulls(value)
    if "names" in found:
        found["names"] = sorted_texts(found["names"])
    if "selector" in found:
        found["selector"] = canonical_selector(found["selector"])
    return {key: item for key, item in found.items() if item not in _NO_VALUE}


def _whole(value: Any) -> Any:
    number = decode_whole(value)
    return value if number is None else number
