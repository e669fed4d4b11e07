"""One flow from end to end: the first packet of a connection, decided at each place on its way (calico.md 0, 2.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from generator.packets.transport import TransportPacket
from generator.reach.decision import Decision, Reason, Tried, Verdict
from generator.reach.engine import Engine
from generator.reach.evaluate import evaluate_program
from generator.reach.host_path import HostStages, NodePath
from generator.reach.inventory import Address, Pod
from generator.reach.model import Direction
from generator.reach.packet import ICMPV6, Packet
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
    node: str = ""  # of the pod or of the process; "" outside

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
    """Return the fate of a flow, both ends decided even where one of them denies."""
    walk = _Walk(engine, flow, [] if trace else None, [] if trace else None)
    source, destination = flow.source, flow.destination
    local = bool(source.node) and source.node == destination.node
    if source.is_host and local and destination.pod is not None:
        return FlowVerdict(Verdict.ALLOW, None, None, note=HOST_TO_LOCAL_POD)
    if source.pod is not None and local and destination.is_host:
        return walk.to_own_host()
    if local and source.is_host:
        return walk.within_host()
    return walk.over_nodes(local)


class _Walk:
    def __init__(
        self, engine: Engine, flow: Flow, egress_trace: list[Tried] | None, ingress_trace: list[Tried] | None
    ) -> None:
        self.engine = engine
        self.flow = flow
        self.packet = flow.packet
        self.stages = HostStages(engine, self.packet)
        self.traces = {Direction.EGRESS: egress_trace, Direction.INGRESS: ingress_trace}

    def at_pod(self, pod: Pod, direction: Direction) -> Decision:
        """Return what is decided at a pod; its profiles decide what no tier does, and at last everything is denied."""
        if direction is Direction.EGRESS and self._encapsulated():
            return Decision(Verdict.DENY, Reason.ENCAPSULATION)
        program = self.engine.pod_program(pod, direction)
        if self.engine.is_unread(pod, program):
            return Decision(Verdict.UNKNOWN, Reason.NOT_READ, why=UnknownReason.WINDOWS)
        trace = self.traces[direction]
        found = evaluate_program(program, self.packet, self.engine.directory, trace, undecided=Verdict.DENY)
        return found or Decision(Verdict.DENY, Reason.NO_PROFILE)

    def _encapsulated(self) -> bool:
        transport = self.packet.transport
        vxlan = transport.protocol == _UDP and transport.destination_port == self.engine.environment.vxlan_port
        return vxlan or transport.protocol == _IPIP

    def to_own_host(self) -> FlowVerdict:
        """A pod to its own node: the pod's egress alone, and preDNAT policy for all interfaces (2.5, 2.6)."""
        source = self.flow.source
        transport = self.packet.transport
        path = NodePath(source.node, [])
        if self.packet.family == 6 and transport.protocol == ICMPV6 and transport.icmp_type in NEIGHBOUR_TYPES:
            return FlowVerdict(Verdict.ALLOW, None, None, note=ICMPV6_TO_OWN_HOST)
        self.stages.arrive(self.engine.wildcard_host(source.node), path)
        egress = self.at_pod(source.pod, Direction.EGRESS) if source.pod is not None else None
        ingress = self._by_endpoint_to_host(source.node)
        return self._verdict(egress, ingress, path.decisions)

    def _by_endpoint_to_host(self, node: str) -> Decision | None:
        match self.engine.environment.to_own_host:
            case True:
                return None
            case False:
                return Decision(Verdict.DENY, Reason.TO_OWN_HOST, node=node)
            case None:
                return Decision(Verdict.UNKNOWN, Reason.TO_OWN_HOST, node=node, why=UnknownReason.HOST_INPUT)

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
            host = self.engine.outer_host(destination.node)
            self.stages.arrive(host, path)
            ingress = self.stages.normal(host, Direction.INGRESS, path)
        return self._verdict(egress, ingress, decisions)

    def _leave(self, local: bool, decisions: list[Decision]) -> Decision | None:
        source = self.flow.source
        path = NodePath(source.node, decisions)
        if source.pod is not None:
            inner = self.engine.wildcard_host(source.node)
            outer = inner if local else self.engine.outer_host(source.node)
            self.stages.arrive(inner, path)
            self.stages.forward(inner, Direction.INGRESS, path)
            self.stages.forward(outer, Direction.EGRESS, path)
            return self.at_pod(source.pod, Direction.EGRESS)
        if source.is_host:
            outer = self.engine.outer_host(source.node)
            self.stages.leave_untracked(outer, path)
            return self.stages.normal(outer, Direction.EGRESS, path)
        return None

    def _arrive_routed(self, node: str, decisions: list[Decision]) -> None:
        path = NodePath(node, decisions)
        outer = self.engine.outer_host(node)
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
