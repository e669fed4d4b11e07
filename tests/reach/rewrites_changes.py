"""One changed port, net or label in a world: the smallest edits that may change a flow."""

from __future__ import annotations

import copy
import ipaddress
import random
from collections.abc import Iterator
from typing import Any

from tests.reach.random_worlds import APPS, PORTS, Manifest
from tests.reach.rewrites_worlds import Objects

Slot = tuple[str, Any, Any]  # port, net or label; the list or mapping that it stands in; its index or key


def change_one(objects: Objects, near: Objects, chance: random.Random) -> tuple[Objects, str]:
    """Return a copy with one change, and of which kind; if it can, mostly in an object that `near` does not hold."""
    after = copy.deepcopy(objects)
    slots = [slot for item in after for slot in _slots(item)]
    kind = chance.choice(sorted({slot[0] for slot in slots}))
    touched = [slot for item in after if item not in near for slot in _slots(item) if slot[0] == kind]
    alike = touched if touched and chance.random() < 0.75 else [slot for slot in slots if slot[0] == kind]
    _, where, key = chance.choice(alike)
    where[key] = _other(kind, where[key], chance)
    return after, kind


def _slots(item: Manifest) -> Iterator[Slot]:
    if item["kind"] in ("Pod", "NetworkSet", "GlobalNetworkSet"):
        yield from (("label", item["metadata"]["labels"], key) for key in item["metadata"]["labels"])
    if item["kind"] == "Namespace" and "team" in item["metadata"]["labels"]:
        yield "label", item["metadata"]["labels"], "team"
    if item["kind"].endswith(("Policy", "Set")) and not item["kind"].startswith("Staged"):
        yield from _written(item["spec"])


def _written(value: Any) -> Iterator[Slot]:
    """Yield the numeric ports and the nets of a spec."""
    match value:
        case dict():
            for key, item in value.items():
                if key in ("ports", "notPorts") and isinstance(item, list):
                    yield from (("port", item, index) for index, port in enumerate(item) if _is_number(port))
                if key in ("nets", "notNets", "except"):
                    yield from (("net", item, index) for index in range(len(item)))
                elif key in ("cidr", "port", "endPort") and _is_number(item):
                    yield "net" if key == "cidr" else "port", value, key
                else:
                    yield from _written(item)
        case list():
            for item in value:
                yield from _written(item)
        case _:
            pass


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value[:1].isdigit())


def _other(kind: str, old: Any, chance: random.Random) -> Any:
    match kind:
        case "port" if isinstance(old, str):
            low, high = map(int, old.split(":"))
            return f"{low}:{high + 1}" if chance.random() < 0.5 else f"{low + 1}:{max(high, low + 1)}"
        case "port":
            return chance.choice([port for port in (*PORTS, old + 1) if port != old])
        case "net":
            net = ipaddress.ip_network(old)
            wider = net.prefixlen and chance.random() < 0.5
            if wider or net.num_addresses == 1:
                return str(net.supernet())
            return str(chance.choice(list(net.subnets())))
        case _:
            return chance.choice([value for value in (*APPS, "red", "blue") if value != old])
