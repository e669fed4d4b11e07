"""One flow from end to end: the first packet of a connection, decided at each place on its way (calico.md 0, 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from generator.packets.addresses import format_address
from generator.packets.transport import TransportPacket
from generator.reach.decision import Decision, Reason, Tried, Verdict
from generator.reach.engine import Engine
from generator.reach.evaluate import evaluate_program
from generator.reach.host_path import NOTHING_SUPPOSED, HostStages, NodePath, Supposed
from generator.reach.inventory import Address, HostInterface, Pod
from generator.reach.model import Direction
from generator.reach.packet import ICMPV6, Packet
from generator.reach.to_service import behind_host_port, find_front, possible_flows
from generator.reach.unknown import UnknownReason

NEIGHBOUR_TYPES: Final = frozenset({130, 131, 132, 133, 135, 136})  # always allowed from a pod to its node (2.5)
_IPIP: Final = 4
_UDP: Final = 17
HOST_TO_LOCAL_POD: Final = "host-to-local-pod"
ICMPV6_TO_OWN_HOST: Final = "icmpv6-to-own-host"


@dataclass(frozen=True, slots=True)
class End:
    """One end of a flow: a pod, a process of a node, or a machine outside (neither set)."""

    name: str
    address: Address
    pod: Pod | None = None
    node: str = ""  # of the pod or of the process; "" outside, and where the pod's node is not known
    apart: bool = False  # of a pod whose node is not known: surely not the node that is the other end

    @property
    def is_host(self) -> bool:
        """Tell whether this is a process on a node's own network."""
        return self.pod is None and bool(self.node)


@dataclass(frozen=True, slots=True)
class Flow:
    """A concrete packet between two ends."""

    source: End
    destination: End
    transport: TransportPacket

    @property
    def packet(self) -> Packet:
        """Return the packet as every place on the way sees it."""
        return Packet(self.source.address[0], self.source.address, self.destination.address, self.transport)


@dataclass(frozen=True, slots=True)
class FlowVerdict:
    """The fate of a flow; `egress` and `ingress` are None where nobody polices that end."""

    verdict: Verdict
    egress: Decision | None
    ingress: Decision | None
    host: tuple[Decision, ...] = ()
    note: str = ""
    reasons: tuple[UnknownReason, ...] = ()  # of an unknown verdict that no single decision explains
    egress_trace: tuple[Tried, ...] = field(default=(), compare=False)
    ingress_trace: tuple[Tried, ...] = field(default=(), compare=False)

    @property
    def unknown(self) -> tuple[UnknownReason, ...]:
        """Return why the verdict is unknown, at least one reason where it is and none where it is not."""
        if self.verdict is not Verdict.UNKNOWN:
            return ()
        decisions = (item for item in (self.egress, *self.host, self.ingress) if item is not None)
        return tuple(dict.fromkeys((*self.reasons, *(item.why for item in decisions if item.why is not None))))


def evaluate_flow(engine: Engine, flow: Flow, *, trace: bool = False) -> FlowVerdict:
    """Return the fate of a flow, both ends decided even where one of them denies.

    A flow to a Service is judged at each pod behind it, and one of a pod whose node is not known on each node that
    makes a difference; where they do not fare alike the verdict is unknown.
    """
    front = find_front(engine, flow)
    if front is None:
        return _evaluate_at_node(engine, flow, trace)
    sent = possible_flows(engine, flow, front)
    if isinstance(sent, UnknownReason):
        return FlowVerdict(Verdict.UNKNOWN, None, None, reasons=(sent,))
    first, *others = ((_evaluate_anywhere(engine, one.flow, trace), one) for one in sent)
    found = replace(first[0], note=f"the Service {front.key} sends it on to {_backend_name(first[1].flow)}")
    reasons = [one.reason for verdict, one in others if verdict.verdict is not found.verdict]
    if not reasons:
        return found
    return replace(found, verdict=Verdict.UNKNOWN, reasons=tuple(dict.fromkeys((*found.unknown, *reasons))))


def _evaluate_at_node(engine: Engine, flow: Flow, trace: bool) -> FlowVerdict:
    """Return the fate of a flow, also where it is to a port of a node that a pod there may take for itself."""
    found = _evaluate_anywhere(engine, flow, trace)
    others = behind_host_port(engine, flow)
    if not others:
        return found
    same = all(_evaluate_anywhere(engine, other, False).verdict is found.verdict for other in others)
    if same and not engine.polices_before_translation:
        return found
    return replace(found, verdict=Verdict.UNKNOWN, reasons=(*found.reasons, UnknownReason.HOST_PORT))


def _backend_name(flow: Flow) -> str:
    end = flow.destination
    return f"{end.name or format_address(*end.address)}, port {flow.transport.destination_port}"


