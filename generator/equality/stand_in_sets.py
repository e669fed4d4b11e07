"""Network sets and host endpoints for the world of the proof: what labels leak to, and the ends of ranges.

A rule that asks for labels alone means network sets and host endpoints too (calico.md 3.5, field-notes L7); in this
world there are some with every set of labels that the meaning names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from generator.calico.rewrite import ACCOUNT_LABEL, NAME_LABEL, NAMESPACE_LABEL, NAMESPACE_PREFIX
from generator.equality.named import Named
from generator.intent.model import Labels, PodSelection
from generator.packets.addresses import AddressSet, parse_address
from generator.reach.inventory import AddressGroup, HostInterface

HOST: Final = "a node with host endpoints"
HOST_ADDRESSES: Final = ("192.0.2.210", "2001:db8:ffff::210")
_IN_A_NAMESPACE: Final = AddressSet.of_cidrs(["192.0.2.211", "2001:db8:ffff::211"])
_CLUSTER_WIDE: Final = AddressSet.of_cidrs(["192.0.2.212", "2001:db8:ffff::212"])
_ALMOST: Final = AddressSet.of_cidrs(["192.0.2.213", "2001:db8:ffff::213"])


def make_groups(
    pods_named: Iterable[PodSelection],
    namespaces: Iterable[str],
    nets: Iterable[AddressSet],
    sets: Iterable[Labels],
) -> Iterator[AddressGroup]:
    """Give sets with the labels of all pods that are named and with none, and one for each of `nets`.

    The latter have a label that nobody asks for; they are there so that no place goes over the end of a range. `sets`
    are the labels of network sets that rules mean: of each there is one that differs in one label, and one with all of
    them that belongs to a namespace.
    """
    spaces = sorted(namespaces)
    for pods in pods_named:
        labels = _labels(pods)
        if pods.namespace:
            yield AddressGroup(f"{pods.namespace}/{labels}", _inside(pods.namespace) | labels, _IN_A_NAMESPACE)
        yield AddressGroup(f"{labels}", labels, _CLUSTER_WIDE)
    for namespace in spaces:
        yield AddressGroup(f"{namespace}/without labels", _inside(namespace), _IN_A_NAMESPACE)
    yield AddressGroup("without labels", {}, _CLUSTER_WIDE)
    for set_labels in sets:
        for namespace in spaces[:1]:
            yield AddressGroup(f"{namespace}/{set_labels}", _inside(namespace) | dict(set_labels), _IN_A_NAMESPACE)
        for key, value in set_labels:
            yield AddressGroup(f"not {key} of {set_labels}", dict(set_labels) | {key: f"{value}-too"}, _ALMOST)
    for number, found in enumerate(nets):
        yield AddressGroup(f"range {number}", {"ringfence/proof": "range"}, found)


def _labels(pods: PodSelection) -> dict[str, str]:
    """Return the labels by which a rule asks for pods; that of a service account may stand on anything else too."""
    account = {ACCOUNT_LABEL: pods.service_account} if pods.service_account else {}
    return dict(pods.labels) | account


def _inside(namespace: str) -> dict[str, str]:
    return {NAMESPACE_LABEL: namespace, f"{NAMESPACE_PREFIX}{NAME_LABEL}": namespace}


def make_hosts(named: Named) -> tuple[HostInterface, ...]:
    """Return host endpoints of one node with the labels of all pods that are named, and one with none."""
    addresses = tuple(parse_address(text) for text in HOST_ADDRESSES)
    every = dict.fromkeys(tuple(sorted(_labels(pods).items())) for pods in named.pods)
    return tuple(
        HostInterface(f"stand-in-{number}", HOST, f"stand-in-{number}", dict(labels), addresses, (), ())
        for number, labels in enumerate([(), *every])
    )
