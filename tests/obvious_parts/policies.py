"""Tiers and policies: defaults, order, types, and policies that count as absent (calico.md 1.3, 1.4, 2.1, 2.2, 7.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from generator.calico.policy import GlobalNetworkPolicy, NetworkPolicy
from generator.calico.ports import NamedPort as PortName
from generator.calico.ports import Port, PortRange, Protocol, ProtocolName
from generator.calico.rule import EntityRule, Rule
from generator.calico.tier import Tier
from tests.obvious_parts.selectors import (
    Selector,
    entity_selector,
    global_policy_selector,
    network_policy_selector,
    read_selector,
)
from tests.obvious_parts.things import SCTP, TCP, UDP, Net, protocol_number, read_nets

Direction = Literal["ingress", "egress"]

DEFAULT_ORDER = 1_000_000.0


class AbsentError(Exception):
    """Felix refuses the policy, which then counts as absent (calico.md 7.3)."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a rule: selectors rewritten, nets parsed, ports told apart into numbers and names."""

    positive: Selector | None
    negative: Selector | None
    nets: tuple[Net, ...]
    not_nets: tuple[Net, ...]
    ports: tuple[Port, ...]
    not_ports: tuple[Port, ...]
    service: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A rule with its protocols as numbers; `family` is the only one it holds for, None for both."""

    rule: Rule
    family: int | None
    protocol: int | None
    not_protocol: int | None
    source: Side
    destination: Side


@dataclass(frozen=True, slots=True)
class Policy:
    """An enforced policy of any kind, as Felix gets it."""

    kind: str
    namespace: str
    name: str
    tier: str
    order: float | None
    selector: Selector
    directions: frozenset[str]
    rules: dict[Direction, tuple[ReadyRule, ...]]
    untracked: bool = False
    pre_dnat: bool = False
    forward: bool = False

    @property
    def shown(self) -> str:
        """Return the name that a decision gives."""
        parts = (self.kind, self.namespace, self.name) if self.namespace else (self.kind, self.name)
        return "/".join(parts)

    @property
    def place(self) -> tuple[float, bytes]:
        """Return the place in the tier: order, none last, then `name/namespace/Kind` by bytes (calico.md 2.1)."""
        order = float("inf") if self.order is None else float(self.order)
        return order, f"{self.name}/{self.namespace}/{self.kind}".encode()


@dataclass(slots=True)
class ReadyTier:
    """A tier with its policies in order; one without an object is last and denies (calico.md 2.2)."""

    name: str
    exists: bool = False
    order: float = 0.0
    passes: bool = False
    policies: list[Policy] = field(default_factory=list)

    @property
    def place(self) -> tuple[bool, float, bytes]:
        """Return the place among tiers: those with an object first, order, name by bytes (calico.md 2.1)."""
        return not self.exists, self.order, self.name.encode()


def arrange_tiers(objects: Iterable[Tier], policies: Iterable[Policy]) -> list[ReadyTier]:
    """Put policies into their tiers, all in order; the three fixed tiers exist always (calico.md 1.3)."""
    tiers = {
        "default": ReadyTier("default", True, DEFAULT_ORDER),
        "kube-admin": ReadyTier("kube-admin", True, 1_000.0, passes=True),
        "kube-baseline": ReadyTier("kube-baseline", True, 10_000_000.0, passes=True),
    }
    for tier in objects:
        order = DEFAULT_ORDER if tier.spec.order is None else float(tier.spec.order)
        tiers[tier.metadata.name] = ReadyTier(tier.metadata.name, True, order, tier.spec.default_action == "Pass")
    for policy in sorted(policies, key=lambda policy: policy.place):
        tiers.setdefault(policy.tier, ReadyTier(policy.tier)).policies.append(policy)
    return sorted(tiers.values(), key=lambda tier: tier.place)


def read_policy(found: NetworkPolicy | GlobalNetworkPolicy, defaults: bool) -> Policy:
    """Read a Calico policy; AbsentError where Felix refuses it."""
    spec, namespace = found.spec, ""
    classes: dict[str, bool]
    if isinstance(found, NetworkPolicy):
        namespace = found.metadata.namespace
        selects = network_policy_selector(spec.selector, spec.service_account_selector, namespace)
        # A namespaced policy can select a host endpoint only by a label that poses as a namespace (3.5). Calico's
        # conversion gives every such policy applyOnForward.
        classes = {"forward": True}
    else:
        selects = global_policy_selector(
            found.spec.selector, found.spec.namespace_selector, found.spec.service_account_selector
        )
        classes = {
            "untracked": found.spec.do_not_track,
            "pre_dnat": found.spec.pre_dnat,
            "forward": found.spec.apply_on_forward,
        }
    ingress, egress = spec.ingress or (), spec.egress or ()
    return make_policy(
        found.kind.value,
        namespace,
        found.metadata.name,
        spec.tier or "default",
        spec.order,
        selects,
        types_of(spec.types or (), ingress, egress, defaults),
        ingress,
        egress,
        **classes,
    )


def types_of(written: tuple[str, ...], ingress: tuple[Rule, ...], egress: tuple[Rule, ...], defaults: bool) -> set[str]:
    """Return the directions that are governed; undefaulted and unwritten means both (calico.md 1.4)."""
    if written:
        return {text.lower() for text in written}
    if not defaults:
        return {"ingress", "egress"}
    if not egress:
        return {"ingress"}
    return {"ingress", "egress"} if ingress else {"egress"}


def make_policy(
    kind: str,
    namespace: str,
    name: str,
    tier: str,
    order: float | None,
    selects: str,
    directions: set[str],
    ingress: tuple[Rule, ...],
    egress: tuple[Rule, ...],
    **classes: bool,
) -> Policy:
    """Make a policy of what all kinds have in common; AbsentError where Felix refuses it (calico.md 7.3)."""
    selector = read_selector(selects)
    if selector is None:
        raise AbsentError("the selector does not parse")
    return Policy(
        kind=kind,
        namespace=namespace,
        name=name,
        tier=tier,
        order=order,
        selector=selector,
        directions=frozenset(directions),
        rules={
            "ingress": tuple(ready_rule(rule, namespace) for rule in ingress),
            "egress": tuple(ready_rule(rule, namespace) for rule in egress),
        },
        **classes,
    )


def ready_rule(rule: Rule, namespace: str) -> ReadyRule:
    """Make a rule ready for matching; AbsentError where it makes Felix refuse the policy."""
    protocol, not_protocol = _known(rule.protocol), _known(rule.not_protocol)
    for entity in (rule.source, rule.destination):
        _check_ports(protocol, entity)
        _check_selectors(entity)
    # ICMP and ICMPv6 by name mean one family, by number they do not; a written ipVersion counts alone (4.2).
    family = rule.ip_version
    if family is None and rule.protocol is not None:
        named = rule.protocol.name.lower() if isinstance(rule.protocol, ProtocolName) else ""
        family = {"icmp": 4, "icmpv6": 6}.get(named)
    source, destination = ready_side(rule.source, namespace), ready_side(rule.destination, namespace)
    return ReadyRule(rule, family, protocol, not_protocol, source, destination)


def _known(protocol: Protocol | None) -> int | None:
    if protocol is None:
        return None
    number = protocol_number(protocol)
    if not number:
        raise AbsentError("unknown protocol")
    return number


def _check_ports(protocol: int | None, entity: EntityRule) -> None:
    """Refuse ports with a protocol that has none, numbers without a protocol, port 0 and what is no port name."""
    for port in (*entity.ports, *entity.not_ports):
        if protocol not in (None, TCP, UDP, SCTP):
            raise AbsentError("ports with a protocol that has none")
        if isinstance(port, PortName):
            legal = re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", port.name) and re.search("[a-z]", port.name)
            if not legal or len(port.name) > 15:
                raise AbsentError("not the name of a port")
        elif protocol is None:
            raise AbsentError("a port number without a protocol")
        elif 0 in ((port.low,) if isinstance(port, PortRange) else (port.number,)):
            raise AbsentError("port 0")


def _check_selectors(entity: EntityRule) -> None:
    accounts = entity.service_accounts.selector if entity.service_accounts is not None else ""
    for text in (entity.selector, entity.not_selector, entity.namespace_selector, accounts):
        if read_selector(text) is None:
            raise AbsentError("a selector of a rule does not parse")


def ready_side(entity: EntityRule, namespace: str) -> Side:
    """Make one side of a rule ready; a negative beside a positive selector is decided per object (calico.md 3.5)."""
    positive, negative = entity_selector(entity, namespace), entity.not_selector
    if positive and negative:
        positive, negative = f"({positive}) && (!({negative}))", ""
    service = (entity.services.namespace, entity.services.name) if entity.services is not None else None
    return Side(
        positive=read_selector(positive) if positive else None,
        negative=read_selector(negative) if negative else None,
        nets=read_nets(entity.nets),
        not_nets=read_nets(entity.not_nets),
        ports=entity.ports,
        not_ports=entity.not_ports,
        service=service if service is not None and service[1] else None,
    )