def _evaluate_anywhere(engine: Engine, flow: Flow, trace: bool) -> FlowVerdict:
    """Return the fate of a flow wherever a pod of a partial snapshot runs (calico.md 2.5).

    It may run on the very node that is the other end, or on one whose host endpoints police what is routed.
    """
    found = _evaluate_from_node(engine, flow, trace)
    if not any(is_unplaced(end) for end in (flow.source, flow.destination)):
        return found
    together = _on_one_node(flow)
    other = found if together is None else _evaluate_from_node(engine, together, False)
    staged = found.verdict is Verdict.ALLOW and engine.has_stages
    if other.verdict is found.verdict and not staged:
        return found
    return replace(found, verdict=Verdict.UNKNOWN, reasons=(*found.reasons, UnknownReason.POD_NODE))


def _evaluate_from_node(engine: Engine, flow: Flow, trace: bool) -> FlowVerdict:
    """Return the fate of a flow whichever of its addresses a node sends from: its own, or that of a tunnel (P7)."""
    found = _evaluate_placed(engine, flow, trace)
    source = flow.source
    if not source.is_host or flow.destination.pod is None:
        return found
    for address in engine.inventory.nodes.get(source.node, ()):
        if address[0] == source.address[0] and address != source.address:
            other = _evaluate_placed(engine, replace(flow, source=replace(source, address=address)), False)
            if other.verdict is not found.verdict:
                reasons = (*found.reasons, UnknownReason.HOST_SOURCE)
                return replace(found, verdict=Verdict.UNKNOWN, reasons=reasons)
    return found


def is_unplaced(end: End) -> bool:
    """Tell whether an end is a pod whose node is not known."""
    return end.pod is not None and not end.node


def _on_one_node(flow: Flow) -> Flow | None:
    """Return the flow with the pod on the node that its other end is or is on; None where it cannot be there."""
    source, destination = flow.source, flow.destination
    if source.node and is_unplaced(destination) and not destination.apart:
        return replace(flow, destination=replace(destination, node=source.node))
    if destination.node and is_unplaced(source) and not source.apart:
        return replace(flow, source=replace(source, node=destination.node))
    return None


Outer = Mapping[str, HostInterface | None]  # by node: what governs its outer interface


def _evaluate_placed(engine: Engine, flow: Flow, trace: bool) -> FlowVerdict:
    """Return the fate of a flow between two places, whichever interface carries what their nodes exchange (2.6)."""
    nodes = {node: engine.outer_hosts(node) for node in (flow.source.node, flow.destination.node)}
    outers = [dict(zip(nodes, hosts, strict=True)) for hosts in product(*nodes.values())]
    ways = [_evaluate_staged(engine, flow, trace, outer) for outer in outers]
    if len({way.verdict for way in ways}) == 1:
        return ways[0]
    reasons = dict.fromkeys((*(why for way in ways for why in way.unknown), UnknownReason.NODE_INTERFACE))
    shown = next(way for way in ways if way.verdict is not Verdict.ALLOW)  # what may stop it
    return replace(shown, verdict=Verdict.UNKNOWN, reasons=tuple(reasons))


def _evaluate_staged(
    engine: Engine, flow: Flow, trace: bool, outer: Outer, supposed: Supposed = NOTHING_SUPPOSED
) -> FlowVerdict:
    """Return the fate of a flow under these host endpoints; all that a stage which is not known may decide is tried."""
    walk = _Walk(engine, flow, trace, outer, supposed)
    found = _follow(engine, flow, walk)
    if found.verdict is not Verdict.UNKNOWN or not walk.stages.undecided:
        return found
    stage, outcomes = next(iter(walk.stages.undecided.items()))
    ways = {one: _evaluate_staged(engine, flow, trace, outer, {**supposed, stage: one}) for one in outcomes}
    if len({way.verdict for way in ways.values()}) > 1:
        return found
    return ways.get(None, found)  # it ends alike in all, and this one has been through the stages behind


def _follow(engine: Engine, flow: Flow, walk: _Walk) -> FlowVerdict:
    source, destination = flow.source, flow.destination
    local = bool(source.node) and source.node == destination.node
    if source.is_host and local and destination.pod is not None:
        return FlowVerdict(Verdict.ALLOW, None, None, note=HOST_TO_LOCAL_POD)
    to_own_host = source.pod is not None and local and destination.is_host
    if to_own_host and walk.is_neighbour_discovery:
        return FlowVerdict(Verdict.ALLOW, None, None, note=ICMPV6_TO_OWN_HOST)
    if engine.blind_to:
        reason = UnknownReason.UNDECODABLE if engine.undecodable else UnknownReason.UNREAD
        return FlowVerdict(Verdict.UNKNOWN, None, None, reasons=(reason,))
    if to_own_host:
        return walk.to_own_host()
    if local and source.is_host:
        return walk.within_host()
    return walk.over_nodes(local)


