"""What a change of the intent opens, exactly, held against what it is meant to open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportSet
from generator.reach.columns import Columns
from generator.reach.differential import ChangeInto, Differential
from generator.reach.engine import Engine
from generator.reach.flow_changes import ChangeKind, FlowChange, flow_changes_of
from generator.reach.place_names import Namer
from generator.reach.places import Mask, Place
from generator.reach.rows import Row, subtract, unite
from generator.suggest.asked import selects
from generator.suggest.model import Group, Need, PossibleFlows


@dataclass(frozen=True, slots=True)
class Opening:
    """The differential of a change; `beyond`: something is opened that the need does not say.

    `unsure` are flows outside the need of which it is not known whether they are opened. `pairs` counts the places that
    may newly talk: it tells a wider change from a narrower one.
    """

    changes: tuple[FlowChange, ...]
    beyond: bool
    unsure: tuple[PossibleFlows, ...]
    cuts: bool
    pairs: int


class _Kept(Differential):
    """A differential that is asked twice: for what a change opens beyond its need, and for people."""

    def __init__(self, before: Engine, after: Engine, family: int) -> None:
        super().__init__(before, after, family)
        self._found: list[ChangeInto] | None = None

    def changes(self) -> Iterator[ChangeInto]:
        if self._found is None:
            self._found = list(super().changes())
        return iter(self._found)


@dataclass(slots=True)
class _Tally:
    """What has been found so far."""

    need: Need
    beyond: bool = False
    cuts: bool = False
    pairs: int = 0
    unsure: set[PossibleFlows] = field(default_factory=set)

    def add_opened(self, row: Row, own: Mask) -> None:
        for packets, mask in row.items():
            self.pairs += mask.bit_count()
            self.beyond = self.beyond or bool(mask & ~own) or _is_more(packets, self.need)

    def add_unsure(self, row: Row, own: Mask, place: Place, namer: Namer) -> None:
        for packets, mask in row.items():
            rest = mask if _is_more(packets, self.need) else mask & ~own
            if rest:
                self.pairs += rest.bit_count()
                self.unsure.add(PossibleFlows(namer.names(rest), namer.names(place.bit), packets))


def measure_opening(before: Engine, after: Engine, need: Need) -> Opening:
    """Return all that a change opens or cuts, in both families.

    What is not known counts against the change: what was surely allowed and may not be any more is cut, and what was
    surely denied and may be allowed is `unsure`.
    """
    tally = _Tally(need)
    differentials = [_Kept(before, after, family) for family in FAMILIES]
    for differential in differentials:
        _count(differential, need, tally)
    changes = tuple(item for item in flow_changes_of(differentials) if item.kind is not ChangeKind.UNKNOWN)
    return Opening(changes, tally.beyond, _in_order(tally.unsure), tally.cuts, tally.pairs)


def _count(differential: _Kept, need: Need, tally: _Tally) -> None:
    places = differential.places.places
    sources, destinations = _members(places, need.sources), _members(places, need.destinations)
    columns: tuple[Columns, Columns] | None = None
    for change in differential.changes():
        place = change.place
        own = sources if place.bit & destinations else 0
        if not change.unknown:
            tally.cuts = tally.cuts or bool(change.newly_denied)
            tally.add_opened(change.newly_allowed, own)
            continue
        # What is unknown is mixed of both sides there; only this tells what became so.
        columns = columns or (Columns(differential.before), Columns(differential.after))
        was, perhaps = columns[0].allowed_into(place)
        now, maybe = columns[1].allowed_into(differential.after.places.places[place.number])
        tally.cuts = tally.cuts or bool(subtract(was, now))
        tally.add_opened(subtract(now, was), own)
        tally.add_unsure(subtract(maybe, unite(was, perhaps)), own, place, Namer(differential.places))


def _is_more(packets: TransportSet, need: Need) -> bool:
    return need.packets is not None and bool(packets - need.packets)


def _in_order(found: Iterable[PossibleFlows]) -> tuple[PossibleFlows, ...]:
    return tuple(sorted(found, key=lambda item: (item.destinations, item.sources, item.packets.form)))


def _members(places: list[Place], group: Group | None) -> Mask:
    """Return the places that lie wholly within a group."""
    if group is None:
        return -1
    mask = 0
    for place in places:
        if _lies_in(place, group):
            mask |= place.bit
    return mask


def _lies_in(place: Place, group: Group) -> bool:
    if place.pods:
        return group.pods is not None and all(selects(group.pods, pod) for pod in place.pods)
    if place.is_host:
        return bool(group.node) and place.node == group.node
    return bool(group.addresses) and bool(place.outside) and not place.outside - group.addresses
