"""The one rule view: every policy kind, lowered; no question asked of it knows a vendor kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from generator.calico.kinds import Kind
from generator.calico.names import effective_name
from generator.calico.objects import ApiObject
from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.reach.unknown import UnknownReason
from generator.selectors import Node

PORT_PROTOCOLS = frozenset({6, 17, 132})  # those whose ports a rule can name (calico.md 4.2)


class Direction(StrEnum):
    """Seen from the endpoint that is governed."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


class Action(Enum):
    """What a rule does; a rule stored without an action acts as Allow (calico.md 7.3)."""

    ALLOW = "Allow"
    DENY = "Deny"
    PASS = "Pass"  # noqa: S105 - an action, no password
    LOG = "Log"


class PolicyClass(Enum):
    """Where a policy is enforced on a host endpoint; pods only know NORMAL and FORWARD (calico.md 2.6)."""

    NORMAL = "normal"
    FORWARD = "forward"  # normal, and applied to forwarded traffic too; every namespaced policy is
    PRE_DNAT = "preDNAT"
    UNTRACKED = "untracked"


# How Calico names the kinds that it converts.
_SHOWN_KIND = {
    Kind.CLUSTER_NETWORK_POLICY: "KubernetesClusterNetworkPolicy",
    Kind.ADMIN_NETWORK_POLICY: "KubernetesAdminNetworkPolicy",
    Kind.BASELINE_ADMIN_NETWORK_POLICY: "KubernetesBaselineAdminNetworkPolicy",
}


@dataclass(frozen=True, slots=True)
class PolicyId:
    """A policy as Calico names it: `NetworkPolicy`, `KubernetesNetworkPolicy`, `KubernetesClusterNetworkPolicy`, …"""

    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: ApiObject) -> PolicyId:
        """Return how Calico names a policy object."""
        return cls(_SHOWN_KIND.get(obj.kind, obj.kind.value), obj.namespace, effective_name(obj))

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}" if self.namespace else f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A Service whose endpoint slices are meant; an empty namespace is one that no Service has (calico.md 4.6)."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class SideView:
    """What a rule asks of one side of a packet; all fields that are set must hold (calico.md 3.5, 4.1).

    `members` are the labels an object must have, the negative selector already worked in, because both are decided for
    each object (4, "Selector to addresses"); `excluded` is a lone negative selector: no object with this address may
    match it. `nets` is None where nothing is asked; `ports` and `port_names` are one list, either may match. Named
    ports are looked up on objects that match `members`, or on all where it is None.
    """

    members: Node | None = None
    excluded: Node | None = None
    service: ServiceKey | None = None
    service_ports: bool = False  # the service's ports count too (destination side)
    nets: AddressSet | None = None
    not_nets: AddressSet | None = None
    ports: Intervals | None = None
    port_names: tuple[str, ...] = ()
    not_ports: Intervals | None = None
    not_port_names: tuple[str, ...] = ()

    @property
    def asks_ports(self) -> bool:
        """Tell whether the port is part of the match."""
        return self.ports is not None or bool(self.port_names)


ANY_SIDE = SideView()


@dataclass(frozen=True, slots=True)
class IcmpView:
    """An ICMP type and code; None means any."""

    type: int | None
    code: int | None


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule; `index` is its place in the list as written, `converted` among the rules that Calico makes of it."""

    action: Action
    index: int
    families: frozenset[int]  # the IP versions for which it is rendered (calico.md 4.5)
    protocol: int | None = None
    not_protocol: int | None = None
    icmp: IcmpView | None = None
    not_icmp: tuple[IcmpView, ...] = ()  # none of them may match, and the packet is one of ICMP
    source: SideView = ANY_SIDE
    destination: SideView = ANY_SIDE
    converted: int = -1
    notes: tuple[str, ...] = ()  # what the rule's annotations say of where it comes from
    unsure: UnknownReason | None = None  # where all fields hold it may still match or not


@dataclass(frozen=True, slots=True)
class PolicyView:
    """One policy: whom it selects, which directions it governs, its rules in each."""

    id: PolicyId
    tier: str
    order: float
    selector: Node
    governs: frozenset[Direction]
    ingress: tuple[RuleView, ...]
    egress: tuple[RuleView, ...]
    kind: PolicyClass = PolicyClass.NORMAL
    staged: bool = False
    origin: ApiObject | None = field(default=None, compare=False, repr=False)

    def rules(self, direction: Direction) -> tuple[RuleView, ...]:
        """Return the rules of one direction."""
        return self.ingress if direction is Direction.INGRESS else self.egress


@dataclass(frozen=True, slots=True, eq=False)
class Isolating:
    """Kubernetes policies of which no rule has a say on a question, so that they only isolate whom they select.

    `policy` stands for all of them at whom they select: of their rules none is left, and all govern the same.
    `selected` are the namespace of each and the labels that it asks of pods there.
    """

    policy: PolicyView
    selected: tuple[tuple[str, Mapping[str, str]], ...]


@dataclass(frozen=True, slots=True)
class TierView:
    """A tier and its policies in the order in which Calico looks at them; staged ones among them."""

    name: str
    passes: bool  # what no rule decides goes on to the next tier
    policies: tuple[PolicyView, ...]
    missing: bool = False  # no Tier object: enforced all the same, last and with deny (calico.md 2.2)
    isolating: tuple[Isolating, ...] = ()  # of a view for one question, policies that are in none of the others
