"""The stages of host endpoints on a packet's way through one node (calico.md 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from generator.reach.decision import Decision, Reason, Stage, Verdict
from generator.reach.engine import Engine
from generator.reach.environment import Failsafe
from generator.reach.evaluate import evaluate_program, possible_outcomes
from generator.reach.failsafes import is_failsafe
from generator.reach.inventory import HostInterface
from generator.reach.model import Direction
from generator.reach.packet import Packet
from generator.reach.program import Program
from generator.reach.unknown import UnknownReason


@dataclass(slots=True)
class NodePath:
    """What was decided on one node; `settled` once an untracked or preDNAT rule decided for the interface.

    After that the interface asks nothing more: allowed packets skip its forward and normal policy, denied ones are
    gone. What the interface on the other side asks of routed packets is a question of its own.
    """

    node: str
    decisions: list[Decision]
    settled: bool = False


EarlyStage = tuple[str, Stage]  # a host endpoint by name, and its untracked or preDNAT stage
Supposed = Mapping[EarlyStage, Verdict | None]
NOTHING_SUPPOSED: Final[Supposed] = MappingProxyType({})


class HostStages:
    """Walks one packet through the host endpoints of nodes.

    After an early stage of which it is not known what it decides nothing more can be asked. `undecided` then holds what
    it may decide, and `supposed` is for a walk on which one of that is taken for granted.
    """

    def __init__(self, engine: Engine, packet: Packet, supposed: Supposed) -> None:
        self._engine = engine
        self._packet = packet
        self._supposed = supposed
        self.undecided: dict[EarlyStage, set[Verdict | None]] = {}

    def _run(
        self, program: Program, host: HostInterface, stage: Stage, undecided: Verdict | None = None
    ) -> Decision | None:
        found = evaluate_program(program, self._packet, self._engine.directory, undecided=undecided)
        return None if found is None else replace(found, endpoint=host.key, stage=stage, node=host.node)

    def _failsafe(self, host: HostInterface, direction: Direction, *, untracked: bool = False) -> bool | UnknownReason:
        """Tell whether failsafe ports of a node let it through, or why that is not known.

        Where no connection is tracked, answers from the other direction's failsafe ports are let through as well.
        """
        if self._engine.has_own_failsafes(host.node):
            return UnknownReason.NODE_SETTINGS
        other = Direction.EGRESS if direction is Direction.INGRESS else Direction.INGRESS
        transport = self._packet.transport
        found = self._is_failsafe(direction, transport.destination_port, direction)
        if found is True or not untracked:
            return found
        return self._is_failsafe(other, transport.source_port, direction) or found

    def _is_failsafe(self, ports_of: Direction, port: int, direction: Direction) -> bool | UnknownReason:
        packet = self._packet
        remote = packet.source if direction is Direction.INGRESS else packet.destination
        ranges = self._engine.inventory.pod_ranges
        return is_failsafe(self._failsafe_ports(ports_of), packet.transport.protocol, port, remote, ranges)

    def _failsafe_ports(self, direction: Direction) -> frozenset[Failsafe]:
        environment = self._engine.environment
        return environment.failsafe_inbound if direction is Direction.INGRESS else environment.failsafe_outbound

    def arrive(self, host: HostInterface | None, path: NodePath) -> None:
        """Go through the stages before routing: untracked, then preDNAT; failsafe ports pass both (2.6)."""
        if host is None:
            return
        programs = self._engine.host_programs(host, Direction.INGRESS)
        failsafe = self._failsafe(host, Direction.INGRESS, untracked=True)
        self._note(self._run_early(programs.untracked, host, Stage.UNTRACKED_INGRESS, failsafe), path)
        if not path.settled:
            failsafe = self._failsafe(host, Direction.INGRESS)
            self._note(self._run_early(programs.pre_dnat, host, Stage.PRE_DNAT, failsafe), path)

    def leave_untracked(self, host: HostInterface | None, path: NodePath) -> None:
        """Go through the untracked stage of what the node itself sends."""
        if host is None:
            return
        program = self._engine.host_programs(host, Direction.EGRESS).untracked
        failsafe = self._failsafe(host, Direction.EGRESS, untracked=True)
        self._note(self._run_early(program, host, Stage.UNTRACKED_EGRESS, failsafe), path)

    def _run_early(
        self, program: Program, host: HostInterface, stage: Stage, failsafe: bool | UnknownReason
    ) -> Decision | None:
        found = None if failsafe is True else self._run(program, host, stage)
        if found is None or (failsafe is False and found.verdict is not Verdict.UNKNOWN):
            return found
        outcomes: set[Verdict | None] = {found.verdict}
        if found.verdict is Verdict.UNKNOWN:
            outcomes = possible_outcomes(program, self._packet, self._engine.directory)
        if isinstance(failsafe, UnknownReason):  # then the stage may not be asked at all
            outcomes = {*outcomes, None}
            found = replace(found, verdict=Verdict.UNKNOWN, why=found.why or failsafe)
        key = (host.key, stage)
        if key not in self._supposed:
            self.undecided[key] = outcomes
            return found
        verdict = self._supposed[key]
        return None if verdict is None else replace(found, verdict=verdict, why=None)

    @staticmethod
    def _note(decision: Decision | None, path: NodePath) -> None:
        if decision is not None:
            path.decisions.append(decision)
            path.settled = True

    def forward(self, host: HostInterface | None, direction: Direction, path: NodePath) -> None:
        """Go through the stage of what a node routes: no profiles, and allowed where nothing is asked in any direction.

        With policies for the other direction only, this one is left to the kernel, which accepts.
        """
        if host is None or (path.settled and direction is Direction.INGRESS):
            return
        stage = Stage.FORWARD_INGRESS if direction is Direction.INGRESS else Stage.FORWARD_EGRESS
        programs = {way: self._engine.host_programs(host, way).forward for way in Direction}
        if not any(program.tiers for program in programs.values()):
            path.decisions.append(
                Decision(Verdict.ALLOW, Reason.FORWARD_DEFAULT, endpoint=host.key, stage=stage, node=host.node)
            )
            return
        decision = self._run(programs[direction], host, stage, Verdict.ALLOW)
        if decision is not None:
            path.decisions.append(decision)

    def normal(self, host: HostInterface | None, direction: Direction, path: NodePath) -> Decision | None:
        """Return what is decided for a process of the node itself; None where no host endpoint asks."""
        if host is None or path.settled:
            return None
        failsafe = self._failsafe(host, direction)
        if failsafe is True:
            return Decision(Verdict.ALLOW, Reason.FAILSAFE, endpoint=host.key, stage=Stage.NORMAL, node=host.node)
        normal = self._engine.host_programs(host, direction).normal
        found = self._run(normal, host, Stage.NORMAL, Verdict.DENY)
        if found is None:
            found = Decision(Verdict.DENY, Reason.NO_PROFILE, endpoint=host.key, stage=Stage.NORMAL, node=host.node)
        if isinstance(failsafe, UnknownReason) and found.verdict is Verdict.DENY:
            return replace(found, verdict=Verdict.UNKNOWN, why=failsafe)
        return found
