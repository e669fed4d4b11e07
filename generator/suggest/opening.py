"""What a change of the intent opens, exactly, held against what it is meant to open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportSet
from generator.reach.columns import Columns
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.flow_changes import ChangeKind, FlowChange, find_flow_changes
from generator.reach.place_names import Namer
from generator.reach.places import Mask, Place
from generator.reach.rows import subtract, unite
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


def measure_opening(before: Engine, after: Engine, need: Need) -> Opening:
    """Return all that a change opens or cuts, in both families.

    What is not known counts against the change: what was surely allowed and may not be any more is cut, and what was
    surely denied and may be allowed is `unsure`.
    """
    beyond, cuts, pairs = False, False, 0
    unsure: set[PossibleFlows] = set()
    for family in FAMILIES:
        differential = Differential(before, after, family)
        places = differential.places.places
        sources = _members(places, need.sources)
        destinations = _members(places, need.destinations)
        namer = Namer(differential.places)
        old, new = Columns(differential.before), Columns(differential.after)
        for place, twin in zip(places, differential.after.places.places, strict=True):
            was, perhaps = old.allowed_into(place)
            now, maybe = new.allowed_into(twin)
            cuts = cuts or bool(subtract(was, now))
            own = sources if place.bit & destinations else 0
            for packets, mask in subtract(now, was).items():
                pairs += mask.bit_count()
                beyond = beyond or bool(mask & ~own) or _is_more(packets, need)
            for packets, mask in subtract(maybe, unite(was, perhaps)).items():
                rest = mask if _is_more(packets, need) else mask & ~own
                if rest:
                    pairs += rest.bit_count()
                    unsure.add(PossibleFlows(namer.names(rest), namer.names(place.bit), packets))
    changes = tuple(item for item in find_flow_changes(before, after) if item.kind is not ChangeKind.UNKNOWN)
    return Opening(changes, beyond, _in_order(unsure), cuts, pairs)


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
