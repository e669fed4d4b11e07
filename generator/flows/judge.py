"""Each observed flow, put to the engine in what is live and in where a plan leads.

A flow is cut where it was let through and is surely denied then. What the snapshot does not tell of now counts as
living (product.md 5): the log has seen it. What it does not tell of then is unknown, and so is a flow of which a record
tells too little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from generator.flows.deciding import what_denies
from generator.flows.ends import EndFinder, Meant, Missing
from generator.flows.model import NEVER, FlowFormat, Moment, Observations, SeenFlow, SeenPackets
from generator.flows.moments import later
from generator.flows.probes import Prober, Probes
from generator.flows.public import public_ends
from generator.flows.result import Fate, Sighting
from generator.packets.intervals import Intervals
from generator.packets.printing import describe_transport
from generator.packets.transport import ICMP, ICMPV6, PORT_PROTOCOLS, TransportPacket, TransportSet
from generator.reach.decision import Verdict
from generator.reach.engine import Engine
from generator.reach.find_places import find_places
from generator.reach.flow import End, Flow, FlowVerdict, evaluate_flow
from generator.reach.inventory import UNKNOWN_ADDRESS
from generator.reach.places import Places
from generator.snapshot.model import Snapshot

_FAMILIES = {ICMP: (4,), ICMPV6: (6,)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one flow; `flow` is the packet that was sent, and `then` its verdict where the plan leads."""

    fate: Fate
    says: str = ""  # what decides, or why nobody knows
    flow: Flow | None = None
    then: FlowVerdict | None = None


@dataclass(frozen=True, slots=True)
class JudgedFlow:
    """Flows between two workloads that fare alike, with one of them as it was judged."""

    source: str
    destination: str
    packets: str
    outcome: Outcome
    seen: tuple[Sighting, ...]


def judge_flows(found: Observations, snapshot: Snapshot, before: Engine, after: Engine) -> list[JudgedFlow]:
    """Return what becomes of all that was let through, by workload; `after` is the engine of where the plan leads.

    Sorted by fate, what is cut first, then by how often it was seen.
    """
    judge = _Judge(snapshot, before, after)
    groups: dict[tuple[str, str, str, Fate, str], tuple[Outcome, dict[FlowFormat, tuple[int, Moment]]]] = {}
    for flow in found.flows:
        if not (flow.let_through or flow.undecided):
            continue
        source, destination = judge.finder.find(flow.source), judge.finder.find(flow.destination)
        outcome = judge.judge(flow, source, destination)
        key = (source.label, destination.label, describe_seen(flow.packets), outcome.fate, outcome.says)
        _, seen = groups.setdefault(key, (outcome, {}))
        times, last = seen.get(flow.format, (0, NEVER))
        seen[flow.format] = (times + (flow.let_through or flow.undecided), later(last, flow.last))
    listed = [
        JudgedFlow(key[0], key[1], key[2], outcome, tuple(_sightings(seen))) for key, (outcome, seen) in groups.items()
    ]
    order = list(Fate)
    return sorted(
        listed,
        key=lambda item: (
            order.index(item.outcome.fate),
            -sum(one.times for one in item.seen),
            item.source,
            item.destination,
            item.packets,
            item.outcome.says,
        ),
    )


def describe_seen(packets: SeenPackets) -> str:
    """Return what was sent in words, such as `TCP 8080` or `ICMP type 8`."""
    if packets.protocol in PORT_PROTOCOLS and packets.port is not None:
        return describe_transport(TransportSet.of_ports(packets.protocol, None, Intervals.single(packets.port)))
    if packets.icmp is not None:
        kind, code = packets.icmp
        return describe_transport(TransportSet.of_packet(TransportPacket(packets.protocol, 0, 0, kind, code)))
    return describe_transport(TransportSet.of_protocols([packets.protocol]))


def _sightings(seen: dict[FlowFormat, tuple[int, Moment]]) -> Iterator[Sighting]:
    for format in FlowFormat:
        if format in seen:
            times, last = seen[format]
            yield Sighting(format, times, last.text)


