"""Who can reach what, for people: grouped by workload (product.md 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportSet
from generator.reach.columns import Columns
from generator.reach.engine import Engine
from generator.reach.flow import Flow, evaluate_flow
from generator.reach.flow_changes import OWN_NODE, ends_at, flow_to_own_node
from generator.reach.inventory import Pod
from generator.reach.own_node import ToOwnNode, send_to_own_nodes
from generator.reach.pairs import Pairs, compute_pairs
from generator.reach.place_names import Namer, workload_name
from generator.reach.places import Mask, Place, Places, numbers_in
from generator.reach.program import profile_ops
from generator.reach.question import with_one_pod
from generator.reach.rows import Row, restrict
from generator.reach.side_sets import ALL
from generator.reach.unknown import UnknownReason
from generator.reach.ways import Ways


@dataclass(frozen=True, slots=True)
class Reach:
    """All of these sources reach all of these destinations with these packets.

    Where that is not `known`, `reasons` are those of one of these flows.
    """

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    packets: TransportSet
    known: bool
    families: tuple[int, ...]
    reasons: tuple[UnknownReason, ...] = ()


def workload_names(engine: Engine) -> set[str]:
    """Return the names by which pods can be asked for: their own, and those of what made them."""
    pods = engine.inventory.pods
    return set(pods) | {workload_name(pod) for pod in pods.values()}


def find_reach(engine: Engine, subject: str = "", families: Iterable[int] = FAMILIES) -> list[Reach]:
    """Return who reaches what, in a fixed order; with a `subject` only what goes to or from this workload or pod.

    A node stands for processes on nodes other than the pod's own, whose packets are never policed. What pods send to
    the node that each is on has rows of its own, with `OWN_NODE` as destination.
    """
    found: dict[tuple[object, ...], Reach] = {}
    pods: list[Pod] | None = None
    if subject:
        pods = _pods_of(engine, subject)
        engine = engine.asked(with_one_pod(engine.inventory, pods))
    for family in families:
        for item in _of_family(engine, family, pods):
            key = (item.sources, item.destinations, item.packets, item.known, item.reasons)
            before = found.get(key)
            found[key] = item if before is None else replace(item, families=(*before.families, family))
    return sorted(
        found.values(),
        key=lambda item: (item.destinations, item.sources, not item.known, item.families, item.packets.form),
    )


def _of_family(engine: Engine, family: int, subject: Sequence[Pod] | None) -> Iterator[Reach]:
    if not any(address[0] == family for pod in engine.inventory.pods.values() for address in pod.addresses):
        return
    pairs = compute_pairs(engine, family)
    places = pairs.places
    if not places.pods:
        return
    own = places.pods if subject is None else _places_of(places, subject)
    into = Columns(pairs).allowed_into if subject is None else _IntoAndFrom(pairs, own).allowed_into
    groups: dict[tuple[TransportSet, Mask, bool], Mask] = {}
    for place in places.places:
        for row, known in zip(into(place), (True, False), strict=True):
            for packets, sources in row.items():
                key = (packets, sources, known)
                groups[key] = groups.get(key, 0) | place.bit
    namer = Namer(places)
    for (packets, sources, known), destinations in groups.items():
        names = namer.names(sources), namer.names(destinations)
        reasons = () if known else _reasons(pairs, packets, sources, destinations)
        yield Reach(*names, packets, known, (family,), reasons)
    for sent in send_to_own_nodes(pairs, own):
        senders = (*namer.names(sent.places), *sorted(sent.pods))
        reasons = () if sent.known else _reasons_at_own_node(pairs, sent)
        yield Reach(senders, (OWN_NODE,), sent.packets, sent.known, (family,), reasons)


class _IntoAndFrom:
    """What gets into some places from anywhere, and from them into others; no more is worked out than that asks for."""

    def __init__(self, pairs: Pairs, own: Mask) -> None:
        self._pairs = pairs
        self._own = own
        self._from_own = Columns(_FromFew(pairs, own), own)

    def allowed_into(self, place: Place) -> tuple[Row, Row]:
        """Return (what gets through, what is not known) to a place, for each source that matters."""
        if not self._own & place.bit:
            known, unknown = self._from_own.allowed_into(place)
            return restrict(known, self._own), restrict(unknown, self._own)
        let_in = self._pairs.arriving(place, place.node, "away").may
        return Columns(self._pairs, reduce(or_, let_in.values(), 0)).allowed_into(place)


class _FromFew(Pairs):
    """Pairs that are asked only for what a few places send: what is let in is worked out for them alone."""

    def __init__(self, pairs: Pairs, few: Mask) -> None:
        super().__init__(pairs.engine, pairs.places, pairs.sides)
        self._few = few
        self._arrives = False
        self._without_rules: dict[tuple[object, ...], Ways] = {}

    def _find_arriving(self, place: Place, node: str, way: str) -> Ways:
        ends = self._ends_without_rules(place)
        if ends is None:
            return self._work_out_arriving(place, node, way)
        found = self._without_rules.get(ends)
        if found is None:
            found = self._without_rules[ends] = self._work_out_arriving(place, node, way)
        return found

    def _ends_without_rules(self, place: Place) -> tuple[object, ...] | None:
        """Return what decides at pods where no rule and nothing else has a say: all with the same are alike."""
        inventory = self.engine.inventory
        if not place.pods or inventory.hosts:
            return None
        pod = place.pods[0]
        if pod.node in inventory.windows or pod.node in inventory.settings:
            return None
        ends: list[object] = []
        for tier, policy in self.engine.selecting(self.engine.class_of(pod.key)):
            if policy.ingress:
                return None
            ends.append((tier.name, policy.kind, policy.governs))
        ends += [op.allows for op in profile_ops(pod.profiles, inventory.profiles.__contains__)]
        return tuple(ends)

    def _work_out_arriving(self, place: Place, node: str, way: str) -> Ways:
        self._arrives = True
        try:
            return super()._find_arriving(place, node, way)
        finally:
            self._arrives = False

    def _everything(self) -> Row:
        return {ALL: self._few} if self._arrives else super()._everything()


def _reasons(pairs: Pairs, packets: TransportSet, sources: Mask, destinations: Mask) -> tuple[UnknownReason, ...]:
    packet = packets.witness()
    for last in numbers_in(destinations):
        for first in numbers_in(sources):
            ends = ends_at(pairs.places.places[first], pairs.places.places[last], pairs.engine, pairs.family)
            if ends is not None:
                return evaluate_flow(pairs.engine, Flow(*ends, packet)).unknown
    return ()


def _reasons_at_own_node(pairs: Pairs, sent: ToOwnNode) -> tuple[UnknownReason, ...]:
    flow = flow_to_own_node(pairs.engine, sent.example, sent.packets, pairs.family)
    return () if flow is None else evaluate_flow(pairs.engine, flow).unknown


def _pods_of(engine: Engine, subject: str) -> list[Pod]:
    return [pod for pod in engine.inventory.pods.values() if subject in (pod.key, workload_name(pod))]


def _places_of(places: Places, pods: Iterable[Pod]) -> Mask:
    numbers = {places.of_pod[pod.key] for pod in pods if pod.key in places.of_pod}
    return sum(1 << number for number in numbers)
