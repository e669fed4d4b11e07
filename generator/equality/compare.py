"""The engine's rows beside those of the meaning: for each governed pod and direction, exactly where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from generator.equality.model import Wrong
from generator.equality.proof_world import ProofWorld
from generator.equality.spots import world_of
from generator.meaning.model import Meaning, Way
from generator.meaning.rows import Rows
from generator.packets.transport import TransportSet
from generator.reach.find_places import find_places
from generator.reach.model import Direction, RuleView
from generator.reach.pairs import Pairs
from generator.reach.places import Mask, Place
from generator.reach.rows import Row, intersect, restrict, subtract
from generator.reach.ways import Ways

_AT_A_TIME: Final = 64
DIRECTIONS = {Way.LEAVING: Direction.EGRESS, Way.ARRIVING: Direction.INGRESS}


@dataclass(frozen=True, slots=True)
class Gap:
    """Packets between one place and some others on which the set and the intent differ, at the end that is governed."""

    wrong: Wrong
    way: Way
    packets: TransportSet
    peers: Mask


class Comparison:
    """One family of the world, seen by the engine and by the meaning."""

    def __init__(self, world: ProofWorld, meaning: Meaning, family: int) -> None:
        self.engine = world.engine
        self.meaning = meaning
        self.family = family
        self.places = find_places([world.engine], family)[0]
        self.pairs = Pairs(world.engine, self.places)
        self.meant = Rows(meaning, world_of(meaning, world, self.places))
        self.governed = [place for place in self.places.places if self.meant.world.owned >> place.number & 1]
        self._rows: dict[tuple[object, ...], Ways] = {}
        self._own: dict[Way, dict[int, bool]] = {way: {} for way in Way}

    def _selecting(self, place: Place) -> tuple[int, ...]:
        number = self.engine.class_of(place.pods[0].key)
        return tuple(id(policy) for _, policy in self.engine.selecting(number))

    def gaps(self) -> dict[Gap, Mask]:
        """Return what differs, each with the places whose pods it concerns."""
        found: dict[Gap, Mask] = {}
        for number, place in enumerate(self.governed):
            if number % _AT_A_TIME == 0:  # rows of ten thousand pods would fill the memory
                self.pairs = Pairs(self.engine, self.places, self.pairs.sides)
            for way in Way:
                for gap in self.gaps_at(place, way):
                    found[gap] = found.get(gap, 0) | place.bit
        return found

    def gaps_at(self, place: Place, way: Way) -> Iterator[Gap]:
        """Give what differs at one place of pods; of pods that are not owned the intent means that all may pass."""
        row, unknown = self.rendered(place, way)
        meant = self.meant.row(self.meant.world.spots[place.number], way)
        if row == meant and not unknown:
            return
        peers = self.places.all & ~self._never_policed(place, way)
        known = subtract(subtract(row, meant), unknown)
        missing = subtract(subtract(meant, row), unknown)
        for wrong, found in ((Wrong.MORE, known), (Wrong.LESS, missing), (Wrong.UNDECIDED, unknown)):
            for packets, mask in restrict(found, peers).items():
                yield Gap(wrong, way, packets, mask)

    def rendered(self, place: Place, way: Way) -> tuple[Row, Row]:
        """Return what the set lets a place send or get: surely, and where that is not known."""
        ways = self._ways(place, way)
        if not self.pairs.sides.unsure:
            return ways.may, {}
        return subtract(ways.may, ways.may_not), intersect(ways.may, ways.may_not)

    def _ways(self, place: Place, way: Way) -> Ways:
        """Return the engine's rows; pods of which the same is asked, and of nothing that is their own, share them."""
        key = None if place.node or not place.pods or self._asks_own(place, way) else (way, *self._selecting(place))
        found = self._rows.get(key) if key is not None else None
        if found is None:
            node = place.pods[0].node if place.pods else place.node
            find = self.pairs.leaving if way is Way.LEAVING else self.pairs.arriving
            found = find(place, node, "away")
            if key is not None:
                self._rows[key] = found
        return found

    def _asks_own(self, place: Place, way: Way) -> bool:
        """Tell whether a rule looks at the pods themselves; for ports by number it need not."""
        own = self._own[way]
        for _, policy in self.engine.selecting(self.engine.class_of(place.pods[0].key)):
            found = own.get(id(policy))
            if found is None:
                found = own[id(policy)] = any(
                    _asks_more_than_ports(rule, way) for rule in policy.rules(DIRECTIONS[way])
                )
            if found:
                return True
        return False

    def _never_policed(self, place: Place, way: Way) -> Mask:
        """Return the node of the pods where all have one: what it sends them no policy stops (calico.md 2.5)."""
        nodes = {pod.node for pod in place.pods}
        if way is Way.LEAVING or len(nodes) > 1:
            return 0
        number = self.places.of_node.get(nodes.pop())
        return 0 if number is None else 1 << number


def _asks_more_than_ports(rule: RuleView, way: Way) -> bool:
    side = rule.source if way is Way.LEAVING else rule.destination
    asked = (side.members, side.excluded, side.service, side.nets, side.not_nets)
    return bool(side.port_names or side.not_port_names) or any(item is not None for item in asked)
