"""Holds a rendered set against its intent (product.md 5, "proven equal")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from generator.calico.names import identity_of
from generator.equality.compare import Comparison, Gap
from generator.equality.model import CannotCompare, Difference, Proven, RenderedItem, RenderedSet, Wrong
from generator.equality.proof_world import ProofWorld, build_world
from generator.equality.witness import decision_at, find_witness
from generator.intent.model import Intent
from generator.meaning.files import Unreadable
from generator.meaning.mean import mean
from generator.meaning.model import Way
from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportSet
from generator.platforms.model import PlatformProfile
from generator.reach.decision import Decision, Reason
from generator.reach.model import PolicyView
from generator.reach.place_names import Namer
from generator.reach.places import Mask
from generator.snapshot.model import Snapshot

MOST_SHOWN: Final = 40  # differences that are followed; a set that is wrong all over needs no more
_LAST: Final = "default-deny"


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
    comparisons = [Comparison(world, meaning, family) for family in FAMILIES]
    found = [*_of_hosts(world, rendered.objects)]
    for comparison in comparisons:
        found += _differences(comparison, world, rendered.objects)
    if found:
        return sorted(_merged(found), key=_order)
    pods = {pod.key for comparison in comparisons for place in comparison.governed for pod in place.pods}
    return Proven(len(pods), sum(len(item.places.places) for item in comparisons), world.stand_ins)


def _differences(comparison: Comparison, world: ProofWorld, items: Iterable[RenderedItem]) -> Iterator[Difference]:
    blame = _Blame(world, items)
    namer = Namer(comparison.places)
    gaps = sorted(comparison.gaps().items(), key=lambda item: (item[0].peers.bit_count(), item[1].bit_count()))
    for gap, pods in gaps[:MOST_SHOWN]:
        yield _difference(comparison, blame, namer, gap, pods)


def _difference(comparison: Comparison, blame: _Blame, namer: Namer, gap: Gap, pods: Mask) -> Difference:
    witness, place, peer = find_witness(comparison, gap, pods)
    packet = witness.flow.transport
    spots = comparison.meant.world.spots
    spot, other = spots[place.number], spots[peer.number]
    grants = comparison.meant.grants_for(spot, gap.way, other, packet)
    denials = comparison.meant.denials_for(gap.way, other, packet)
    decision = decision_at(witness, gap.way)
    layer, policy, rule = blame.of(decision)
    if gap.wrong is Wrong.LESS and grants and layer in ("", _LAST):
        layer, policy, rule = grants[0].layer, "", None
    if gap.wrong is Wrong.MORE and denials and not policy:
        layer = denials[0].layer
    meant = [*(item.why for item in denials), *(item.why for item in grants)]
    return Difference(
        gap.wrong,
        gap.way,
        namer.names(pods),
        namer.names(gap.peers),
        gap.packets,
        (comparison.family,),
        layer,
        policy,
        rule,
        tuple(dict.fromkeys(meant)),
        witness,
    )


class _Blame:
    """Finds the layer, the policy and the rule behind a decision."""

    def __init__(self, world: ProofWorld, items: Iterable[RenderedItem]) -> None:
        self._items = list(items)
        self._origins = world.origins

    def of(self, decision: Decision | None) -> tuple[str, str, int | None]:
        """Return them; "" and None for what no rule decided."""
        if decision is None or decision.decided_by is None:
            at_the_end = decision is not None and decision.reason is Reason.END_OF_TIER
            return (_LAST if at_the_end else ""), "", None
        return *self.of_policy(decision.decided_by), decision.rule

    def of_policy(self, policy: PolicyView) -> tuple[str, str]:
        """Return the layer and the identity of a policy."""
        number = self._origins.get(id(policy.origin))
        if number is None:
            return "", str(policy.id)
        return self._items[number].layer, str(identity_of(self._items[number].object))


def _of_hosts(world: ProofWorld, items: Iterable[RenderedItem]) -> Iterator[Difference]:
    """Give the policies that govern host endpoints: none of ours may."""
    blame = _Blame(world, items)
    seen: dict[int, Difference] = {}
    for hosts in world.engine.inventory.hosts.values():
        for host in hosts:
            for _, policy in world.engine.selecting(world.engine.class_of(f"host endpoint {host.key}")):
                name = f"host endpoint {host.key}"
                seen.setdefault(id(policy), _beyond(name, *blame.of_policy(policy)))
    yield from seen.values()


def _beyond(name: str, layer: str, policy: str) -> Difference:
    every = TransportSet.all()
    return Difference(Wrong.BEYOND, Way.ARRIVING, (name,), (), every, FAMILIES, layer, policy, None, (), None)


def _merged(found: Iterable[Difference]) -> Iterator[Difference]:
    """Make one of differences that are the same in both families."""
    known: dict[tuple[object, ...], Difference] = {}
    for item in found:
        key = (
            item.wrong,
            item.way,
            item.pods,
            item.peers,
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
    return (not whole, list(Wrong).index(item.wrong), item.layer, item.policy, item.pods, item.peers, item.packets.form)
