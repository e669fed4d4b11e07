"""One flow of a breach, with the state of the node at each end, followed rule by rule before it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.packets.transport import TransportPacket
from generator.plan.proof.bounds import EndKey, Ends, sure
from generator.plan.proof.cluster import PlannedCluster
from generator.plan.proof.history import State
from generator.plan.proof.inclusions import Breach, Harm
from generator.reach.decision import Decision, Verdict
from generator.reach.engine import Engine
from generator.reach.flow import End, Flow, FlowVerdict, evaluate_flow
from generator.reach.flow_changes import WitnessFailed, end_at
from generator.reach.inventory import UNKNOWN_ADDRESS
from generator.reach.model import Direction
from generator.reach.places import Place
from generator.reach.rows import at_place

_TRIED = 64  # so many pairs of states are followed for one breach


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
    cluster = ends.cluster
    first = (*_pods(breach.source), *_pods(breach.destination))
    packet = breach.packets.witness()
    if next(_flows(breach, cluster.plain_engine(cluster.history.nothing_yet, first), packet), None) is None:
        return None
    if cluster.has_one_node and breach.harm is Harm.OPENED:
        return _find_on_one_node(breach, ends)
    tried = list(islice(_states(breach, ends, packet), _TRIED))
    for source_state, destination_state in tried:
        found = _replay(breach, cluster, packet, source_state, destination_state)
        if found is not None:
            return found
    for states in tried:
        if _is_doubtful(breach, ends, packet, states):
            return _unknown(breach, ends, packet, states)
    raise _failed(breach)


def _is_doubtful(breach: Breach, ends: Ends, packet: TransportPacket, states: tuple[State, State]) -> bool:
    """Tell whether it is not known what becomes of a packet at an end: then it counts against the plan unfollowed."""
    history = ends.cluster.history
    for direction, state in zip((Direction.EGRESS, Direction.INGRESS), states, strict=True):
        key = _key(breach, direction)
        other = breach.destination if direction is Direction.EGRESS else breach.source
        if key is None:
            continue
        for at in (state, history.nothing_yet, history.everything):
            ways = ends.ways(key, at)
            if all(at_place(row, other.number).contains(packet) for row in (ways.may, ways.may_not)):
                return True
    return False


def _unknown(breach: Breach, ends: Ends, packet: TransportPacket, states: tuple[State, State]) -> BreachWitness | None:
    cluster = ends.cluster
    engine = cluster.plain_engine(cluster.history.nothing_yet, (*_pods(breach.source), *_pods(breach.destination)))
    flow = next(_flows(breach, engine, packet), None)
    if flow is None:
        return None
    return BreachWitness(breach.harm, flow, Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.UNKNOWN, *states)


def _failed(breach: Breach) -> WitnessFailed:
    names = f"{breach.source.number} to {breach.destination.number}"
    return WitnessFailed(f"{breach.harm}: {names}, {breach.packets.witness()}: not so when it is followed")


def _find_on_one_node(breach: Breach, ends: Ends) -> BreachWitness | None:
    """Return a flow that one state opens at both of its ends; None where it takes two nodes to open it."""
    keys = [key for key in (_key(breach, Direction.EGRESS), _key(breach, Direction.INGRESS)) if key is not None]
    for state in ends.joint_states(keys, breach.stretch):
        packets = breach.packets
        for key in keys:
            other = breach.destination if key.direction is Direction.EGRESS else breach.source
            packets = packets & at_place(ends.ways(key, state).may, other.number)
        if packets:
            found = _replay(breach, ends.cluster, packets.witness(), state, state)
            if found is None:
                raise _failed(breach)
            return found
    return None


def _states(breach: Breach, ends: Ends, packet: TransportPacket) -> Iterator[tuple[State, State]]:
    """Yield the states of both nodes in which the sets say that it comes to harm."""
    low = breach.stretch.low
    sources = list(_states_at(breach, ends, packet, Direction.EGRESS))
    destinations = list(_states_at(breach, ends, packet, Direction.INGRESS))
    if breach.harm is not Harm.OPENED:
        yield from ((state, low) for state in sources)
        yield from ((low, state) for state in destinations)
    else:
        yield from ((first, last) for first in sources for last in destinations)


def _key(breach: Breach, direction: Direction) -> EndKey | None:
    """Return the end of a breach in a direction; None where nobody polices it."""
    egress = direction is Direction.EGRESS
    place = breach.source if egress else breach.destination
    own_host = breach.way == "to own host"
    if not (place.pods or place.is_host) or (own_host and not egress):
        return None
    return EndKey(place.number, direction, "away" if own_host and not place.node else breach.way)


def _states_at(breach: Breach, ends: Ends, packet: TransportPacket, direction: Direction) -> Iterator[State]:
    key = _key(breach, direction)
    if key is None:
        yield breach.stretch.low
        return
    other = breach.destination if direction is Direction.EGRESS else breach.source
    for state in ends.joint_states([key], breach.stretch):
        ways = ends.ways(key, state)
        if breach.harm is not Harm.OPENED:
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
        # Pods of one node are away from each other too, where no host endpoint has a say on what goes between them.
        apart = not same or not (source.is_host or destination.is_host or breach.source.node)
        if apart if breach.way == "away" else same:
            yield Flow(source, destination, packet)


def _ends(place: Place, engine: Engine, family: int) -> Iterator[End]:
    for key in _pods(place):
        pod = engine.inventory.pods.get(key)
        address = pod.address(family) if pod is not None else None
        if pod is not None and address is not None:
            yield End(key, address, pod, pod.node)


def _present(place: Place, engine: Engine, family: int) -> End | None:
    if place.is_host:
        return end_at(place, engine, family)
    taken = [number for pod in engine.inventory.pods.values() for kind, number in pod.addresses if kind == family]
    known = Intervals.of_numbers(number for number in taken if number < UNKNOWN_ADDRESS)
    free = place.outside - AddressSet.of_intervals(family, known)
    return End("", (family, free.pick(family))) if free else None


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
        elif breach.harm is Harm.MANAGEMENT:
            met = before.verdict is not Verdict.DENY and meanwhile is not Verdict.ALLOW
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
