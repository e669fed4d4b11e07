"""What each end of a flow lets through in a state: a number with a bit for each peer and sort of packet.

A flow lives where its source lets it leave and its destination lets it in. What an end does is a matter of its own
node's state alone, so each end is asked by itself: `tests/obvious.py` is given the other end as a bare address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from tests.obvious import Cluster
from tests.obvious_parts.path import Place, Way
from tests.obvious_parts.policies import Policy
from tests.obvious_parts.rules import Packet
from tests.obvious_parts.things import Address
from tests.plan_oracle_parts.clusters import POLICIES, TIER, WITHOUT_EFFECT, Clusters
from tests.plan_oracle_parts.likeness import Likeness
from tests.plan_oracle_parts.packets import Sort
from tests.plan_oracle_parts.states import Standing, State, Stretch, changes_of
from tests.plan_oracle_parts.steps import Key

Direction = Literal["egress", "ingress"]
Mask = int


@dataclass(frozen=True, slots=True)
class End:
    """One end of flows of a family: a pod, a process of a node, or a machine outside (`text` as in a flow)."""

    text: str
    address: Address
    node: str = ""
    pod: str = ""


@dataclass(slots=True)
class Ends:
    """Asks ends in states, each question once."""

    clusters: Clusters
    ends: Sequence[End]
    sorts: Sequence[Sort]
    contents: Mapping[Key, frozenset[int]]  # of every object, all contents that it ever has
    before: State
    after: State
    _answers: dict[object, Mask] = field(default_factory=dict)
    _masks: dict[object, Mask] = field(default_factory=dict)
    _rows: dict[object, dict[object, Mask]] = field(default_factory=dict)
    _alike: dict[object, dict[str, object]] = field(default_factory=dict)
    _likeness: Likeness = field(default_factory=Likeness)
    _places: dict[tuple[str, Direction], dict[str, tuple[int, ...]]] = field(default_factory=dict)

    def mask(self, end: End, direction: Direction, state: State) -> Mask:
        """Return what an end lets through on a node that is in a state."""
        if not end.node:
            return (1 << (len(self.ends) * len(self.sorts))) - 1
        places = self.places(end, direction)
        asked = end.text, direction, tuple(seen(state[kind], places[kind]) for kind in places)
        if asked not in self._masks:
            self._masks[asked] = self._find_mask(end, direction, self.clusters.at(changes_of(state)))
        return self._masks[asked]

    def _find_mask(self, end: End, direction: Direction, cluster: Cluster) -> Mask:
        if end.pod and end.pod not in cluster.endpoints:
            return 0
        asked = end.text, direction, self._what_decides(cluster, end, direction)
        if asked not in self._answers:
            self._answers[asked] = self._ask_all(cluster, end, direction)
        return self._answers[asked]

    def _what_decides(self, cluster: Cluster, end: End, direction: Direction) -> object:
        """Return what a verdict of this end depends on: the policies that select it, and whom their selectors find."""
        if cluster.host_endpoints:
            return id(cluster)
        if not end.pod:
            return None
        found = cluster.governing(cluster.endpoints[end.pod], direction, "workload")
        tiers = tuple((tier.name, tier.passes, tuple(id(policy) for policy in chosen)) for tier, chosen in found)
        return id(cluster.things), id(cluster.services), tiers

    def _ask_all(self, cluster: Cluster, end: End, direction: Direction) -> Mask:
        own = Place(end.address, end.node, cluster.endpoints.get(end.pod))
        alike = self._who_is_alike(cluster, end, direction)
        known = self._rows.setdefault(alike(end), {}) if alike is not None else {}
        mask = 0
        for number, peer in enumerate(self.ends):
            asked = alike(peer) if alike is not None else peer.text
            if asked not in known:
                known[asked] = self.ask(cluster, own, direction, peer.address)
            mask |= known[asked] << (number * len(self.sorts))
        return mask

    def _who_is_alike(self, cluster: Cluster, end: End, direction: Direction) -> Callable[[End], object] | None:
        """Return what tells ends apart for the policies that select this one; None where everybody is asked."""
        if not end.pod or cluster.host_endpoints:
            return None
        pod = cluster.endpoints[end.pod]
        chosen = cluster.governing(pod, direction, "workload")
        policies = [policy for _, found in chosen for policy in found]
        tiers = tuple((tier.name, tier.passes, tuple(map(id, found))) for tier, found in chosen)
        profiles = tuple(cluster.profiles.labels(profile) is None for profile in pod.profiles)
        known = self._alike.setdefault((direction, tiers, profiles, id(cluster.things), id(cluster.services)), {})

        def what_is_seen(other: End) -> object:
            if other.text not in known:
                seen_by_policies = self._likeness.of(cluster, policies, direction, other.address)
                known[other.text] = direction, tiers, profiles, seen_by_policies
            return known[other.text]

        return what_is_seen

    def ask(self, cluster: Cluster, own: Place, direction: Direction, peer: Address) -> Mask:
        """Ask one end about each sort of packet to or from one address."""
        found = (lets_through(cluster, own, peer, sort, direction) for sort in self.sorts)
        return sum(1 << place for place, lives in enumerate(found) if lives)

    def states(self, asked: Sequence[tuple[End, Direction]], stretch: Stretch) -> Iterator[State]:
        """Give the states of a stretch that these ends can tell apart, each by one state that is like it."""
        several = []
        for kind, standings in stretch.standings.items():
            alike: dict[object, Standing] = {}
            for standing in standings:
                alike.setdefault(tuple(seen(standing, self.places(*one)[kind]) for one in asked), standing)
            several.append(tuple(alike.values()))
        for chosen in product(*several):
            yield dict(zip(stretch.standings, chosen, strict=True))

    def places(self, end: End, direction: Direction) -> dict[str, tuple[int, ...]]:
        """Return, for each kind, the places of the objects that ever have a say at an end.

        A policy that selects the end in none of its contents, and a tier without such policies, leaves the end as it is
        whatever else is there.
        """
        asked = end.text, direction
        if asked not in self._places:
            selecting = self._selecting(end, direction)
            self._places[asked] = {
                kind: tuple(place for place, key in enumerate(standing.keys) if self.has_a_say(key, end, selecting))
                for kind, standing in self.before.items()
            }
        return self._places[asked]

    def has_a_say(self, key: Key, end: End, selecting: Sequence[tuple[Key, Policy]]) -> bool:
        """Tell whether some content of an object can change what an end does; `selecting` is what ever selects it."""
        if key[0] in WITHOUT_EFFECT:
            return False
        if key[0] not in (TIER, *POLICIES) or not end.pod or not self.labels_are_fixed:
            return True
        if key[0] == TIER:
            return any(policy.tier == key[2] for _, policy in selecting)
        return any(found == key for found, _ in selecting)

    def _selecting(self, end: End, direction: Direction) -> list[tuple[Key, Policy]]:
        """Return all contents of all policies that ever select a pod in a direction."""
        if not end.pod or not self.labels_are_fixed:
            return []
        base = self.clusters.base(())
        return [
            (key, policy)
            for key, numbers in self.contents.items()
            for number in numbers
            for policy in self.clusters.policies(key, number)
            if direction in policy.directions and base.selects(policy.selector, base.endpoints[end.pod])
        ]

    @property
    def labels_are_fixed(self) -> bool:
        """Tell whether pods keep their labels and no host endpoint adds policies of its own to their way."""
        changing = ("Namespace", "Pod", "ServiceAccount", "HostEndpoint")
        return not self.clusters.base(()).host_endpoints and not any(kind in self.before for kind in changing)


def seen(standing: Standing, places: Sequence[int]) -> tuple[int, ...]:
    """Return the contents of some of the objects of a standing."""
    return tuple(standing.numbers[place] for place in places)


def lets_through(cluster: Cluster, own: Place, peer: Address, sort: Sort, direction: Direction) -> bool:
    """Ask one end about one packet, with the other end as a bare address."""
    source, destination = (own, Place(peer)) if direction == "egress" else (Place(peer), own)
    way = Way(cluster, packet_of(sort, source.address, destination.address), source, destination)
    way.walk()
    return all(one["verdict"] == "allow" for one in (way.egress, way.ingress, *way.host) if one is not None)


def packet_of(sort: Sort, source: Address, destination: Address) -> Packet:
    """Return the first packet of a connection of this sort."""
    return Packet(
        source.version,
        sort.protocol,
        source,
        destination,
        sort.source_port,
        sort.destination_port,
        sort.icmp_type,
        sort.icmp_code,
    )
