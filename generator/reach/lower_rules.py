"""One rule of the API as the view that Felix evaluates (calico.md 3.5, 4; `UP/rules.go`, `CALC/rule_scanner.go`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from generator.calico.nets import canonical_net
from generator.calico.ports import NamedPort, Port, PortNumber, PortRange, Protocol, ProtocolNumber
from generator.calico.rule import EntityRule, ICMPMatch, Rule
from generator.calico.versions import NAMED_PORTS_ALONE_SINCE, NEWEST, Version
from generator.packets.addresses import AddressSet
from generator.packets.intervals import Intervals
from generator.reach.dataplanes import on_dataplane
from generator.reach.environment import Dataplane
from generator.reach.model import ANY_SIDE, PORT_PROTOCOLS, Action, IcmpView, RuleView, ServiceKey, SideView
from generator.reach.selector_text import UnreadableSelector, rule_side_selector
from generator.reach.unknown import UnknownReason

BOTH_FAMILIES: Final = frozenset({4, 6})
_PROTOCOLS: Final = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "sctp": 132, "udplite": 136}
_ACTIONS: Final = {
    "allow": Action.ALLOW,
    "": Action.ALLOW,  # stored without an action it is rendered as Allow (calico.md 7.3)
    "deny": Action.DENY,
    "pass": Action.PASS,
    "log": Action.LOG,
}
_PORT_NAME: Final = re.compile(r"(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_ANY_ENTITY: Final = Rule().source
_ALL_PORTS: Final = Intervals.of((0, 65535))


class RefusedByFelix(Exception):
    """A policy that fails Felix's own check, so that it has no effect at all (calico.md 7.3)."""


def lower_rule(
    rule: Rule,
    index: int,
    converted: int,
    own_namespace: str,
    dataplane: Dataplane = Dataplane.IPTABLES,
    unsure: UnknownReason | None = None,
    *,
    version: Version = NEWEST,
) -> RuleView:
    """Return the view of a rule; RefusedByFelix where Felix takes its whole policy as absent.

    `own_namespace` is that of the policy, "" for a cluster-wide one; `unsure` says why nobody knows whether the rule
    matches where all its fields hold.
    """
    action = _ACTIONS.get(rule.action.lower())
    if action is None:
        raise RefusedByFelix(f"action '{rule.action}'")
    protocol = _protocol_number(rule.protocol)
    not_protocol = _protocol_number(rule.not_protocol)
    _check_ports(rule, protocol, names_alone=version >= NAMED_PORTS_ALONE_SINCE)
    _check_numbers(rule)
    try:
        source = _lower_side(rule.source, own_namespace, destination=False)
        destination = _lower_side(rule.destination, own_namespace, destination=True)
    except UnreadableSelector as fault:
        raise RefusedByFelix(f"selector '{fault}'") from None
    view = RuleView(
        action=action,
        index=index,
        families=_families(rule, (source, destination)),
        protocol=protocol,
        not_protocol=not_protocol,
        icmp=_icmp(rule.icmp),
        not_icmp=tuple(filter(None, (_icmp(rule.not_icmp),))),
        source=source,
        destination=destination,
        converted=converted,
        notes=_notes(rule),
        unsure=unsure,
    )
    return view if dataplane is Dataplane.IPTABLES else on_dataplane(view, rule, dataplane)


def _protocol_number(protocol: Protocol | None) -> int | None:
    if protocol is None:
        return None
    number = protocol.number if isinstance(protocol, ProtocolNumber) else _PROTOCOLS.get(protocol.name.lower(), 0)
    if number == 0:
        raise RefusedByFelix("protocol")
    return number


def _check_ports(rule: Rule, protocol: int | None, *, names_alone: bool) -> None:
    """Felix takes ports only with a protocol that has them; without one names alone, if even these (4.2, 7.3)."""
    for side in (rule.source, rule.destination):
        for ports in (side.ports, side.not_ports):
            if ports:
                _check_list(ports, protocol, names_alone)


@lru_cache(maxsize=1 << 14)
def _check_list(ports: tuple[Port, ...], protocol: int | None, names_alone: bool) -> None:
    for port in ports:
        _check_port(port)
        fits = names_alone and isinstance(port, NamedPort) if protocol is None else protocol in PORT_PROTOCOLS
        if not fits:
            raise RefusedByFelix("ports without a protocol that has ports")


