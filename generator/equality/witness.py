"""A flow for a difference, followed through the set rule by rule, and who is to blame for it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from generator.equality.compare import Comparison, Gap
from generator.equality.model import CannotCompare, Witness, Wrong
from generator.meaning.model import Way
from generator.meaning.rows import at
from generator.packets.transport import TransportPacket, TransportSet
from generator.reach.decision import Decision, Verdict
from generator.reach.flow import End, Flow, evaluate_flow
from generator.reach.places import Mask, Place, numbers_in
from generator.reach.rows import at_place

_MOST_TRIED: Final = 64
_EXPECTED: Final = {Wrong.MORE: Verdict.ALLOW, Wrong.LESS: Verdict.DENY, Wrong.UNDECIDED: Verdict.UNKNOWN}


class WitnessFailed(CannotCompare):
    """A difference found in sets is none when one packet is followed: a fault of the engine, so nothing is proven."""


def find_witness(comparison: Comparison, gap: Gap, pods: Mask) -> tuple[Witness, Place, Place]:
    """Return a flow of the difference with the governed place and the other one.

    One whose fate differs from end to end goes before one that the other end decides anyway.
    """
    first: tuple[Flow, Place, Place] | None = None
    for place, peer in islice(_pairs(comparison, gap, pods), _MOST_TRIED):
        packets = _whole(comparison, gap, place, peer)
        flow = _flow(comparison, gap, place, peer, (packets or gap.packets).witness())
        if flow is None:
            continue
        if packets:
            return _followed(comparison, gap, flow, whole=True), place, peer
        first = first or (flow, place, peer)
    if first is None:
        raise WitnessFailed(f"{gap.wrong}: no two ends stand for it")
    return _followed(comparison, gap, first[0], whole=False), first[1], first[2]


def _pairs(comparison: Comparison, gap: Gap, pods: Mask) -> Iterator[tuple[Place, Place]]:
    places = comparison.places.places
    for number in numbers_in(pods):
        for other in numbers_in(gap.peers):
            yield places[number], places[other]


def _whole(comparison: Comparison, gap: Gap, place: Place, peer: Place) -> TransportSet:
    """Return the packets of a difference whose fate differs from end to end: the other end lets them through."""
    if not peer.pods:
        return gap.packets
    other = Way.ARRIVING if gap.way is Way.LEAVING else Way.LEAVING
    through = at(comparison.meant.row(comparison.meant.world.spots[peer.number], other), place.number)
    if gap.wrong is not Wrong.LESS:
        through = at_place(comparison.rendered(peer, other)[0], place.number)
    return gap.packets & through


def _flow(comparison: Comparison, gap: Gap, place: Place, peer: Place, packet: TransportPacket) -> Flow | None:
    own = _end(comparison, place, not_on=peer.node if peer.is_host and gap.way is Way.ARRIVING else "")
    other = _end(comparison, peer)
    if own is None or other is None:
        return None
    return Flow(own, other, packet) if gap.way is Way.LEAVING else Flow(other, own, packet)


def _end(comparison: Comparison, place: Place, not_on: str = "") -> End | None:
    family = comparison.family
    if place.pods:
        for pod in place.pods:
            address = pod.address(family)
            if address is not None and not (not_on and pod.node == not_on):
                return End(pod.key, address, pod, pod.node)
        return None
    if place.node:
        addresses = comparison.engine.inventory.nodes[place.node]
        return End(f"host:{place.node}", next(one for one in addresses if one[0] == family), node=place.node)
    return End("", (family, place.outside.pick(family)))


def _followed(comparison: Comparison, gap: Gap, flow: Flow, *, whole: bool) -> Witness:
    verdict = evaluate_flow(comparison.engine, flow)
    witness = Witness(flow, verdict, whole)
    decision = decision_at(witness, gap.way)
    if decision is None or decision.verdict is not _EXPECTED[gap.wrong]:
        raise WitnessFailed(f"{gap.wrong}: {flow.source.name} to {flow.destination.name}, {flow.transport}")
    return witness


def decision_at(witness: Witness, way: Way) -> Decision | None:
    """Return what was decided at the end that a difference is about."""
    return witness.verdict.egress if way is Way.LEAVING else witness.verdict.ingress
