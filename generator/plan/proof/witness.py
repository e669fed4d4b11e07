"""One flow of a breach, with the state of the node at each end, followed rule by rule before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

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
from generator.reach.places import Place
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


def find_witness(breach: Breach, ends: Ends) -> BreachWitness | None:
    """Return a flow of a breach; None where no two ends can be there at once, for want of two addresses.

    WitnessFailed where the flow is not what the sets say, so that nothing is claimed.
    """
    packet = breach.packets.witness()
    cluster = ends.cluster
    first = (*_pods(breach.source), *_pods(breach.destination))
    if next(_flows(breach, cluster.plain_engine(cluster.history.nothing_yet, first), packet), None) is None:
        return None
    for source_state, destination_state in _states(breach, ends, packet):
        found = _replay(breach, cluster, packet, source_state, destination_state)
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


def _pods(place: Place) -> tuple[str, ...]:
    return tuple(pod.key for pod in place.pods)


def _flows(breach: Breach, engine: Engine, packet: TransportPacket) -> Iterator[Flow]:
    """Yield flows between ends that stand for the places, in an engine in which every pod has an address."""
    first, last = (
        [_present(place, engine, breach.family)] if not place.pods else list(_ends(place, engine, breach.family))
        for place in (breach.source, breach.destination)
    )
    for source, destination in product(first, last):
        if source is None or destination is None:
            continue
        same = bool(source.node) and source.node == destination.node
        if same == (breach.way != "away") or not (source.is_host or destination.is_host or same):
            yield Flow(source, destination, packet)


def _ends(place: Place, engine: Engine, family: int) -> Iterator[End]:
    for key in _pods(place):
        pod = engine.inventory.pods.get(key)
        address = pod.address(family) if pod is not None else None
        if pod is not None and address is not None:
            yield End(key, address, pod, pod.node)


def _present(place: Place, engine: Engine, family: int) -> End | None:
    return end_at(place, engine, family)


def _replay(
    breach: Breach, cluster: PlannedCluster, packet: TransportPacket, source_state: State, destination_state: State
) -> BreachWitness | None:
    history = cluster.history
    first = (*_pods(breach.source), *_pods(breach.destination))
    states = (history.nothing_yet, history.everything, source_state, destination_state)
    engines = [cluster.plain_engine(state, first) for state in states]
    for flow in islice(_flows(breach, engines[0], packet), 1):
        before, after, source, destination = (evaluate_flow(engine, flow) for engine in engines)
        meanwhile = _mixed(flow, source, destination)
        if breach.harm is Harm.CUT:
            met = Verdict.DENY not in (before.verdict, after.verdict) and meanwhile is not Verdict.ALLOW
        else:
            met = Verdict.ALLOW not in (before.verdict, after.verdict) and meanwhile is not Verdict.DENY
        if met:
            return BreachWitness(
                breach.harm, flow, before.verdict, after.verdict, meanwhile, source_state, destination_state
            )
    return None


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
