"""Judges expectations over all flows that they name, in packet sets, and follows one packet of each breach.

A node as an end is a process on another node than the pod's own: what a pod's own node sends it is never policed
(calico.md 2.5). What a pod sends to its own node is judged, by the pod's egress. A pod alone is no flow to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from generator.expect.addresses import Addresses
from generator.expect.asked import parties_by_packets
from generator.expect.model import Breach, Judged, Outcome
from generator.expect.parties import Party, find_parties
from generator.expect.selection import Selection, Selector, Unresolved
from generator.expect.witness import follow
from generator.intent.expectation import End, Expectation, ExternalEnd, NetworksEnd, Word, WordEnd
from generator.packets.addresses import FAMILIES
from generator.packets.intervals import Intervals
from generator.packets.transport import TransportSet
from generator.reach.columns import Columns
from generator.reach.engine import Engine
from generator.reach.flow import NEIGHBOUR_TYPES
from generator.reach.inventory import Pod
from generator.reach.packet import ICMPV6
from generator.reach.pairs import Fate, Pairs, compute_pairs
from generator.reach.place_names import OUTSIDE
from generator.reach.places import Mask, Place, numbers_in
from generator.reach.rows import Row, add_to, at_place, intersect, restrict, subtract, unite
from generator.reach.to_service import node_port_packets
from generator.reach.unknown import UnknownReason
from generator.snapshot.model import Snapshot

_NEIGHBOURS: Final = TransportSet.of_icmp(ICMPV6, Intervals.of_numbers(NEIGHBOUR_TYPES))
AWAY, OWN = "away", "own node"
FEW = 64  # up to so many sources are asked one by one


@dataclass(frozen=True, slots=True)
class Ends:
    """Sources that go with one destination place on one way, as far as both are meant."""

    source: Party
    destination: Party
    way: str
    packets: TransportSet  # what is asked


@dataclass(slots=True)
class _Found:
    """What one family gives: groups of breaches, and how much was asked."""

    groups: dict[tuple[Outcome, TransportSet, Mask, str], list[tuple[Place, Ends]]] = field(default_factory=dict)
    asked: bool = False
    sources: int = 0
    destinations: int = 0


class Judge:
    """Judges expectations on one snapshot; what they share is worked out once."""

    def __init__(self, engine: Engine, snapshot: Snapshot, addresses: Addresses | None = None) -> None:
        self.engine = engine
        self._selector = Selector(engine, snapshot, addresses or Addresses())
        self._columns: dict[int, Columns] = {}
        self._pairs: dict[int, Pairs] = {}
        self._into: dict[tuple[int, int], tuple[Row, Row]] = {}

    def judge(self, expectation: Expectation) -> Judged:
        """Return what becomes of one expectation, in both families."""
        breaches: dict[tuple[object, ...], Breach] = {}
        notes: dict[str, None] = {}
        asked, sources, destinations = False, 0, 0
        empty: list[dict[str, None]] = []
        for family in FAMILIES:
            try:
                source, destination = self._selections(expectation, family)
            except Unresolved as error:
                return Judged(expectation, Outcome.UNKNOWN, f"nobody can say {error}")
            notes |= dict.fromkeys(_notes(self.engine, family, expectation, source, destination))
            empty.append(dict.fromkeys(_empty(expectation, source, destination)))
            found = self._of_family(expectation, family, source, destination)
            asked = asked or found.asked
            sources, destinations = max(sources, found.sources), max(destinations, found.destinations)
            for breach in self._breaches(expectation, family, found):
                key = (breach.outcome, breach.sources, breach.destinations, breach.packets, breach.why)
                known = breaches.get(key)
                breaches[key] = replace(known, families=(*known.families, family)) if known is not None else breach
        listed = tuple(sorted(breaches.values(), key=_order))
        outcome, why = Outcome.HOLDS, ""
        if not asked:
            outcome, why = Outcome.VACUOUS, _why_vacuous(expectation, empty)
        elif listed:
            outcome, why = listed[0].outcome, listed[0].why
        return Judged(expectation, outcome, why, listed, sources, destinations, tuple(notes))

    def _selections(self, expectation: Expectation, family: int) -> tuple[Selection, Selection]:
        both = []
        for end, exceptions in (
            (expectation.source, expectation.not_source),
            (expectation.to, expectation.not_to),
        ):
            selection = self._selector.select(end, family, must=expectation.must)
            for item in exceptions:
                selection = selection.without(self._selector.select(item, family, must=False))
            both.append(selection)
        return both[0], both[1]

    def _pairs_of(self, family: int) -> Pairs:
        found = self._pairs.get(family)
        if found is None:
            found = self._pairs[family] = compute_pairs(self.engine, family)
        return found

    def _arriving(self, family: int, place: Place, sources: Mask) -> tuple[Row, Row]:
        """Return (what gets through, what is not known) to a place from others; all at once where they are many."""
        if sources.bit_count() <= FEW:
            return self._one_by_one(self._pairs_of(family), place, sources)
        key = (family, place.number)
        found = self._into.get(key)
        if found is None:
            columns = self._columns.get(family)
            if columns is None:
                columns = self._columns[family] = Columns(self._pairs_of(family))
            found = self._into[key] = columns.allowed_into(place)
        return restrict(found[0], sources), restrict(found[1], sources)

    @staticmethod
    def _one_by_one(pairs: Pairs, place: Place, sources: Mask) -> tuple[Row, Row]:
        allowed: Row = {}
        unknown: Row = {}
        for number in numbers_in(sources):
            source = pairs.places.places[number]
            if source.pods and place.pods:
                fate = pairs.between_pods(source, place)
            else:
                fate = pairs.between_places(source, place, source.node, place.node, "away")
            add_to(allowed, fate.allowed, source.bit)
            add_to(unknown, fate.unknown, source.bit)
        return allowed, unknown

    def _of_family(self, expectation: Expectation, family: int, source: Selection, destination: Selection) -> _Found:
        found = _Found()
        if not source or not destination:
            return found
        places = self._pairs_of(family).places
        sources = find_parties(places, self.engine, source, _outside_name(expectation.source, expectation.not_source))
        destinations = find_parties(places, self.engine, destination, _outside_name(expectation.to, expectation.not_to))
        found.sources = sum(party.count() for party in sources)
        found.destinations = sum(party.count() for party in destinations)
        for whole in destinations:
            for number in numbers_in(whole.mask):
                place = places.places[number]
                for party, packets in parties_by_packets(expectation, whole, number):
                    for first in sources:
                        ends = Ends(first, party, AWAY, packets)
                        judge = self._judge_node if place.is_host else self._judge_into
                        judge(expectation, family, place, ends, found)
        return found

    def _judge_into(self, expectation: Expectation, family: int, place: Place, ends: Ends, found: _Found) -> None:
        """Judge what goes to one place from everybody of one party."""
        places = self._pairs_of(family).places
        real = _real_sources(ends.source, ends.destination, place, places.pods | places.hosts)
        if real:
            found.asked = True
            allowed, unknown = self._arriving(family, place, real)
            _sort(expectation, ends, place, allowed, unknown, real, found)

    def _judge_node(self, expectation: Expectation, family: int, place: Place, ends: Ends, found: _Found) -> None:
        """Judge what goes to one node: from elsewhere, and from the pods that run on it.

        Of a pod whose node is not known it is known only where it is the same on both ways. What is sent to a NodePort
        arrives at the pods behind it: it is left out, and of a statement that names the port it is not known.
        """
        pairs = self._pairs_of(family)
        sent_on = node_port_packets(self.engine) & ends.packets
        if sent_on and expectation.ports:
            found.asked = True
            everybody = replace(ends, packets=sent_on)
            _sort(expectation, everybody, place, {}, {sent_on: ends.source.mask}, ends.source.mask, found)
        ends = replace(ends, packets=ends.packets - sent_on)
        own = ends.packets - _NEIGHBOURS if family == 6 else ends.packets  # a pod needs them to have an address
        elsewhere = replace(ends.source, pods={})
        elsewhere.mask = sum(1 << number for number in (*elsewhere.nodes, *elsewhere.outside))
        unplaced, here = Party(ends.source.perhaps), Party(ends.source.perhaps)
        for number, pods in ends.source.pods.items():
            for pod in pods:
                (here if pod.node == place.node else elsewhere if pod.node else unplaced).add_pod(number, pod)
        if not ends.packets:
            return
        self._judge_into(expectation, family, place, replace(ends, source=elsewhere), found)
        for number in here.pods if own else ():
            fate = self._own_node(pairs, number, place)
            self._judge_fate(expectation, Ends(here, ends.destination, OWN, own), place, number, fate, found)
        allowed, unknown = self._arriving(family, place, unplaced.mask)
        for number in unplaced.pods if own else ():
            fate = self._own_node(pairs, number, place)
            away = Fate(at_place(allowed, number), at_place(unknown, number))
            both = fate.allowed & away.allowed
            fate = Fate(both, (fate.allowed | away.allowed | fate.unknown | away.unknown) - both)
            self._judge_fate(expectation, Ends(unplaced, ends.destination, AWAY, own), place, number, fate, found)

    @staticmethod
    def _own_node(pairs: Pairs, number: int, place: Place) -> Fate:
        return pairs.between_places(pairs.places.places[number], place, place.node, place.node, "to own host")

    @staticmethod
    def _judge_fate(expectation: Expectation, ends: Ends, place: Place, number: int, fate: Fate, found: _Found) -> None:
        bit = 1 << number
        found.asked = True
        allowed = {fate.allowed: bit} if fate.allowed else {}
        unknown = {fate.unknown: bit} if fate.unknown else {}
        _sort(expectation, ends, place, allowed, unknown, bit, found)

    def _breaches(self, expectation: Expectation, family: int, found: _Found) -> Iterator[Breach]:
        places = self._pairs_of(family).places if found.groups else None
        for (outcome, packets, sources, _), members in found.groups.items():
            assert places is not None
            parties = {id(ends.source): ends.source for _, ends in members}
            first = {name for party in parties.values() for name in party.names(sources)}
            last = {name for place, ends in members for name in ends.destination.names(place.bit)}
            flow, verdict, why = follow(
                self.engine, places, family, expectation.must, outcome, packets, sources, members
            )
            yield Breach(outcome, (family,), _by_name(first), _by_name(last), packets, flow, verdict, why)


def judge_expectations(
    engine: Engine,
    snapshot: Snapshot,
    expectations: Sequence[Expectation],
    addresses: Addresses | None = None,
) -> list[Judged]:
    """Judge expectations on a snapshot and its engine, in their order; WitnessFailed where a breach cannot be replayed.

    `addresses` are what their words mean. Where an object stops Felix from reading all of its kind, or a kind could not
    be read, nothing is known.
    """
    if engine.blind_to:
        why = (UnknownReason.UNDECODABLE if engine.undecodable else UnknownReason.UNREAD).value
        return [Judged(item, Outcome.UNKNOWN, why) for item in expectations]
    judge = Judge(engine, snapshot, addresses)
    return [judge.judge(item) for item in expectations]


def _outside_name(end: End, exceptions: tuple[End, ...]) -> str:
    """Return the name for all addresses outside that an end means; "" where the addresses say it best."""
    match end:
        case WordEnd(_, Word.ALL) if not exceptions:
            return OUTSIDE
        case WordEnd(text, _) | ExternalEnd(text, _) if not exceptions:
            return text
        case _:
            return ""


def _by_name(names: Iterable[str]) -> tuple[str, ...]:
    """Sort names: workloads, then nodes, then addresses."""
    return tuple(sorted(names, key=lambda name: ("/" not in name or not name[0].isalpha(), ":" not in name, name)))


def _order(breach: Breach) -> tuple[object, ...]:
    return (
        breach.outcome is not Outcome.VIOLATED,
        breach.destinations,
        breach.sources,
        breach.families,
        breach.packets.form,
        breach.why,
    )


def _real_sources(source: Party, destination: Party, place: Place, policed: Mask) -> Mask:
    """Return from whom there are flows: not from a pod or node to itself, between it and its node, or all outside."""
    real = source.mask
    if place.outside:
        return real & policed
    if place.is_host:
        real &= ~place.bit
        for number in source.pods:
            if source.only_node_of(number) == place.node:
                real &= ~(1 << number)
        return real
    meant = destination.pods[place.number]
    if [pod.key for pod in meant] == [pod.key for pod in source.pods.get(place.number, ())] and _is_alone(meant):
        real &= ~place.bit
    node = destination.only_node_of(place.number)
    for number, name in source.nodes.items():
        if name == node:
            real &= ~(1 << number)
    return real


def _is_alone(pods: Sequence[Pod]) -> bool:
    """Tell whether this is a single live pod; what is not live stands for all the pods that it would make."""
    return len(pods) == 1 and pods[0].live


def _sort(
    expectation: Expectation, ends: Ends, place: Place, allowed: Row, unknown: Row, real: Mask, found: _Found
) -> None:
    """Note what of one column does not fare as it should, and of what that is not known."""
    wanted: Row = {ends.packets: real}
    perhaps = ends.source.perhaps or ends.destination.perhaps
    unsure = intersect(unknown, wanted)
    wrong = subtract(subtract(wanted, allowed), unsure) if expectation.must else intersect(allowed, wanted)
    if perhaps:
        unsure, wrong = unite(unsure, wrong), {}
    elif place.is_unplaced:
        lone = _lone_node(ends.source, wrong)
        unsure, wrong = unite(unsure, restrict(wrong, lone)), restrict(wrong, ~lone)
    for outcome, row in ((Outcome.VIOLATED, wrong), (Outcome.UNKNOWN, unsure)):
        for packets, mask in row.items():
            key = (outcome, packets, mask, f"{ends.way} {perhaps}")
            found.groups.setdefault(key, []).append((place, ends))


def _lone_node(source: Party, wrong: Row) -> Mask:
    """Return the node that breaks it alone, which may be the pods' own and then is not meant; several cannot all be."""
    breaking = 0
    for mask in wrong.values():
        breaking |= mask
    breaking &= sum(1 << number for number in source.nodes)
    return breaking if breaking.bit_count() == 1 else 0