class _Judge:
    def __init__(self, snapshot: Snapshot, before: Engine, after: Engine) -> None:
        self.finder = EndFinder(before, snapshot)
        self._before = before
        self._after = after
        self._prober = Prober([before, after])
        self._places: dict[int, Places] = {}
        self._publics: dict[int, tuple[End, ...]] = {}
        self._fates: dict[tuple[object, ...], Outcome] = {}

    def judge(self, flow: SeenFlow, source: Meant, destination: Meant) -> Outcome:
        """Return what becomes of one flow."""
        if not flow.let_through:
            return _unknown(Missing.UNDECIDED)
        probes = self._prober.probe(flow.packets)
        if isinstance(probes, Missing):
            return _unknown(probes)
        missing = [(side, end.missing) for side, end in (("source", source), ("destination", destination))]
        named = [(side, why) for side, why in missing if why is not None]
        if not named:
            return self._between(source, destination, flow, probes)
        side, why = named[0]
        if len(named) > 1 or why is not Missing.PUBLIC:
            return _unknown(why, side)
        if side == "source":
            return self._public(self._any_public(source), destination, flow, probes, side)
        return self._public(source, self._any_public(destination), flow, probes, side)

    def _any_public(self, end: Meant) -> Meant:
        return Meant(end.label, tuple(one for family in (4, 6) for one in self._public_ends(family)))

    def _public_ends(self, family: int) -> tuple[End, ...]:
        found = self._publics.get(family)
        if found is None:
            found = self._publics[family] = public_ends(self._before, self._places_of(family))
        return found

    def _public(self, source: Meant, destination: Meant, flow: SeenFlow, probes: Probes, side: str) -> Outcome:
        """Judge a flow with any public address: what becomes of all of them alike became of the one that it was."""
        found = self._between(source, destination, flow, probes)
        if found.fate is Fate.UNKNOWN:
            return _unknown(Missing.PUBLIC, side)
        return replace(found, flow=None)  # no packet of it was the one that was sent

    def _between(self, source: Meant, destination: Meant, flow: SeenFlow, probes: Probes) -> Outcome:
        families = _FAMILIES.get(flow.packets.protocol, (4, 6))
        found = [
            (family, self._of_family(source, destination, family, probes))
            for family in families
            if all(any(item.address[0] == family for item in end.ends) for end in (source, destination))
        ]
        if not found:
            return _unknown(Missing.NO_COMMON_FAMILY)
        return _alike([outcome for _, outcome in found], Missing.FAMILY)

    def _of_family(self, source: Meant, destination: Meant, family: int, probes: Probes) -> Outcome:
        """Judge every pair that the two ends may mean; those that nothing tells apart are judged once."""
        sides = [self._distinct(end.ends, family) for end in (source, destination)]
        every = [(one, other) for one in sides[0] for other in sides[1]]
        pairs = [pair for pair in every if not _is_one_pod(*pair)] or every
        outcomes: dict[tuple[object, ...], Outcome] = {}
        for one, other in pairs:
            key = self._key(one, other, family, probes)
            if key not in outcomes:
                outcomes[key] = self._cached(key, one, other, probes)
        return _alike(list(outcomes.values()), Missing.SEVERAL)

    def _distinct(self, ends: Sequence[End], family: int) -> list[End]:
        """Return the ends of a family, one of each place and node, and a second one so that two may be of one kind."""
        found: dict[tuple[object, ...], list[End]] = {}
        for end in ends:
            if end.address[0] == family:
                alike = found.setdefault((self._place_of(end, family), end.node), [])
                if len(alike) < 2:
                    alike.append(end)
        return [end for alike in found.values() for end in alike]

    def _key(self, source: End, destination: End, family: int, probes: Probes) -> tuple[object, ...]:
        places = (self._place_of(source, family), self._place_of(destination, family))
        together = bool(source.node) and source.node == destination.node
        return (family, *places, together, _is_one_pod(source, destination), probes.packets)

    def _place_of(self, end: End, family: int) -> object:
        """Return what ends share that no rule of either state tells apart; the end itself where that is not known."""
        places = self._places_of(family)
        if end.pod is not None:
            return places.of_pod.get(end.pod.key, end.name)
        if end.is_host or end.address[1] >= UNKNOWN_ADDRESS:
            return end.name
        place = places.outside_place(end.address[1])
        return place.number if place is not None else end.address

    def _places_of(self, family: int) -> Places:
        found = self._places.get(family)
        if found is None:
            found = self._places[family] = find_places([self._before, self._after], family)[0]
        return found

    def _cached(self, key: tuple[object, ...], source: End, destination: End, probes: Probes) -> Outcome:
        found = self._fates.get(key)
        if found is None:
            sent = [self._send(Flow(source, destination, packet)) for packet in probes.packets]
            found = self._fates[key] = _alike(sent, probes.missing)
        return found

    def _send(self, flow: Flow) -> Outcome:
        now, then = evaluate_flow(self._before, flow), evaluate_flow(self._after, flow)
        if now.verdict is Verdict.DENY:
            return Outcome(Fate.DENIED_NOW, "", flow, then)
        match then.verdict:
            case Verdict.ALLOW:
                return Outcome(Fate.KEPT, "", flow, then)
            case Verdict.DENY:
                return Outcome(Fate.CUT, what_denies(then), flow, then)
            case Verdict.UNKNOWN:
                return Outcome(Fate.UNKNOWN, "; ".join(then.unknown), flow, then)


def _is_one_pod(one: End, other: End) -> bool:
    return one.pod is not None and other.pod is not None and one.pod.key == other.pod.key


def _alike(outcomes: Sequence[Outcome], missing: Missing) -> Outcome:
    """Return what becomes of all of them, or that nobody can say which one it was."""
    first = outcomes[0]
    if all(item.fate is first.fate for item in outcomes):
        return first
    unknown = next((item for item in outcomes if item.fate is Fate.UNKNOWN), None)
    return replace(_unknown(missing), flow=first.flow) if unknown is None else unknown


def _unknown(missing: Missing, side: str = "") -> Outcome:
    return Outcome(Fate.UNKNOWN, f"{side}: {missing}" if side else str(missing))
