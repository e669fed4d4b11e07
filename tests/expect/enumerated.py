"""The obvious twin of the judge: every pair of ends, every packet at a boundary, one by one, by the obvious evaluator.

It reads ends of expectations from the manifests themselves and shares no code with `generator.expect`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.intent.expectation import End, Expectation, NetworksEnd, PodsEnd, SelectorEnd, Word, WordEnd
from tests.obvious import Cluster, answer_flow
from tests.reach.random_worlds import NODE_ADDRESSES, OUTSIDE

Manifest = Mapping[str, Any]
Flow = dict[str, Any]
NUMBERS: Final = {"TCP": 6, "UDP": 17, "SCTP": 132}
# The boundaries of the nets and ports of the random worlds, one beside each; failsafe ports too.
ADDRESSES: Final = {
    4: (
        *OUTSIDE[4], "7.255.255.255", "8.0.0.0", "8.255.255.255", "9.0.0.0", "10.0.0.3", "10.0.0.4", "192.167.255.255",
        "192.168.0.0", "192.168.0.7", "192.168.0.8", "192.168.0.10", "192.168.0.12", "192.168.0.99", "192.168.255.255",
    ),
    6: (
        *OUTSIDE[6], "2001:db8:1::", "2001:db7::1", "2600::1", "fd00::3", "fd00::4", "fd10::1", "fd10::10",
        "fd10:0:0:1::1",
    ),
}  # fmt: skip
PORTS: Final = (1, 22, 79, 80, 81, 442, 443, 444, 6443, 8079, 8080, 8081, 65535)
SELECTED: Final[Mapping[str, Callable[[Mapping[str, str]], bool]]] = {
    'app == "web"': lambda labels: labels.get("app") == "web",
    "!has(app)": lambda labels: "app" not in labels,
}
NEIGHBOURS: Final = (130, 131, 132, 133, 135, 136)


@dataclass(frozen=True, slots=True)
class Somebody:
    """An end of a flow: a pod, a node or an address, with the node on which it runs and the ports that have names."""

    name: str
    node: str = ""
    is_node: bool = False
    ports: tuple[tuple[str, str, int], ...] = ()

    @property
    def is_pod(self) -> bool:
        return "/" in self.name


def everybody(objects: Sequence[Manifest], family: int) -> list[tuple[Somebody, Manifest | None]]:
    """Return all ends with an address of the family; pods with their manifest, also those on the host's network."""
    found: list[tuple[Somebody, Manifest | None]] = []
    taken: set[str] = set()
    for name, addresses in NODE_ADDRESSES.items():
        found.append((Somebody(f"host:{name}", name, True), None))
        taken |= set(addresses)
    for item in objects:
        if item["kind"] != "Pod":
            continue
        spec, metadata = item["spec"], item["metadata"]
        if spec.get("hostNetwork"):
            found.append((Somebody(f"host:{spec['nodeName']}", spec["nodeName"], True), item))
            continue
        addresses = [entry["ip"] for entry in item["status"]["podIPs"]]
        taken |= set(addresses)
        if any(ipaddress.ip_address(text).version == family for text in addresses):
            ports = tuple(
                (port["name"], port["protocol"], port["containerPort"])
                for container in spec["containers"]
                for port in container["ports"]
            )
            pod = Somebody(f"{metadata['namespace']}/{metadata['name']}", spec["nodeName"], ports=ports)
            found.append((pod, item))
    found += [(Somebody(f"ip:{text}"), None) for text in ADDRESSES[family] if text not in taken]
    return found


