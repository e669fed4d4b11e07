"""All pairs: for every two places the exact set of packets that get from one to the other (calico.md 0, 2.5, 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from generator.packets.intervals import Intervals
from generator.packets.transport import TransportSet
from generator.reach.engine import Engine
from generator.reach.failsafes import FailsafeRows, failsafe_rows
from generator.reach.find_places import find_places
from generator.reach.flow import NEIGHBOUR_TYPES, End, is_unplaced
from generator.reach.inventory import HostInterface, Pod
from generator.reach.model import Direction
from generator.reach.packet import ICMPV6
from generator.reach.places import Mask, Place, Places
from generator.reach.program import Program
from generator.reach.rows import (
    Beginnings,
    Outcome,
    Outcomes,
    Row,
    RowRunner,
    at_place,
    intersect,
    restrict,
    subtract,
    unite,
)
from generator.reach.side_sets import ALL, NOTHING, SideSets
from generator.reach.to_service import node_port_packets
from generator.reach.ways import Ways, any_of

_UDP: Final = 17
_IPIP: Final = 4
_NEIGHBOURS: Final = TransportSet.of_icmp(ICMPV6, Intervals.of_numbers(NEIGHBOUR_TYPES))


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of all packets between two ends: those that get through, and those of which that is not known."""

    allowed: TransportSet
    unknown: TransportSet


