"""What a change of the intent opens, exactly, held against what it is meant to open."""

from __future__ import annotations

from dataclasses import dataclass

from generator.packets.addresses import FAMILIES
from generator.reach.columns import Columns
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.flow_changes import ChangeKind, FlowChange, find_flow_changes
from generator.reach.places import Mask, Place
from generator.reach.rows import subtract, unite
from generator.suggest.asked import selects
from generator.suggest.model import Group, Need


@dataclass(frozen=True, slots=True)
class Opening:
    """The differential of a change; `beyond`: something is opened that the need does not say.

    `pairs` counts the places that may newly talk: it tells a wider change from a narrower one.
    """

    changes: tuple[FlowChange, ...]
    beyond: bool
    cuts: bool
    pairs: int


def measure_opening(before: Engine, after: Engine, need: Need) -> Opening:
    """Return all that a change opens or cuts, in both families.

    What is not known counts against the change: what may be allowed and was surely not is opened, and what was surely
    allowed and may not be any more is cut.
    """
    beyond, cuts, pairs = False, False, 0
    for family in FAMILIES:
        differential = Differential(before, after, family)
        places = differential.places.places
        sources = _members(places, need.sources)
        destinations = _members(places, need.destinations)
        old, new = Columns(differential.before), Columns(differential.after)
        for place, twin in zip(places, differential.after.places.places, strict=True):
            was, perhaps = old.allowed_into(place)
            now, maybe = new.allowed_into(twin)
            cuts = cuts or bool(subtract(was, now))
            opened = unite(subtract(now, was), subtract(maybe, unite(was, perhaps)))
            for packets, mask in opened.items():
                pairs += mask.bit_count()
                elsewhere = mask & ~sources or not place.bit & destinations
                too_many = need.packets is not None and packets - need.packets
                beyond = bool(beyond or elsewhere or too_many)
    changes = find_flow_changes(before, after)
    return Opening(tuple(item for item in changes if item.kind is not ChangeKind.UNKNOWN), beyond, cuts, pairs)


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