def means(end: End, somebody: Somebody, manifest: Manifest | None, family: int) -> bool:
    """Tell whether an end means somebody; a pod on the host's network is its node."""
    match end:
        case PodsEnd(_, pods):
            if manifest is None or manifest["metadata"]["namespace"] != pods.namespace:
                return False
            account = manifest["spec"]["serviceAccountName"]
            labels = manifest["metadata"]["labels"]
            return all(labels.get(key) == value for key, value in pods.labels) and pods.service_account in ("", account)
        case SelectorEnd(_, text, namespace):
            if manifest is None or (namespace and manifest["metadata"]["namespace"] != namespace):
                return False
            return SELECTED[text](manifest["metadata"]["labels"])
        case NetworksEnd(_, networks):
            if somebody.is_node:
                texts = [NODE_ADDRESSES[somebody.node][family == 6]]
            elif manifest is not None:
                texts = [entry["ip"] for entry in manifest["status"]["podIPs"]]
            else:
                texts = [somebody.name.removeprefix("ip:")]
            addresses = [address for address in map(ipaddress.ip_address, texts) if address.version == family]
            return any(address in network for address in addresses for network in networks)
        case WordEnd(_, Word.ALL):
            return True
        case WordEnd(_, Word.PODS):
            return somebody.is_pod
        case WordEnd(_, Word.NODES):
            return somebody.is_node
        case WordEnd(_, Word.OUTSIDE):
            return not somebody.is_pod and not somebody.is_node
        case _:
            raise AssertionError(end)


def meant(end: End, exceptions: Sequence[End], objects: Sequence[Manifest], family: int) -> list[Somebody]:
    """Return whom an end means without those that are excepted, each once."""
    people = everybody(objects, family)
    excepted = {one for one, manifest in people for item in exceptions if means(item, one, manifest, family)}
    return list(
        dict.fromkeys(one for one, manifest in people if means(end, one, manifest, family) and one not in excepted)
    )


def is_flow(source: Somebody, destination: Somebody) -> bool:
    """Tell whether a network, and policy on it, is between the two."""
    if source.name == destination.name:
        return False
    if source.name.startswith("ip:") and destination.name.startswith("ip:"):
        return False
    return not (source.is_node and destination.is_pod and source.node == destination.node)


def packets(expectation: Expectation, source: Somebody, destination: Somebody, family: int) -> Iterator[Flow]:
    """Yield the packets at all boundaries that an expectation names for a pair of ends."""
    for port in expectation.ports:
        numbers = [port.first, port.last] if not port.name else []
        numbers += [
            number for name, protocol, number in destination.ports if (name, protocol) == (port.name, port.protocol)
        ]
        for number in numbers:
            for sport in (40000, 22):
                yield {"protocol": port.protocol, "sport": sport, "dport": number}
    if expectation.ports:
        return
    for protocol in ("TCP", "UDP"):
        for number in (*PORTS, 4789):
            yield {"protocol": protocol, "sport": 40000, "dport": number}
    own_node = destination.is_node and source.node == destination.node
    icmp = "ICMP" if family == 4 else "ICMPv6"
    for kind in (0, 8, 128, 135):
        if not (own_node and family == 6 and kind in NEIGHBOURS):
            yield {"protocol": icmp, "icmpType": kind, "icmpCode": 0}
    for number in (4, 47, 132):
        yield {"protocol": number, "sport": 40000, "dport": 80} if number == 132 else {"protocol": number}


def flows(expectation: Expectation, objects: Sequence[Manifest]) -> Iterator[Flow]:
    """Yield all flows of an expectation."""
    for family in (4, 6):
        for source in meant(expectation.source, expectation.not_source, objects, family):
            for destination in meant(expectation.to, expectation.not_to, objects, family):
                if is_flow(source, destination):
                    for packet in packets(expectation, source, destination, family):
                        yield {"src": source.name, "dst": destination.name, "family": family, **packet}


def breaks(cluster: Cluster, expectation: Expectation, flow: Flow) -> bool:
    """Tell whether a flow does not fare as it should."""
    return bool(answer_flow(cluster, flow)["verdict"] == ("deny" if expectation.must else "allow"))


def outcome(cluster: Cluster, expectation: Expectation, objects: Sequence[Manifest]) -> str:
    """Return what becomes of an expectation: holds, violated or vacuous."""
    asked = False
    for flow in flows(expectation, objects):
        asked = True
        if breaks(cluster, expectation, flow):
            return "violated"
    return "holds" if asked else "vacuous"
