"""One round: what is written, what Felix does with packets, and what the engine says of the same packets."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from generator.calico.manifest import write_manifest
from generator.calico.versions import parse_version
from generator.packets.transport import TransportPacket
from generator.reach import flow as flow_door
from generator.reach import pairs as pairs_door
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow import End, Flow, FlowVerdict
from generator.snapshot.model import Snapshot
from tests.dataplane.drawn import SOURCES, Manifest, is_calico
from tests.dataplane.pods import PORTS, Place
from tests.dataplane.shop import VERSION
from tests.testbed.client import Client
from tests.testbed.dataplane.cluster import API_VERSION
from tests.testbed.dataplane.probes import Probe, answered

ENVIRONMENT: Final = Environment(version=parse_version(VERSION))
_FAMILY: Final = 4
_PATIENT: Final = (0.8, 1.5)  # seconds of quiet, when an answer is not what was expected
_TIERS_FIRST: Final = ("Tier", "GlobalNetworkSet", "NetworkSet")


@dataclass(frozen=True)
class Asked:
    """A flow that is asked of both."""

    source: Place
    target: Place
    probe: Probe

    @property
    def packet(self) -> TransportPacket:
        """Return the packet above the addresses."""
        return TransportPacket(self.probe.protocol, self.probe.source_port, self.probe.port)

    def __str__(self) -> str:
        return f"{self.source.name} -> {self.target.name} {self.packet}"


class Asking:
    """Makes the flows between places; each leaves from a port that its place has not used before."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._used = {place.name: itertools.count() for place in places}

    def flows(self) -> list[Asked]:
        """Return the flows of a round: from each place to each other, but not between nodes."""
        return [
            self._ask(source, target, protocol, port)
            for source, target in itertools.permutations(self._places, 2)
            for protocol, port in PORTS
            if not (source.is_host and target.is_host)
        ]

    def again(self, asked: Asked) -> Asked:
        """Return a flow once more, from another port of the same half."""
        half = next(number for number, (low, high) in enumerate(SOURCES) if low <= asked.probe.source_port <= high)
        return self._ask(asked.source, asked.target, asked.probe.protocol, asked.probe.port, half)

    def _ask(self, source: Place, target: Place, protocol: int, port: int, half: int | None = None) -> Asked:
        number = next(self._used[source.name])
        low, high = SOURCES[number % len(SOURCES) if half is None else half]
        assert low + number <= high, "all source ports are used"
        return Asked(source, target, Probe(source.namespace, low + number, target.address, port, protocol))


class Judge:
    """The engine over one snapshot, asked through the door of one flow and that of the pairs' packet sets."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.engine = Engine(snapshot, ENVIRONMENT)
        self._ends: dict[str, End] = {}
        self._pairs = pairs_door.compute_pairs(self.engine, _FAMILY)

    def flow_of(self, asked: Asked) -> Flow:
        """Return the flow as the engine knows it."""
        ends = (self._end(asked.source.name), self._end(asked.target.name))
        return Flow(*ends, asked.packet)

    def _end(self, name: str) -> End:
        if name not in self._ends:
            self._ends[name] = resolve_end(self.engine, name, _FAMILY)
        return self._ends[name]

    def verdict(self, asked: Asked, *, trace: bool = False) -> FlowVerdict:
        """Return the fate of a flow."""
        return flow_door.evaluate_flow(self.engine, self.flow_of(asked), trace=trace)

    def in_pairs(self, asked: Asked) -> str:
        """Return the same as the pairs' packet sets have it."""
        flow = self.flow_of(asked)
        fate = self._pairs.between(flow.source, flow.destination)
        if fate.unknown.contains(flow.transport):
            return "unknown"
        return "allow" if fate.allowed.contains(flow.transport) else "deny"

    def says_otherwise(self, asked: Asked, answered: bool) -> bool:
        """Tell whether one of the doors says something else than the packet."""
        wanted = "allow" if answered else "deny"
        return str(self.verdict(asked).verdict) != wanted or self.in_pairs(asked) != wanted


@dataclass(frozen=True)
class Round:
    """What was read, and which flows were answered."""

    seed: int
    snapshot: Snapshot
    written: Sequence[Manifest]
    answers: Mapping[Asked, bool] = field(default_factory=dict)

    def disagreements(self) -> Iterator[Asked]:
        """Yield the flows of which the engine, as it is now, says something else than the packets did."""
        judge = Judge(self.snapshot)
        return (asked for asked, answer in self.answers.items() if judge.says_otherwise(asked, answer))

    def explain(self, asked: Asked) -> str:
        """Return all that is needed to find out who is right."""
        judge = Judge(self.snapshot)
        found = judge.verdict(asked, trace=True)
        told = [
            f"{way}: {_shown(decision)}" for way, decision in (("egress", found.egress), ("ingress", found.ingress))
        ]
        tried = [
            f"  {way} {one.tier} {one.policy.id} rule {one.rule.index}: {one.mismatch or one.rule.action}"
            for way, trace in (("egress", found.egress_trace), ("ingress", found.ingress_trace))
            for one in trace
        ]
        said = f"engine {found.verdict} {found.note}, pairs {judge.in_pairs(asked)}, answered {self.answers[asked]}"
        return "\n".join((f"seed {self.seed}: {asked}: {said}", *told, *tried))

    def world(self) -> str:
        """Return what was written, and the labels of that round."""
        pods = Judge(self.snapshot).engine.inventory.pods
        drawn = ("app", "pcns.team", "projectcalico.org/serviceaccount")
        rows = {name: {key: pod.labels.get(key) for key in drawn} | {"node": pod.node} for name, pod in pods.items()}
        return yaml.safe_dump_all([rows, *self.written], sort_keys=False)


def _shown(decision: Any) -> str:
    if decision is None:
        return "nobody asks"
    return f"{decision.verdict} by {decision.reason} {decision.tier} {decision.policy or ''} rule {decision.rule}"


def probe(judge: Judge, asking: Asking) -> dict[Asked, bool]:
    """Send all flows and return which were answered; what is not as expected is tried twice more, with patience."""
    flows = asking.flows()
    found = _tried(flows, 0.25)
    for quiet in _PATIENT:
        odd = [asked for asked, answer in found.items() if judge.says_otherwise(asked, answer)]
        if not odd:
            break
        for asked in odd:
            del found[asked]
        found |= _tried([asking.again(asked) for asked in odd], quiet)
    return found


def _tried(flows: Iterable[Asked], quiet: float) -> dict[Asked, bool]:
    sent = {asked: asked.probe for asked in flows}
    back = answered(sent.values(), quiet)
    return {asked: one in back for asked, one in sent.items()}


class Written:
    """What stands in the cluster of a round, as Calico's client of this release stores it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._stored: list[Manifest] = []

    def change(self, objects: Sequence[Manifest]) -> None:
        """Write a round's objects and delete what is left of the round before."""
        stored = [write_manifest(obj, API_VERSION, VERSION) if is_calico(obj) else obj for obj in objects]
        stored.sort(key=lambda obj: obj["kind"] not in _TIERS_FIRST)
        for obj in reversed(self._stored):
            self._client.delete(obj)
        for obj in stored:
            self._client.create(obj)
        self._stored = stored