class Pairs:
    """The pairs of one family of one snapshot; rows are worked out when they are asked for.

    `sides` may be shared by engines that differ in their policies alone.
    """

    def __init__(
        self, engine: Engine, places: Places, sides: SideSets | None = None, outcomes: Outcomes | None = None
    ) -> None:
        self.engine = engine
        self.family = places.family
        self.places = places
        self.sides = sides or SideSets(places, engine.directory)
        self._outcomes = outcomes
        self._beginnings = Beginnings(self.sides)
        self._leaving: dict[tuple[int, str], Ways] = {}
        self._arriving: dict[tuple[int, str], Ways] = {}
        environment = engine.environment
        self._failsafes: dict[tuple[Direction, bool], FailsafeRows] = {}
        self._encapsulated = NOTHING if environment.allow_ipip else TransportSet.of_protocols([_IPIP])
        if not environment.allow_vxlan:
            self._encapsulated |= TransportSet.of_ports(_UDP, None, Intervals.single(environment.vxlan_port))

    def place_of(self, end: End) -> Place:
        """Return the place of an end; KeyError where it has none in this family."""
        if end.pod is not None:
            return self.places.places[self.places.of_pod[end.pod.key]]
        if end.node:
            return self.places.places[self.places.of_node[end.node]]
        found = self.places.outside_place(end.address[1])
        if found is None:
            raise KeyError(end.name)
        return found

    def between(self, source: End, destination: End) -> Fate:
        """Return what gets from one end to the other; what a Service or a NodePort is sent is not known here.

        A pod whose node is not known may be on the node that is the other end, if it is not said to be `apart`.
        """
        outside = destination.pod is None and not destination.node
        if outside and destination.address in self.engine.inventory.fronts.by_address:
            return Fate(NOTHING, ALL)
        fate = self._between_placed(source, destination)
        if is_unplaced(source) and destination.node and not source.apart:
            fate = _either(fate, self._between_placed(replace(source, node=destination.node), destination))
        if source.node and is_unplaced(destination) and not destination.apart:
            fate = _either(fate, self._between_placed(source, replace(destination, node=source.node)))
        if destination.is_host:
            sent_on = node_port_packets(self.engine)
            fate = Fate(fate.allowed - sent_on, fate.unknown | sent_on)
        return fate

    def _between_placed(self, source: End, destination: End) -> Fate:
        local = bool(source.node) and source.node == destination.node
        if local and source.is_host and destination.pod is not None:
            return Fate(ALL, NOTHING)
        first, second = self.place_of(source), self.place_of(destination)
        way = "away"
        if local and source.pod is not None and destination.is_host:
            way = "to own host"
        elif local and source.is_host:
            way = "within host"
        elif local:
            way = "local"
        fate = self.between_places(first, second, source.node, destination.node, way)
        if way == "to own host" and self.family == 6:
            return Fate(fate.allowed | _NEIGHBOURS, fate.unknown - _NEIGHBOURS)
        return fate

    def between_places(
        self, source: Place, destination: Place, source_node: str, destination_node: str, way: str
    ) -> Fate:
        """Return what gets from one place to another on a way: away, local, to own host, within host."""
        leaving = self.leaving(source, source_node, way)
        arriving = self.arriving(destination, destination_node, way)
        may = at_place(leaving.may, destination.number) & at_place(arriving.may, source.number)
        may_not = at_place(leaving.may_not, destination.number) | at_place(arriving.may_not, source.number)
        return Fate(may - may_not, may & may_not)

    def between_pods(self, source: Place, destination: Place) -> Fate:
        """Return what gets from one place of pods to another, where host endpoints have a say on some node.

        A pod whose node is not known may be on that of the other.
        """
        if source.node and source.node == destination.node:
            return self.between_places(source, destination, source.node, source.node, "local")
        fate = self.between_places(source, destination, source.node, destination.node, "away")
        for placed, other in ((source, destination), (destination, source)):
            if placed.node and other.is_unplaced:
                near = self.between_places(source, destination, placed.node, placed.node, "local")
                fate = _either(fate, near)
        return fate

    def to_own_node(self, place: Place, node: str) -> Fate:
        """Return what gets from a place's pods on a node to that node; NodePorts, which send it on, are left out."""
        host = self.places.places[self.places.of_node[node]]
        same = not self.engine.stages_on(node)  # then it leaves the pod as what goes elsewhere does
        leaving = self.leaving(place, place.node, "away") if same else self.leaving(place, node, "to own host")
        arriving = self.arriving(host, node, "to own host")
        may = at_place(leaving.may, host.number) & at_place(arriving.may, place.number)
        may_not = at_place(leaving.may_not, host.number) | at_place(arriving.may_not, place.number)
        free = _NEIGHBOURS if self.family == 6 else NOTHING
        sent_on = node_port_packets(self.engine)
        return Fate(((may - may_not) | free) - sent_on, (may & may_not) - free - sent_on)

    def leaving(self, place: Place, node: str, way: str) -> Ways:
        """Return what leaves a place and the node it stands on, for each destination."""
        key = (place.number, f"{way} {node if self.engine.stages_on(node) or place.is_host else ''}")
        found = self._leaving.get(key)
        if found is None:
            found = self._leaving[key] = self._find_leaving(place, node, way)
        return found

    def arriving(self, place: Place, node: str, way: str) -> Ways:
        """Return what is let in to a place by itself and its node, for each source."""
        key = (place.number, f"{way} {node if self.engine.stages_on(node) or place.is_host else ''}")
        found = self._arriving.get(key)
        if found is None:
            found = self._find_arriving(place, node, way)
            if place.pods and way == "away":
                found = self._from_any_address(found)
            self._arriving[key] = found
        return found

    def _from_any_address(self, ways: Ways) -> Ways:
        """Return what is let in to pods from nodes, whichever of its addresses a node sends from (P7)."""
        may, may_not = ways.may, ways.may_not
        for others, hosts in self._other_addresses:
            may = unite(may, self._let_in(ways.may, others, hosts))
            may_not = unite(may_not, self._let_in(ways.may_not, others, hosts))
            if intersect(restrict(may, hosts), restrict(may_not, hosts)):
                self.sides.unsure = True
        return Ways(may, may_not)

    @staticmethod
    def _let_in(row: Row, others: Sequence[int], hosts: Mask) -> Row:
        packets = TransportSet.union(at_place(row, number) for number in others)
        return {packets: hosts} if packets else {}

    @cached_property
    def _other_addresses(self) -> list[tuple[tuple[int, ...], Mask]]:
        """The places of the further addresses that nodes have, each with the nodes that have those."""
        found: dict[tuple[int, ...], Mask] = {}
        for node, number in self.places.of_node.items():
            own = [address for kind, address in self.engine.inventory.nodes.get(node, ()) if kind == self.family][1:]
            places = [self.places.outside_place(address) for address in own]
            key = tuple(sorted({place.number for place in places if place is not None}))
            if key:
                found[key] = found.get(key, 0) | 1 << number
        return list(found.items())

    def failsafes(self, node: str, direction: Direction, *, untracked: bool = False) -> FailsafeRows:
        """Return what failsafe ports let through; untracked also the answers from those of the other direction."""
        if self.engine.has_own_failsafes(node):
            self.sides.unsure = True
            return FailsafeRows({}, self._everything(), self._everything())
        found = self._failsafes.get((direction, untracked))
        if found is None:
            ports = self.engine.environment.failsafe_inbound, self.engine.environment.failsafe_outbound
            own, other = ports if direction is Direction.INGRESS else ports[::-1]
            found = failsafe_rows(own, other if untracked else frozenset(), self.sides, self.places.all)
            self._failsafes[direction, untracked] = found
        if found.perhaps:
            self.sides.unsure = True
        return found

    def _everything(self) -> Row:
        return {ALL: self.places.all}

    def _not_known(self) -> Ways:
        self.sides.unsure = True
        return Ways(self._everything(), self._everything())

    def _wherever(self, place: Place, node: str, ways: Ways) -> Ways:
        """Return what a pod whose node is not known may send or get: host endpoints of its node may stop all of it."""
        if node or not place.is_unplaced or not self.engine.has_stages:
            return ways
        self.sides.unsure = True
        return Ways(ways.may, self._everything())

    def _runner(self, place: Place, *, is_source: bool) -> RowRunner:
        return RowRunner(self.sides, place, is_source=is_source, outcomes=self._outcomes, beginnings=self._beginnings)

    def _find_leaving(self, place: Place, node: str, way: str) -> Ways:
        return self._any_of([self._leaving_by(place, node, way, outer) for outer in self.engine.outer_hosts(node)])

    def _find_arriving(self, place: Place, node: str, way: str) -> Ways:
        return self._any_of([self._arriving_by(place, node, way, outer) for outer in self.engine.outer_hosts(node)])

    def _any_of(self, ways: Sequence[Ways]) -> Ways:
        """Return what may pass and what may be stopped where nobody knows which host endpoint governs."""
        self.sides.unsure = self.sides.unsure or len(ways) > 1
        return any_of(ways)

    def _leaving_by(self, place: Place, node: str, way: str, outer: HostInterface | None) -> Ways:
        runner = self._runner(place, is_source=True)
        if self.engine.blind_to:
            return self._not_known()
        if place.pods:
            ways = self._at_pod(runner, place.pods[0], Direction.EGRESS)
            stages = _Stages(self, runner, self._everything())
            inner = self.engine.wildcard_host(node)
            settled = stages.arrive(inner)
            if way != "to own host":
                stages.forward(inner, Direction.INGRESS, settled)
                stages.forward(inner if way == "local" else outer, Direction.EGRESS, UNSETTLED)
            return self._wherever(place, node, stages.beside(ways))
        if place.is_host:
            host = self.engine.wildcard_host(node) if way == "within host" else outer
            stages = _Stages(self, runner, self._everything())
            settled = UNSETTLED if way == "within host" else stages.leave(host)
            stages.normal(host, Direction.EGRESS, settled)
            return stages.ways
        return Ways(self._everything(), {})

    def _arriving_by(self, place: Place, node: str, way: str, outer: HostInterface | None) -> Ways:
        runner = self._runner(place, is_source=False)
        stages = _Stages(self, runner, self._everything())
        if place.pods:
            if way != "local":
                settled = stages.arrive(outer)
                stages.forward(outer, Direction.INGRESS, settled)
                stages.forward(self.engine.wildcard_host(node), Direction.EGRESS, UNSETTLED)
            ways = stages.beside(self._at_pod(runner, place.pods[0], Direction.INGRESS))
            return self._wherever(place, node, ways)
        if place.is_host:
            if way == "to own host":
                return self._to_own_host(node, stages.ways)
            host = self.engine.wildcard_host(node) if way == "within host" else outer
            settled = stages.arrive(host)
            stages.normal(host, Direction.INGRESS, settled)
            return stages.ways
        return stages.ways

    def _to_own_host(self, node: str, accepted: Ways) -> Ways:
        match self.engine.to_own_host(node)[0]:
            case True:
                return accepted
            case False:
                return Ways({}, self._everything())
            case None:
                self.sides.unsure = True
                return Ways(accepted.may, self._everything())

    def _at_pod(self, runner: RowRunner, pod: Pod, direction: Direction) -> Ways:
        live = self._everything()
        dropped: Row = {}
        if direction is Direction.EGRESS:
            live = {ALL - self._encapsulated: self.places.all}
            dropped = {self._encapsulated: self.places.all}
        program = self.engine.pod_program(pod, direction)
        if self.engine.unread(pod, program) is not None:
            self.sides.unsure = True
            return Ways(live, self._everything())
        outcome = runner.run(program, live)
        return Ways(outcome.allowed, outcome.denied, outcome.undecided, dropped)


