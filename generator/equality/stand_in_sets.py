"""Network sets and host endpoints for the world of the proof: what labels leak to, and the ends of ranges.

A rule that asks for labels alone means network sets and host endpoints too (calico.md 3.5, field-notes L7); in this
world there are some with every set of labels that the meaning names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from generator.calico.rewrite import NAME_LABEL, NAMESPACE_LABEL, NAMESPACE_PREFIX
from generator.equality.named import Named
from generator.packets.addresses import AddressSet, parse_address
from generator.reach.inventory import AddressGroup, HostInterface

HOST: Final = "a node with host endpoints"
HOST_ADDRESSES: Final = ("192.0.2.210", "2001:db8:ffff::210")
_IN_A_NAMESPACE: Final = AddressSet.of_cidrs(["192.0.2.211", "2001:db8:ffff::211"])
_CLUSTER_WIDE: Final = AddressSet.of_cidrs(["192.0.2.212", "2001:db8:ffff::212"])


def make_groups(named: Named, namespaces: Iterable[str], nets: Iterable[AddressSet]) -> Iterator[AddressGroup]:
    """Give sets with the labels of all pods that are named and with none, and one for each of `nets`.

    The latter have a label that nobody asks for; they are there so that no place goes over the end of a range.
    """
    spaces = {pods.namespace for pods in named.pods}
    for namespace, labels in sorted({(pods.namespace, pods.labels) for pods in named.pods}, key=str):
        yield AddressGroup(f"{namespace}/{labels}", _inside(namespace) | dict(labels), _IN_A_NAMESPACE)
    for labels in sorted({pods.labels for pods in named.pods}):
        yield AddressGroup(f"{labels}", dict(labels), _CLUSTER_WIDE)
    for namespace in sorted({*namespaces, *spaces}):
        yield AddressGroup(f"{namespace}/without labels", _inside(namespace), _IN_A_NAMESPACE)
    yield AddressGroup("without labels", {}, _CLUSTER_WIDE)
    for number, found in enumerate(nets):
        yield AddressGroup(f"range {number}", {"ringfence/proof": "range"}, found)


def _inside(namespace: str) -> dict[str, str]:
    return {NAMESPACE_LABEL: namespace, f"{NAMESPACE_PREFIX}{NAME_LABEL}": namespace}


def make_hosts(named: Named) -> tuple[HostInterface, ...]:
    """Return host endpoints of one node with the labels of all pods that are named, and one with none."""
    addresses = tuple(parse_address(text) for text in HOST_ADDRESSES)
    every = sorted({pods.labels for pods in named.pods} | {()})
    return tuple(
        HostInterface(f"stand-in-{number}", HOST, f"stand-in-{number}", dict(labels), addresses, (), ())
        for number, labels in enumerate(every)
    )
