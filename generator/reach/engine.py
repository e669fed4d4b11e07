"""A snapshot, lowered once, and the lists of rules that hold at each of its endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from generator.calico.usual_policy import UsualPolicy
from generator.foundation.diagnostics import Diagnostic
from generator.packets.intervals import Intervals
from generator.packets.transport import TransportSet
from generator.reach.alike import AlikeIndex
from generator.reach.environment import Dataplane, Environment, Staged
from generator.reach.felix_settings import with_felix_settings
from generator.reach.inventory import HostInterface, Inventory, Pod, is_same_cluster, take_inventory
from generator.reach.lower import Lowered, Lowering
from generator.reach.members import Directory
from generator.reach.model import Direction, PolicyClass, PolicyView, TierView
from generator.reach.program import EMPTY, Program, build_program, policies_by_class, profile_ops
from generator.reach.promoted import promote
from generator.reach.question import Question, WithOnePod
from generator.reach.unknown import UnknownReason
from generator.snapshot.model import FELIX, Snapshot

_ON_PODS: Final = frozenset({PolicyClass.NORMAL, PolicyClass.FORWARD})
_WILDCARD: Final = "*"
_TO_HOST: Final = "defaultEndpointToHostAction"
_FAILSAFES: Final = frozenset({"failsafeInboundHostPorts", "failsafeOutboundHostPorts"})
_OF_HOSTS: Final = _FAILSAFES | {_TO_HOST}  # not of pods' policy
_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class HostPrograms:
    """What a host endpoint asks in one direction, place by place (calico.md 2.6)."""

    normal: Program
    forward: Program
    pre_dnat: Program
    untracked: Program


class Engine:
    """Answers for one snapshot; everything is worked out on first use and kept."""

    def __init__(
        self, snapshot: Snapshot, environment: Environment | None = None, *, like: Engine | None = None
    ) -> None:
        """Read a snapshot; `like` is an engine over another state of the same cluster, with which work is shared."""
        environment = with_felix_settings(environment or Environment(), snapshot.extra.get(FELIX, {}))
        like = like if like is not None and like.environment == environment else None
        inventory = take_inventory(snapshot, environment.pod_ranges)
        promotes = environment.staged is Staged.ENFORCED
        lowering = Lowering(
            promote(snapshot.policies, environment.version) if promotes else snapshot.policies,
            environment.version,
            as_stored=environment.loaded_as_stored,
            dataplane=environment.dataplane or Dataplane.IPTABLES,
            like=like.lowered if like is not None else None,
        )
        known = like.directory if like is not None and is_same_cluster(like.inventory, inventory) else None
        self._begin(environment, inventory, known or Directory(inventory), lowering)

    @classmethod
    def of_parts(cls, environment: Environment, inventory: Inventory, directory: Directory, lowered: Lowered) -> Engine:
        """Return an engine over what has been read and lowered already."""
        engine = cls.__new__(cls)
        engine._begin(environment, inventory, directory, lowered)
        return engine

    def _begin(
        self, environment: Environment, inventory: Inventory, directory: Directory, lowered: Lowered | Lowering
    ) -> None:
        self.environment = environment
        self.inventory = inventory
        self.directory = directory
        self._lowered = lowered
        self._asked: tuple[Question, Engine] | None = None
        self._by_class: list[list[tuple[TierView, PolicyView]]] | None = None
        self._numbers: dict[str, int] | None = None
        self._pod_programs: dict[tuple[int, tuple[str, ...], Direction], Program] = {}
        self._host_programs: dict[tuple[str, Direction], HostPrograms] = {}
        self._staged_nodes: dict[str, bool] = {}
        self._outer_hosts: dict[str, tuple[HostInterface | None, ...]] = {}

    @property
    def lowered(self) -> Lowered:
        """Return all policies, lowered."""
        if isinstance(self._lowered, Lowering):
            self._lowered = self._lowered.lower()
        return self._lowered

    def asked(self, question: Question) -> Engine:
        """Return an engine for the flows of a question alone, for which less must be lowered; of others it knows less.

        An engine that has lowered everything already answers them itself.
        """
        if not isinstance(self._lowered, Lowering):
            return self
        if self._asked is None or self._asked[0] != question:
            lowered, directory = self._lowered.lower(question), self.directory
            if isinstance(question, WithOnePod):
                apart = [self.class_of(key) for key in question.pods]
                directory = directory.merged(AlikeIndex(directory.endpoint_index, lowered.tiers, apart))
            found = Engine.of_parts(self.environment, self.inventory, directory, lowered)
            self._asked = question, found
        return self._asked[1]

    def recognised(self) -> tuple[Lowered, Sequence[UsualPolicy]]:
        """Return the policies that are lowered, and the others, which nobody has asked for more than what they say."""
        return self._lowered.recognised() if isinstance(self._lowered, Lowering) else (self._lowered, ())

    @property
    def undecodable(self) -> list[Diagnostic]:
        """Return what stops every reader of a kind; with any of it no verdict is known (calico.md 7.3)."""
        return [*self._lowered.undecodable, *self.inventory.undecodable]

    @property
    def blind_to(self) -> list[Diagnostic]:
        """Return all that leaves no verdict known: what stops its readers, and what could not be read at all."""
        return [*self.undecodable, *self.inventory.unread]

    def class_of(self, key: str) -> int:
        """Return the label class of a pod (`namespace/name`), or of `host endpoint NAME`."""
        if self._numbers is None:
            endpoints = [
                *self.inventory.pods,
                *(f"host endpoint {host.key}" for found in self.inventory.hosts.values() for host in found),
            ]
            self._numbers = dict(zip(endpoints, self.directory.endpoint_index.class_of, strict=True))
        return self._numbers[key]

    def selecting(self, number: int) -> Sequence[tuple[TierView, PolicyView]]:
        """Return the enforced policies that select a label class, in the order of evaluation."""
        if self._by_class is None:
            self._by_class = policies_by_class(self.lowered.tiers, self.directory.endpoint_index)
        return self._by_class[number]

    def pod_program(self, pod: Pod, direction: Direction) -> Program:
        """Return what is asked at a pod."""
        number = self.class_of(pod.key)
        key = (number, pod.profiles, direction)
        found = self._pod_programs.get(key)
        if found is None:
            profiles = profile_ops(pod.profiles, self.inventory.profiles.__contains__)
            found = build_program(self.selecting(number), direction, _ON_PODS, profiles=profiles)
            self._pod_programs[key] = found
        return found

    def host_programs(self, host: HostInterface, direction: Direction) -> HostPrograms:
        """Return what is asked at a host endpoint."""
        key = (host.key, direction)
        found = self._host_programs.get(key)
        if found is None:
            found = self._host_programs[key] = self._build_host_programs(host, direction)
        return found

    def _build_host_programs(self, host: HostInterface, direction: Direction) -> HostPrograms:
        policies = self.selecting(self.class_of(f"host endpoint {host.key}"))
        profiles = profile_ops(host.profiles, self.inventory.profiles.__contains__)
        ingress = direction is Direction.INGRESS
        return HostPrograms(
            normal=build_program(policies, direction, _ON_PODS, profiles=profiles),
            forward=build_program(policies, direction, {PolicyClass.FORWARD}),
            pre_dnat=build_program(policies, direction, {PolicyClass.PRE_DNAT}, end_of_tier=False)
            if ingress
            else EMPTY,
            # Not on all interfaces at once: Felix logs a warning and leaves it out.
            untracked=build_program(policies, direction, {PolicyClass.UNTRACKED}, end_of_tier=False)
            if host.interface != _WILDCARD
            else EMPTY,
        )

    def stages_on(self, node: str) -> bool:
        """Tell whether host endpoints of a node have a say on what it routes, or before that (calico.md 2.6)."""
        found = self._staged_nodes.get(node)
        if found is None:
            found = self._staged_nodes[node] = any(
                programs.forward.tiers or programs.pre_dnat.tiers or programs.untracked.tiers
                for host in self._hosts_on(node)
                for programs in (self.host_programs(host, direction) for direction in Direction)
            )
        return found

    @cached_property
    def has_stages(self) -> bool:
        """Tell whether host endpoints of any node have a say on what it routes, or before that."""
        return any(self.stages_on(node) for node in self.inventory.hosts)

    @cached_property
    def polices_before_translation(self) -> bool:
        """Tell whether any host endpoint asks preDNAT or untracked policy, which see the addresses of Services."""
        return any(
            programs.pre_dnat.ops or programs.untracked.ops
            for hosts in self.inventory.hosts.values()
            for host in hosts
            for programs in (self.host_programs(host, direction) for direction in Direction)
        )

    @cached_property
    def host_port_packets(self) -> TransportSet:
        """Return what pods of any node may take of the packets to their node."""
        taken = dict.fromkeys((protocol, port) for _, protocol, port, _ in self.inventory.host_ports)
        return TransportSet.union(TransportSet.of_ports(kind, None, Intervals.single(port)) for kind, port in taken)

    def unread(self, pod: Pod, program: Program) -> UnknownReason | None:
        """Return why nobody knows what a program does at a pod; None where it is known.

        Policy on a Windows node (calico.md 2.8), or on a node with settings of its own, is not.
        """
        if not program.tiers:
            return None
        if pod.node in self.inventory.windows:
            return UnknownReason.WINDOWS
        return UnknownReason.NODE_SETTINGS if self.inventory.settings.get(pod.node, _NONE) - _OF_HOSTS else None

    def to_own_host(self, node: str) -> tuple[bool | None, UnknownReason]:
        """Tell whether a node takes what its own pods send it; None where that is not known, for the reason given."""
        if _TO_HOST in self.inventory.settings.get(node, _NONE):
            return None, UnknownReason.NODE_SETTINGS
        return self.environment.to_own_host, UnknownReason.HOST_INPUT

    def has_own_failsafes(self, node: str) -> bool:
        """Tell whether the failsafe ports of a node are not those of the whole cluster."""
        return bool(self.inventory.settings.get(node, _NONE) & _FAILSAFES)

    def outer_hosts(self, node: str) -> tuple[HostInterface | None, ...]:
        """Return the host endpoints of which one governs a node's outer interface, None for no host endpoint.

        Several where it is not known which interface that is, and host endpoints name some: it may be any of these, or
        none. One that names its interface and expects the node's own address there tells which it is.
        """
        found = self._outer_hosts.get(node)
        if found is None:
            governing = [self._governing(node, name) for name in self._outer_interfaces(node)]
            found = tuple({host.key if host else "": host for host in governing}.values())
            self._outer_hosts[node] = found
        return found

    def _outer_interfaces(self, node: str) -> tuple[str, ...]:
        """Return the names that a node's outer interface may have, as far as host endpoints tell them apart."""
        if self.environment.interface is not None:
            return (self.environment.interface,)
        named = [host for host in self._hosts_on(node) if host.interface not in ("", _WILDCARD)]
        # The first of each family is its own, the others are those of tunnels.
        own = {family: address for family, address in reversed(self.inventory.nodes.get(node, ()))}
        told = {host.interface for host in named if any(own.get(family) == one for family, one in host.addresses)}
        return tuple(told) if len(told) == 1 else ("", *sorted({host.interface for host in named}))

    def _governing(self, node: str, outer: str) -> HostInterface | None:
        """Return the host endpoint that governs an interface of this name, which has the node's addresses (2.6).

        One that names the interface, or names none and expects an address of the node; of several the lowest name; one
        for all interfaces only where there is none of these.
        """
        addresses = set(self.inventory.nodes.get(node, ()))
        for host in self._hosts_on(node):
            named = host.interface and host.interface == outer
            if named or (not host.interface and addresses.intersection(host.addresses)):
                return host
        return self.wildcard_host(node)

    def wildcard_host(self, node: str) -> HostInterface | None:
        """Return the host endpoint that governs the interfaces of a node's pods: only one for all interfaces does."""
        return next((host for host in self._hosts_on(node) if host.interface == _WILDCARD), None)

    def _hosts_on(self, node: str) -> tuple[HostInterface, ...]:
        """Return the host endpoints that govern anything; on Windows there is no such policy (calico.md 2.6)."""
        return () if node in self.inventory.windows else self.inventory.hosts.get(node, ())
