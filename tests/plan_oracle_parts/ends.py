"""What each end of a flow lets through in a state: a number with a bit for each peer and sort of packet.

A flow lives where its source lets it leave and its destination lets it in. What an end does is a matter of its own
node's state alone, so each end is asked by itself: `tests/obvious.py` is given the other end as a bare address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from tests.obvious import Cluster
from tests.obvious_parts.path import Place, Way
from tests.obvious_parts.policies import Policy
from tests.obvious_parts.rules import Packet
from tests.obvious_parts.things import Address
from tests.plan_oracle_parts.clusters import POLICIES, TIER, WITHOUT_EFFECT, Clusters
from tests.plan_oracle_parts.packets import Sort
from tests.plan_oracle_parts.states import Standing, State, Stretch
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
    final: Mapping[Key, int]  # what the plan writes, as it is at its end
    _places: dict[str, int] = field(default_factory=dict)
    _masks: dict[object, Mask] = field(default_factory=dict)
    _matters: dict[tuple[str, Direction, Key], bool] = field(default_factory=dict)
    _selected: dict[tuple[str, Direction], list[Policy]] = field(default_factory=dict)

    @property
    def all_sorts(self) -> Mask:
        """Return the mask of all packets with one peer."""
        return (1 << len(self.sorts)) - 1

    def row(self, mask: Mask, peer: End) -> Mask:
        """Return the packets of a mask to or from one peer."""
        if not self._places:
            self._places.update((end.text, place) for place, end in enumerate(self.ends))
        return (mask >> (self._places[peer.text] * len(self.sorts))) & self.all_sorts

    def mask(self, end: End, direction: Direction, changed: Mapping[Key, int]) -> Mask:
        """Return what an end lets through on a node that has the start with these objects changed."""
        if not end.node:
            return (1 << (len(self.ends) * len(self.sorts))) - 1
        cluster = self.clusters.at(changed)
        if end.pod and end.pod not in cluster.endpoints:
            return 0
        asked = (end.text, direction, self._what_decides(cluster, end, direction))
        if asked not in self._masks:
            self._masks[asked] = self._ask_all(cluster, end, direction)
        return self._masks[asked]

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
        mask = 0
        own = Place(end.address, end.node, cluster.endpoints.get(end.pod))
        for number, (peer, sort) in enumerate(product(self.ends, self.sorts)):
            if self.lets_through(cluster, own, peer.address, sort, direction):
                mask |= 1 << number
        return mask

    def lets_through(self, cluster: Cluster, own: Place, peer: Address, sort: Sort, direction: Direction) -> bool:
        """Ask one end about one packet, with the other end as a bare address."""
        source, destination = (own, Place(peer)) if direction == "egress" else (Place(peer), own)
        way = Way(cluster, packet_of(sort, source.address, destination.address), source, destination)
        way.walk()
        return all(one["verdict"] == "allow" for one in (way.egress, way.ingress, *way.host) if one is not None)

    def states(self, asked: Sequence[tuple[End, Direction]], stretch: Stretch) -> Iterator[State]:
        """Give the states of a stretch that these ends can tell apart, each by one state that is like it.

        A write of a policy that selects none of them in any of its contents, and of a tier without such policies,
        leaves them as they are whatever else is there.
        """
        kinds = sorted(stretch.standings)
        several = []
        for kind in kinds:
            alike: dict[object, Standing] = {}
            for standing in stretch.standings[kind]:
                seen = tuple(item for item in standing.objects if any(self.matters(*one, item[0]) for one in asked))
                alike.setdefault(seen, standing)
            several.append(tuple(alike.values()))
        for chosen in product(*several):
            yield dict(zip(kinds, chosen, strict=True))

    def matters(self, end: End, direction: Direction, key: Key) -> bool:
        """Tell whether some content of an object that a plan writes can have a say at an end."""
        asked = (end.text, direction, key)
        if asked not in self._matters:
            self._matters[asked] = self._find_out(end, direction, key)
        return self._matters[asked]

    def _find_out(self, end: End, direction: Direction, key: Key) -> bool:
        if key[0] in WITHOUT_EFFECT:
            return False
        if key[0] not in (TIER, *POLICIES) or not self.labels_are_fixed or not end.pod:
            return True
        if key[0] == TIER:
            return any(policy.tier == key[2] for policy in self._selecting(end, direction))
        own = {id(policy) for number in self.contents[key] for policy in self.clusters.policies(key, number)}
        return any(id(policy) in own for policy in self._selecting(end, direction))

    def _selecting(self, end: End, direction: Direction) -> list[Policy]:
        """Return all contents of all policies that ever select a pod in a direction."""
        asked = (end.text, direction)
        if asked not in self._selected:
            base = self.clusters.base(())
            self._selected[asked] = [
                policy
                for key, numbers in self.contents.items()
                for number in numbers
                for policy in self.clusters.policies(key, number)
                if direction in policy.directions and base.selects(policy.selector, base.endpoints[end.pod])
            ]
        return self._selected[asked]

    @property
    def labels_are_fixed(self) -> bool:
        """Tell whether pods keep their labels and no host endpoint adds policies of its own to their way."""
        return not any(key[0] in ("Namespace", "Pod", "ServiceAccount", "HostEndpoint") for key in self.final) and not (
            self.clusters.base(()).host_endpoints
        )


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
