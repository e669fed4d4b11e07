"""From the names of a grouped row back to ends, read as a person would; it shares nothing with what wrote them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable


def ends_named(names: Iterable[str], ends: Iterable[str]) -> list[str]:
    """Return which of these ends (`namespace/pod`, `host:NODE`, `ip:ADDRESS`) the names of a row mean."""
    names = list(names)
    return [end for end in ends if any(_means(name, end) for name in names)]


def _means(name: str, end: str) -> bool:
    is_node, is_address = end.startswith("host:"), end.startswith("ip:")
    is_pod = not is_node and not is_address
    if name.startswith("every pod (not "):
        others = name.removeprefix("every pod (not ").removesuffix(")").split(", ")
        return is_pod and not any(_means(other, end) for other in others)
    match name:
        case "every pod":
            return is_pod
        case "every node":
            return is_node
        case "everything outside":
            return is_address
    if is_address and "/*" not in name and not name.startswith("host:"):
        return _holds(name, end.removeprefix("ip:"))
    return name == end or (is_pod and name.endswith("/*") and end.startswith(name.removesuffix("*")))


def _holds(text: str, address: str) -> bool:
    if text.startswith("any "):
        return not _holds(text.partition(" but ")[2], address)
    return any(_within(part, address) for some in text.split("; ") for part in some.split(", "))


def _within(part: str, text: str) -> bool:
    address = ipaddress.ip_address(text)
    try:
        if "-" in part:
            low, high = (ipaddress.ip_address(one) for one in part.split("-"))
            return low.version == address.version and int(low) <= int(address) <= int(high)
        return address in ipaddress.ip_network(part)
    except ValueError:
        return False  # the name of a pod
