"""One flow of a breach, with the state of the node at each end, followed rule by rule before it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from generator.packets.transport import TransportPacket
from generator.plan.proof.bounds import EndKey, Ends, sure
from generator.plan.proof.cluster import PlannedCluster
from generator.plan.proof.history import State
from generator.plan.proof.inclusions import Breach, Harm
from generator.reach.decision import Decision, Verdict
from generator.reach.engine import Engine
from generator.reach.flow import End, Flow, FlowVerdict, evaluate_flow
from generator.reach.flow_changes import WitnessFailed, end_at
from generator.reach.model import Direction
from generator.reach.rows import at_place


@dataclass(frozen=True, slots=True)
class BreachWitness:
    """A flow that a plan would cut or open; the states say which writes the node of each end has."""

    harm: Harm
    flow: Flow
    before: Verdict
    after: Verdict
    meanwhile: Verdict
    source_state: State
    destination_state: State


def find_witness(breach: Breach, ends: Ends) -> BreachWitness:
    """Return a flow of a breach; WitnessFailed where none is what the sets say, so that nothing is claimed."""
    packet = breach.packets.witness()
    cluster = ends.cluster
    for source_state, destination_state in _states(breach, ends, packet):
        for flow in _flows(breach, cluster, packet):
            found = _replay(breach, cluster, flow, source_state, destination_state)
            if found is not None:
                return found
    names = f"{breach.source.number} to {breach.destination.number}"
    raise WitnessFailed(f"{breach.harm}: {names}, {packet}: not so when it is followed")


def _states(breach: Breach, ends: Ends, packet: TransportPacket) -> Iterator[tuple[State, State]]:
    """Yield the states of both nodes in which the sets say that it comes to harm."""
    low = breach.stretch.low
    sources = list(_states_at(breach, ends, packet, Direction.EGRESS))
    destinations = list(_states_at(breach, ends, packet, Direction.INGRESS))
    if breach.harm is Harm.CUT:
        yield from ((state, low) for state in sources)
        yield from ((low, state) for state in destinations)
    else:
        yield from ((first, last) for first in sources for last in destinations)


def _states_at(breach: Breach, ends: Ends, packet: TransportPacket, direction: Direction) -> Iterator[State]:
    egress = direction is Direction.EGRESS
    place, other = (breach.source, breach.destination) if egress else (breach.destination, breach.source)
    if not place.pods and not place.is_host:
        yield breach.stretch.low
        return
    if breach.way == "to own host" and not egress:
        yield breach.stretch.low
        return
    way = breach.way if breach.way != "to own host" or place.node else "away"
    key = EndKey(place.number, direction, way)
    for state in ends.all_states(key, breach.stretch):
        ways = ends.ways(key, state)
        if breach.harm is Harm.CUT:
            if not at_place(sure(ways), other.number).contains(packet):
                yield state
        elif at_place(ways.may, other.number).contains(packet):
            yield state


def _flows(breach: Breach, cluster: PlannedCluster, packet: TransportPacket) -> Iterator[Flow]:
    engine = cluster.union
    family = breach.family
    if breach.way != "away":
        for pod in breach.source.pods:
            address = pod.address(family)
            last = end_at(breach.destination, engine, family)
            if address is not None and last is not None and pod.node == last.node:
                yield Flow(End(pod.key, address, pod, pod.node), last, packet)
        return
    first = end_at(breach.source, engine, family, not_on=breach.destination.node if breach.destination.is_host else "")
    last = end_at(breach.destination, engine, family, not_on=breach.source.node if breach.source.is_host else "")
    if first is not None and last is not None:
        yield Flow(first, last, packet)


def _replay(
    breach: Breach, cluster: PlannedCluster, flow: Flow, source_state: State, destination_state: State
) -> BreachWitness | None:
    history = cluster.history
    before, after = (
        evaluate_flow(_engine(cluster, state), flow).verdict for state in (history.nothing_yet, history.everything)
    )
    meanwhile = _mixed(
        flow,
        evaluate_flow(_engine(cluster, source_state), flow),
        evaluate_flow(_engine(cluster, destination_state), flow),
    )
    cut = breach.harm is Harm.CUT
    if cut:
        met = Verdict.DENY not in (before, after) and meanwhile is not Verdict.ALLOW
    else:
        met = Verdict.ALLOW not in (before, after) and meanwhile is not Verdict.DENY
    if not met:
        return None
    return BreachWitness(breach.harm, flow, before, after, meanwhile, source_state, destination_state)


def _engine(cluster: PlannedCluster, state: State) -> Engine:
    """Return an engine read anew from the objects of a state, which shares nothing with the sets."""
    return Engine(cluster.history.snapshot_at(cluster.snapshot, state), cluster.environment)


def _mixed(flow: Flow, source: FlowVerdict, destination: FlowVerdict) -> Verdict:
    """Return the fate of a flow whose two nodes are in different states."""
    decisions: list[Decision] = [
        *_of(source.egress),
        *_of(destination.ingress),
        *(item for item in source.host if item.node == flow.source.node),
        *(item for item in destination.host if item.node == flow.destination.node != flow.source.node),
    ]
    verdicts = {item.verdict for item in decisions}
    if Verdict.DENY in verdicts:
        return Verdict.DENY
    return Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.ALLOW


def _of(decision: Decision | None) -> Sequence[Decision]:
    return () if decision is None else (decision,)


def first_of_each(breaches: Iterable[Breach]) -> list[Breach]:
    """Return one breach for each stretch and harm: the first found, for one is enough to refuse."""
    found: dict[tuple[object, ...], Breach] = {}
    for breach in breaches:
        found.setdefault((breach.stretch.low, breach.stretch.high, breach.harm), breach)
    return list(found.values())