class _Walk:
    def __init__(self, engine: Engine, flow: Flow, trace: bool, outer: Outer, supposed: Supposed) -> None:
        self.engine = engine
        self.flow = flow
        self.packet = flow.packet
        self.outer = outer
        self.stages = HostStages(engine, self.packet, supposed)
        self.traces: dict[Direction, list[Tried] | None] = {way: [] if trace else None for way in Direction}

    def at_pod(self, pod: Pod, direction: Direction) -> Decision:
        """Return what is decided at a pod; its profiles decide what no tier does, and at last everything is denied."""
        if direction is Direction.EGRESS and self._encapsulated():
            return Decision(Verdict.DENY, Reason.ENCAPSULATION)
        program = self.engine.pod_program(pod, direction)
        why = self.engine.unread(pod, program)
        if why is not None:
            return Decision(Verdict.UNKNOWN, Reason.NOT_READ, why=why)
        trace = self.traces[direction]
        found = evaluate_program(program, self.packet, self.engine.directory, trace, undecided=Verdict.DENY)
        return found or Decision(Verdict.DENY, Reason.NO_PROFILE)

    def _encapsulated(self) -> bool:
        transport = self.packet.transport
        environment = self.engine.environment
        if transport.protocol == _IPIP:
            return not environment.allow_ipip
        to_port = transport.protocol == _UDP and transport.destination_port == environment.vxlan_port
        return to_port and not environment.allow_vxlan

    @property
    def is_neighbour_discovery(self) -> bool:
        """Tell whether this is what a pod may always send to its node."""
        transport = self.packet.transport
        return self.packet.family == 6 and transport.protocol == ICMPV6 and transport.icmp_type in NEIGHBOUR_TYPES

    def to_own_host(self) -> FlowVerdict:
        """A pod to its own node: the pod's egress alone, and preDNAT policy for all interfaces (2.5, 2.6)."""
        source = self.flow.source
        path = NodePath(source.node, [])
        self.stages.arrive(self.engine.wildcard_host(source.node), path)
        egress = self.at_pod(source.pod, Direction.EGRESS) if source.pod is not None else None
        ingress = self._by_endpoint_to_host(source.node)
        return self._verdict(egress, ingress, path.decisions)

    def _by_endpoint_to_host(self, node: str) -> Decision | None:
        accepts, why = self.engine.to_own_host(node)
        match accepts:
            case True:
                return None
            case False:
                return Decision(Verdict.DENY, Reason.TO_OWN_HOST, node=node)
            case None:
                return Decision(Verdict.UNKNOWN, Reason.TO_OWN_HOST, node=node, why=why)

    def within_host(self) -> FlowVerdict:
        """A node to itself goes over its loopback, which only an endpoint for all interfaces governs."""
        node = self.flow.source.node
        host = self.engine.wildcard_host(node)
        path = NodePath(node, [])
        egress = self.stages.normal(host, Direction.EGRESS, path)
        self.stages.arrive(host, path)
        ingress = self.stages.normal(host, Direction.INGRESS, path)
        return self._verdict(egress, ingress, path.decisions)

    def over_nodes(self, local: bool) -> FlowVerdict:
        """From end to end; `local`: between two pods of one node, never over its outer interface."""
        destination = self.flow.destination
        decisions: list[Decision] = []
        egress = self._leave(local, decisions)
        ingress: Decision | None = None
        if destination.pod is not None:
            if not local:
                self._arrive_routed(destination.node, decisions)
            ingress = self.at_pod(destination.pod, Direction.INGRESS)
        elif destination.is_host:
            path = NodePath(destination.node, decisions)
            host = self.outer[destination.node]
            self.stages.arrive(host, path)
            ingress = self.stages.normal(host, Direction.INGRESS, path)
        return self._verdict(egress, ingress, decisions)

    def _leave(self, local: bool, decisions: list[Decision]) -> Decision | None:
        source = self.flow.source
        path = NodePath(source.node, decisions)
        if source.pod is not None:
            inner = self.engine.wildcard_host(source.node)
            outer = inner if local else self.outer[source.node]
            self.stages.arrive(inner, path)
            self.stages.forward(inner, Direction.INGRESS, path)
            self.stages.forward(outer, Direction.EGRESS, path)
            return self.at_pod(source.pod, Direction.EGRESS)
        if source.is_host:
            outer = self.outer[source.node]
            self.stages.leave_untracked(outer, path)
            return self.stages.normal(outer, Direction.EGRESS, path)
        return None

    def _arrive_routed(self, node: str, decisions: list[Decision]) -> None:
        path = NodePath(node, decisions)
        outer = self.outer[node]
        self.stages.arrive(outer, path)
        self.stages.forward(outer, Direction.INGRESS, path)
        self.stages.forward(self.engine.wildcard_host(node), Direction.EGRESS, path)

    def _verdict(self, egress: Decision | None, ingress: Decision | None, host: list[Decision]) -> FlowVerdict:
        decided = [decision for decision in (egress, ingress, *host) if decision is not None]
        verdicts = {decision.verdict for decision in decided}
        verdict = Verdict.ALLOW
        if Verdict.DENY in verdicts:
            verdict = Verdict.DENY
        elif Verdict.UNKNOWN in verdicts:
            verdict = Verdict.UNKNOWN
        traces = {way: tuple(found or ()) for way, found in self.traces.items()}
        return FlowVerdict(
            verdict,
            egress,
            ingress,
            tuple(host),
            egress_trace=traces[Direction.EGRESS],
            ingress_trace=traces[Direction.INGRESS],
        )