def _check_numbers(rule: Rule) -> None:
    """Felix takes only the numbers that the API's schema of 3.32 takes (libcalico-go model.Rule)."""
    if rule.ip_version is not None and rule.ip_version not in (4, 6):
        raise RefusedByFelix(f"ipVersion {rule.ip_version}")
    for match in (rule.icmp, rule.not_icmp):
        if match is None:
            continue
        for field, value, highest in (("type", match.type, 254), ("code", match.code, 255)):
            if value is not None and not 0 <= value <= highest:
                raise RefusedByFelix(f"ICMP {field} {value}")


def _check_port(port: Port) -> None:
    match port:
        case PortNumber(low) | PortRange(low, _) if low < 1:
            raise RefusedByFelix(f"port {low}")
        case NamedPort(name) if not _PORT_NAME.fullmatch(name):
            raise RefusedByFelix(f"port name '{name}'")
        case _:
            pass


def _families(rule: Rule, sides: tuple[SideView, SideView]) -> frozenset[int]:
    families = BOTH_FAMILIES
    if rule.ip_version is not None:
        families = frozenset({rule.ip_version}) & families
    elif rule.protocol is not None and not isinstance(rule.protocol, ProtocolNumber):
        match rule.protocol.name.lower():
            case "icmp":
                families = frozenset({4})
            case "icmpv6":
                families = frozenset({6})
            case _:
                pass
    for side in sides:
        for nets in (side.nets, side.not_nets):
            if nets is not None:
                families = frozenset(family for family in families if nets.family(family))
    return families


def _icmp(match: ICMPMatch | None) -> IcmpView | None:
    # A code without a type is not rendered at all.
    if match is None or match.type is None:
        return None
    return IcmpView(match.type, match.code)


def _notes(rule: Rule) -> tuple[str, ...]:
    if rule.metadata is None:
        return ()
    return tuple(f"{key}={value}" for key, value in sorted(rule.metadata.annotations.items()))


def _lower_side(side: EntityRule, own_namespace: str, *, destination: bool) -> SideView:
    if side is _ANY_ENTITY:
        return ANY_SIDE
    # Beside a namespaceSelector it does not matter where the policy stands.
    return _view_of_side(side, "" if side.namespace_selector else own_namespace, destination)


@lru_cache(maxsize=1 << 16)
def _view_of_side(side: EntityRule, own_namespace: str, destination: bool) -> SideView:
    """Return the view of a side, the same object for equal ones: callers and called stand in many rules."""
    if side == _ANY_ENTITY:
        return ANY_SIDE
    accounts = side.service_accounts
    members, excluded = rule_side_selector(
        side.selector,
        side.not_selector,
        side.namespace_selector,
        accounts.names if accounts else (),
        accounts.selector if accounts else "",
        accounts is not None,
        own_namespace,
    )
    ports, names = _split(side.ports)
    not_ports, not_names = _split(side.not_ports)
    service = side.services
    return SideView(
        members=members,
        excluded=excluded,
        service=ServiceKey(service.namespace, service.name) if service is not None and service.name else None,
        service_ports=destination,
        nets=_nets(side.nets),
        not_nets=_nets(side.not_nets),
        ports=ports,
        port_names=names,
        not_ports=not_ports,
        not_port_names=not_names,
    )


@lru_cache(maxsize=1 << 14)
def _split(ports: tuple[Port, ...]) -> tuple[Intervals | None, tuple[str, ...]]:
    """Tell numeric ports from names; None where there is no numeric one."""
    ranges: list[tuple[int, int]] = []
    names: list[str] = []
    for port in ports:
        match port:
            case PortNumber(number):
                ranges.append((number, number))
            case PortRange(low, high):
                ranges.append((low, high))
            case NamedPort(name):
                names.append(name)
    return (Intervals.of(*ranges) if ranges else None), tuple(dict.fromkeys(names))


@lru_cache(maxsize=1 << 14)
def _nets(nets: tuple[str, ...]) -> AddressSet | None:
    """Read the nets; what cannot be read is passed over; with nothing left nothing is asked (calico.md 4.5)."""
    known = list(_known_nets(nets))
    return AddressSet.of_cidrs(known) if known else None


def _known_nets(nets: Iterable[str]) -> Iterable[str]:
    for text in nets:
        net = canonical_net(text)
        if net is not None:
            yield net
