"""Holds a rendered set against its intent (product.md 5, "proven equal")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from generator.equality.asked import blind_spots
from generator.equality.beyond import find_beyond, show_beyond
from generator.equality.blame import Blame
from generator.equality.compare import Comparison, Gap
from generator.equality.model import CannotCompare, Difference, Proven, RenderedSet, Wrong
from generator.equality.proof_world import ProofWorld, build_world
from generator.equality.witness import decision_at, find_witness
from generator.intent.model import Intent
from generator.meaning.files import Unreadable
from generator.meaning.mean import mean
from generator.meaning.model import Way
from generator.meaning.world import Divided
from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportSet
from generator.platforms.model import PlatformProfile
from generator.reach.place_names import Namer
from generator.reach.places import Mask
from generator.snapshot.model import Snapshot

_FIRST: Final = (Wrong.BEYOND, Wrong.MORE, Wrong.LESS, Wrong.UNDECIDED)
MOST_SHOWN: Final = 40  # differences that are followed; a set that is wrong all over needs no more


def prove_equal(
    intent: Intent, profile: PlatformProfile, rendered: RenderedSet, snapshot: Snapshot | None = None
) -> Proven | list[Difference]:
    """Return the proof that a set allows what its intent means, or the differences, most telling first.

    Compared are both ends of every flow of owned pods, each for itself: all protocols and ports, both families, over
    the snapshot with stand-ins for all that the intent names and for what is almost the same (`proof_world`). Raises
    CannotCompare where nothing can be said.
    """
    try:
        meaning = mean(intent, profile, snapshot)
    except Unreadable as fault:
        raise CannotCompare(str(fault)) from None
    world = build_world(meaning, intent, rendered, snapshot)
    blame = Blame(world, rendered.objects)
    found = list(_not_seen(world, blame))
    beyond = find_beyond(world, meaning, blame)
    pods: set[str] = set()
    places = 0
    for family in FAMILIES:
        try:
            comparison = Comparison(world, meaning, family)
            found += _differences(comparison, blame)
            show_beyond(beyond, comparison)
        except Divided as fault:
            raise CannotCompare(str(fault)) from None
        pods.update(pod.key for place in comparison.governed for pod in place.pods)
        places += len(comparison.places.places)
    found += [item.difference for item in beyond]
    return sorted(_merged(found), key=_order) if found else Proven(len(pods), places, world.stand_ins)


def _differences(comparison: Comparison, blame: Blame) -> Iterator[Difference]:
    namer = Namer(comparison.places)
    gaps = sorted(comparison.gaps().items(), key=lambda item: (item[0].peers.bit_count(), item[1].bit_count()))
    for gap, pods in gaps[:MOST_SHOWN]:
        yield _difference(comparison, blame, namer, gap, pods)


def _difference(comparison: Comparison, blame: Blame, namer: Namer, gap: Gap, pods: Mask) -> Difference:
    witness, place, peer = find_witness(comparison, gap, pods)
    packet = witness.flow.transport
    spots = comparison.meant.world.spots
    grants = comparison.meant.grants_for(spots[place.number], gap.way, spots[peer.number], packet)
    denials = comparison.meant.denials_for(gap.way, spots[peer.number], packet)
    meant = [*((item.layer, item.why) for item in denials), *((item.layer, item.why) for item in grants)]
    cause = blame.of(decision_at(witness, gap.way), place, meant[0][0] if meant else "")
    return Difference(
        gap.wrong,
        gap.way,
        _led_by(namer.names(pods), namer.names(place.bit)),
        _led_by(namer.names(gap.peers), namer.names(peer.bit)),
        gap.packets,
        (comparison.family,),
        *cause,
        tuple(dict.fromkeys(why for _, why in meant)),
        witness,
    )


def _led_by(names: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """Return names with those in front that the example is about."""
    return tuple(sorted(names, key=lambda name: name not in shown))


def _not_seen(world: ProofWorld, blame: Blame) -> Iterator[Difference]:
    """Give the rules that ask for what nothing in the world is: nobody can tell what they allow."""
    for policy, rule, what in blind_spots(world.engine):
        layer, title = blame.of_policy(policy)
        every = TransportSet.all()
        yield Difference(Wrong.UNDECIDED, Way.LEAVING, (what,), (), every, FAMILIES, layer, title, rule, (), None)


def _merged(found: Iterable[Difference]) -> Iterator[Difference]:
    """Make one of differences that are the same in both families."""
    known: dict[tuple[object, ...], Difference] = {}
    for item in found:
        key = (
            item.wrong,
            item.way,
            frozenset(item.pods),
            frozenset(item.peers),
            item.packets,
            item.layer,
            item.policy,
            item.rule,
            item.meant,
        )
        before = known.get(key)
        families = (*before.families, *item.families) if before is not None else item.families
        known[key] = replace(before or item, families=families)
    yield from known.values()


def _order(item: Difference) -> tuple[object, ...]:
    whole = item.witness is not None and item.witness.whole
    whole = whole or item.wrong is Wrong.BEYOND
    return (not whole, _FIRST.index(item.wrong), item.layer, item.policy, item.pods, item.peers, item.packets.form)
