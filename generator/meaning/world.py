"""The places that a meaning is told of: pods as the intent can speak of them, nodes, addresses; and who is meant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from generator.intent.model import PodSelection
from generator.meaning.model import (
    Addresses,
    AskingPods,
    Backends,
    Domains,
    FeedOf,
    Meaning,
    NoPods,
    OwnedPods,
    Peer,
    PodsOfNamespace,
    SelectedPods,
)
from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals

Mask = int  # a set of places: one bit for each, by number
Key = TypeVar("Key")
NamedPort = tuple[str, str, int]  # name, protocol as written (TCP), number


@dataclass(frozen=True, slots=True)
class PodFace:
    """What an intent can say of a pod."""

    namespace: str
    labels: Mapping[str, str]
    service_account: str
    ports: tuple[NamedPort, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """One place: pods that are alike, a node, or addresses; nothing that a meaning speaks of divides it.

    `backends` are the ports with which it stands behind a Service, by namespace and name.
    """

    number: int
    pod: PodFace | None
    region: Intervals
    backends: Mapping[tuple[str, str], tuple[tuple[str, int], ...]] = field(default_factory=dict)


class Divided(Exception):
    """A range of the meaning cuts a place in two: the places were not made for this meaning."""


class World:
    """All places of one family; finds those that a peer means, each peer once.

    `domains` and `feeds` are the addresses that stand for what the meaning only names.
    """

    def __init__(
        self,
        meaning: Meaning,
        family: int,
        spots: Sequence[Spot],
        domains: Mapping[str, AddressSet],
        feeds: Mapping[tuple[str, str], AddressSet],
    ) -> None:
        self.family = family
        self.spots = spots
        self.all: Mask = (1 << len(spots)) - 1
        self._meaning = meaning
        self._domains = domains
        self._feeds = feeds
        self._masks: dict[Peer, Mask] = {}
        self._by_namespace: dict[str, Mask] = {}
        self._by_label: dict[tuple[str, str, str], Mask] = {}
        self._by_account: dict[tuple[str, str], Mask] = {}
        self._by_service: dict[tuple[str, str], Mask] = {}
        self._no_pods: Mask = 0
        for spot in spots:
            self._note(spot)
        entries = sorted((low, high, spot.number) for spot in spots for low, high in spot.region)
        self._lows = [low for low, _, _ in entries]
        self._entries = entries
        self.owned: Mask = _union(
            mask for namespace, mask in self._by_namespace.items() if meaning.ownership.owns(namespace)
        )

    def _note(self, spot: Spot) -> None:
        bit = 1 << spot.number
        for service in spot.backends:
            _add(self._by_service, service, bit)
        pod = spot.pod
        if pod is None:
            self._no_pods |= bit
            return
        _add(self._by_namespace, pod.namespace, bit)
        _add(self._by_account, (pod.namespace, pod.service_account), bit)
        for key, value in pod.labels.items():
            _add(self._by_label, (pod.namespace, key, value), bit)

    def mask(self, peer: Peer) -> Mask:
        """Return the places that a peer means."""
        found = self._masks.get(peer)
        if found is None:
            found = self._masks[peer] = self._find(peer)
        return found

    def _find(self, peer: Peer) -> Mask:
        match peer:
            case SelectedPods(selection):
                return self._selected(selection)
            case OwnedPods():
                return self.owned
            case AskingPods():
                return self.owned & ~_union(self._selected(selection) for selection in self._meaning.silent)
            case PodsOfNamespace(namespace):
                return self._by_namespace.get(namespace, 0)
            case Addresses(nets):
                return self.within(nets)
            case NoPods():
                return self._no_pods
            case Backends(namespace, name):
                return self._by_service.get((namespace, name), 0)
            case Domains(names):
                return _union(self.within(self._domains[name]) for name in names)
            case FeedOf(owner, name):
                return self.within(self._feeds[owner, name])

    def _selected(self, selection: PodSelection) -> Mask:
        found = self._by_namespace.get(selection.namespace, 0)
        if selection.service_account:
            found &= self._by_account.get((selection.namespace, selection.service_account), 0)
        for key, value in selection.labels:
            found &= self._by_label.get((selection.namespace, key, value), 0)
        return found

    def within(self, nets: AddressSet) -> Mask:
        """Return the places in a set of addresses."""
        found = 0
        for low, high in nets.family(self.family):
            first, last = bisect_left(self._lows, low), bisect_right(self._lows, high)
            for _, end, number in self._entries[first:last]:
                if end > high:
                    raise Divided(f"place {number} goes on after a range")
                found |= 1 << number
            if first and self._entries[first - 1][1] >= low:
                raise Divided(f"place {self._entries[first - 1][2]} begins before a range")
        return found


def numbers_in(mask: Mask) -> Iterator[int]:
    """Give the numbers of the places in a set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _add(masks: dict[Key, Mask], key: Key, bit: Mask) -> None:
    masks[key] = masks.get(key, 0) | bit


def _union(masks: Iterable[Mask]) -> Mask:
    found = 0
    for mask in masks:
        found |= mask
    return found