def _notes(
    engine: Engine, family: int, expectation: Expectation, source: Selection, destination: Selection
) -> Iterator[str]:
    fronts = engine.inventory.fronts.by_address if isinstance(expectation.to, NetworksEnd | ExternalEnd) else ()
    if any(kind == family and destination.outside.contains(number, kind) for kind, number in fronts):
        yield "what is sent to the address of a Service arrives at pods, and is judged where they are an end"
    if destination.nodes and not expectation.ports and node_port_packets(engine):
        yield "what is sent to a NodePort arrives at pods, and is judged where they are an end"
    if not expectation.must and source.nodes and destination.pods:
        yield "a pod's own node always reaches it, so that is not judged"
    for selection in (source, destination):
        if selection.left_out:
            names = ", ".join(selection.left_out[:3]) + (" and others" if len(selection.left_out) > 3 else "")
            yield f"left out: {names} on the host's network, on a node that is not in the snapshot"


def _empty(expectation: Expectation, source: Selection, destination: Selection) -> Iterator[str]:
    for end, selection in ((expectation.source, source), (expectation.to, destination)):
        if not selection:
            yield f"'{end.text}' selects nothing in the snapshot"


def _why_vacuous(expectation: Expectation, empty: Sequence[Mapping[str, None]]) -> str:
    in_each = [text for text in empty[0] if all(text in other for other in empty)]
    if in_each:
        return in_each[0]
    named = [port.name for port in expectation.ports if port.name]
    if named and len(named) == len(expectation.ports):
        return f"no pod of '{expectation.to.text}' has a port named {' or '.join(named)}"
    return "there is no flow between its ends: one pod alone, no family in common, or nobody inside the cluster"