def _either(one: Fate, other: Fate) -> Fate:
    allowed = one.allowed & other.allowed
    return Fate(allowed, (one.allowed | one.unknown | other.allowed | other.unknown) - allowed)


@dataclass(frozen=True, slots=True)
class _Settled:
    """What untracked and preDNAT rules decided: surely, so that no later stage of the interface sees it, or perhaps."""

    surely: Row
    perhaps: Row


UNSETTLED: Final = _Settled({}, {})


class _Stages:
    """The stages of host endpoints on one node, for all packets of a row at once (calico.md 2.6)."""

    def __init__(self, pairs: Pairs, runner: RowRunner, everything: Row) -> None:
        self._pairs = pairs
        self._runner = runner
        self._everything = everything
        self.ways = Ways(everything, {})
        self._had_a_say = False

    def _pass(self, allowed: Row, stopped: Row) -> None:
        self._had_a_say = True
        self.ways = self.ways.beside(Ways(allowed, stopped))

    def beside(self, ways: Ways) -> Ways:
        """Return what passes these stages and goes other ways too; where no stage had a say, that is the other ways."""
        return ways.beside(self.ways) if self._had_a_say else ways

    def _run(self, program: Program, live: Row) -> Outcome:
        return self._runner.run(program, live)

    def arrive(self, host: HostInterface | None) -> _Settled:
        """Go through untracked and preDNAT; return what they settled."""
        if host is None:
            return UNSETTLED
        programs = self._pairs.engine.host_programs(host, Direction.INGRESS)
        untracked = self._settle(programs.untracked, host, Direction.INGRESS, UNSETTLED, untracked=True)
        return self._settle(programs.pre_dnat, host, Direction.INGRESS, untracked)

    def leave(self, host: HostInterface | None) -> _Settled:
        """Go through the untracked stage of what the node sends itself; return what it settled."""
        if host is None:
            return UNSETTLED
        program = self._pairs.engine.host_programs(host, Direction.EGRESS).untracked
        return self._settle(program, host, Direction.EGRESS, UNSETTLED, untracked=True)

    def _settle(
        self, program: Program, host: HostInterface, direction: Direction, before: _Settled, *, untracked: bool = False
    ) -> _Settled:
        if not program.ops:
            return before
        failsafe = self._pairs.failsafes(host.node, direction, untracked=untracked)
        outcome = self._run(program, subtract(failsafe.rest, before.surely))
        open_ends = unite(outcome.undecided, failsafe.perhaps)
        goes_on = unite(unite(outcome.allowed, open_ends), before.perhaps)
        self._pass(subtract(self._everything, subtract(outcome.denied, goes_on)), outcome.denied)
        surely = subtract(unite(outcome.allowed, outcome.denied), open_ends)
        return _Settled(unite(before.surely, surely), unite(before.perhaps, unite(outcome.allowed, surely)))

    def forward(self, host: HostInterface | None, direction: Direction, settled: _Settled) -> None:
        """Go through the stage of what is routed; what falls out of it is left to the kernel, which accepts."""
        if host is None:
            return
        program = self._pairs.engine.host_programs(host, direction).forward
        if not program.ops:
            return
        outcome = self._run(program, subtract(self._everything, settled.surely))
        allowed = unite(unite(outcome.allowed, outcome.undecided), settled.perhaps)
        self._pass(allowed, outcome.denied)

    def normal(self, host: HostInterface | None, direction: Direction, settled: _Settled) -> None:
        """Go through what is asked of the node's own processes; failsafe ports first, at last everything is denied."""
        if host is None:
            return
        failsafe = self._pairs.failsafes(host.node, direction)
        outcome = self._run(
            self._pairs.engine.host_programs(host, direction).normal, subtract(failsafe.rest, settled.surely)
        )
        free = unite(failsafe.surely, failsafe.perhaps)
        allowed = unite(unite(outcome.allowed, settled.perhaps), free)
        self._pass(allowed, unite(outcome.denied, outcome.undecided))


def compute_pairs(engine: Engine, family: int) -> Pairs:
    """Return the pairs of one snapshot."""
    return Pairs(engine, find_places([engine], family)[0])
