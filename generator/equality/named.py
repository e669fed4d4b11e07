"""What a meaning names: pods, ports, Services, domains, ranges; each is given a stand-in in the world of the proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator.intent.model import PodSelection
from generator.meaning.model import Addresses, Backends, Domains, FeedOf, Meaning, Peer, SelectedPods
from generator.packets.addresses import AddressSet


@dataclass(frozen=True, slots=True)
class Named:
    """Everything that a meaning names, each once and sorted.

    `with_names` are the pods of which a port is asked by name, `port_names` the names with their protocols.
    """

    pods: tuple[PodSelection, ...]
    with_names: frozenset[PodSelection]
    port_names: tuple[tuple[str, str], ...]
    services: tuple[tuple[str, str], ...]
    domains: tuple[str, ...]
    feeds: tuple[tuple[str, str], ...]
    nets: tuple[AddressSet, ...]  # each a set of its own
    granted: AddressSet  # what grants name by address


def what_is_named(meaning: Meaning) -> Named:
    """Go through all statements of a meaning."""
    peers: list[Peer] = [end for grant in meaning.grants for end in (grant.pods, grant.peer)]
    denied: list[Peer] = [denial.peer for denial in meaning.denials]
    granted = dict.fromkeys(peer.nets for peer in peers if isinstance(peer, Addresses))
    exempt = [nets for denial in meaning.denials for nets, _ in denial.exempt]
    others = [*(peer.nets for peer in denied if isinstance(peer, Addresses)), *exempt]
    selected = {peer.selection for peer in peers if isinstance(peer, SelectedPods)}
    return Named(
        pods=tuple(sorted({*selected, *meaning.silent}, key=str)),
        with_names=frozenset(_asked_by_name(meaning)),
        port_names=tuple(
            sorted({(port.name, port.protocol) for grant in meaning.grants for port in grant.ports or () if port.name})
        ),
        services=tuple(sorted({(peer.namespace, peer.name) for peer in peers if isinstance(peer, Backends)})),
        domains=tuple(sorted({name for peer in peers if isinstance(peer, Domains) for name in peer.names})),
        feeds=tuple(sorted({(peer.owner, peer.name) for peer in denied if isinstance(peer, FeedOf)})),
        nets=tuple(dict.fromkeys([*granted, *others])),
        granted=AddressSet.union(granted),
    )


def _asked_by_name(meaning: Meaning) -> Iterator[PodSelection]:
    for grant in meaning.grants:
        if any(port.name for port in grant.ports or ()):
            for end in (grant.pods, grant.peer):
                if isinstance(end, SelectedPods):
                    yield end.selection
