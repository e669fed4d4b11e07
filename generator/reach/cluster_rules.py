"""Kubernetes' cluster-wide policies in Calico's terms (calico.md 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from generator.calico.cluster_policy import (
    AdminEgressRule,
    AdminIngressRule,
    AdminPort,
    ClusterEgressRule,
    ClusterIngressRule,
    ClusterPeer,
    ClusterProtocol,
    ProtocolPorts,
    Subject,
)
from generator.calico.nets import canonical_net
from generator.calico.ports import NamedPort, Port, PortNumber, PortRange, ProtocolName
from generator.calico.rule import EntityRule, Rule
from generator.reach.kubernetes_rules import namespace_selector_text, pod_selector_text, simplify_ports
from generator.reach.unknown import UnknownReason

_CLUSTER_ACTIONS: Final = {"Accept": "Allow", "Deny": "Deny", "Pass": "Pass"}
_ADMIN_ACTIONS: Final = {"Allow": "Allow", "Deny": "Deny", "Pass": "Pass"}
AdminRule = AdminIngressRule | AdminEgressRule
ClusterRule = ClusterIngressRule | ClusterEgressRule | AdminRule


@dataclass(frozen=True, slots=True)
class ConvertedRule:
    """A rule as Calico makes it; `index` is that of the rule it comes from, `unsure` why nobody knows if it is made."""

    index: int
    rule: Rule
    unsure: UnknownReason | None = None


class Unsupported(Exception):
    """A part of a rule that Calico cannot convert; it breaks the whole rule."""


class _NotRead(Exception):
    """A rule with a part of which nobody knows how Calico reads it."""

    def __init__(self, rule: AdminRule) -> None:
        super().__init__()
        self.rule = rule


def subject_selectors(subject: Subject) -> tuple[str, str] | None:
    """Return (selector, namespaceSelector) of whom the policy is about; None where the subject says nothing."""
    if subject.namespaces is not None:
        return pod_selector_text(None), namespace_selector_text(subject.namespaces)
    if subject.pods is not None:
        return pod_selector_text(subject.pods.pod_selector), namespace_selector_text(subject.pods.namespace_selector)
    return None


def convert_cluster_rules(rules: Sequence[ClusterRule], ingress: bool) -> list[ConvertedRule]:
    """Return Calico's rules with the index of the rule each comes from.

    One part that is not supported breaks its rule: an Accept is left out, a Deny or Pass becomes deny-all.
    """
    found: list[ConvertedRule] = []
    for index, rule in enumerate(rules):
        try:
            found += [ConvertedRule(index, made) for made in _convert(rule, ingress)]
        except Unsupported:
            found += _broken(rule, index)
        except _NotRead as fault:
            found += _perhaps(fault.rule, index, ingress)
    return found


def _broken(rule: ClusterRule, index: int) -> Iterator[ConvertedRule]:
    if rule.action == "Deny" or (rule.action == "Pass" and isinstance(rule, ClusterIngressRule | ClusterEgressRule)):
        yield ConvertedRule(index, Rule(action="Deny"))
    elif rule.action == "Pass":
        # Calico's tests of v1alpha1 (adminnetworkpolicy_test.go) see it left out, those of v1alpha2 a deny-all.
        yield ConvertedRule(index, Rule(action="Deny"), UnknownReason.ADMIN_POLICY)


def _perhaps(rule: AdminRule, index: int, ingress: bool) -> Iterator[ConvertedRule]:
    """A v1alpha1 rule with named ports: perhaps it is read as v1alpha2's is, perhaps it is broken."""
    try:
        named = _convert(rule, ingress, named_ports=True)
    except Unsupported:
        yield from _broken(rule, index)
        return
    for made in named:
        if made.action != "Deny":
            yield ConvertedRule(index, made, UnknownReason.ADMIN_POLICY)
    if rule.action != "Allow":
        yield ConvertedRule(index, Rule(action="Deny"), UnknownReason.ADMIN_POLICY)


def _convert(rule: ClusterRule, ingress: bool, *, named_ports: bool = False) -> list[Rule]:
    if isinstance(rule, ClusterIngressRule | ClusterEgressRule):
        action, ports = _CLUSTER_ACTIONS.get(rule.action), _cluster_ports(rule.protocols)
    else:
        if not named_ports and any(port.named_port is not None for port in rule.ports or ()):
            raise _NotRead(rule)
        action, ports = _ADMIN_ACTIONS.get(rule.action), _admin_ports(rule.ports)
    if action is None:
        raise Unsupported
    made: list[Rule] = []
    for protocol in sorted(ports):
        named = ProtocolName(protocol) if protocol else None
        listed = tuple(simplify_ports(ports[protocol] or ()))
        for peer in rule.peers:
            side = _peer(peer, ingress)
            if ingress:
                destination = EntityRule(ports=listed)
                made.append(Rule(action=action, protocol=named, source=side, destination=destination))
            else:
                full = EntityRule(
                    nets=side.nets,
                    selector=side.selector,
                    namespace_selector=side.namespace_selector,
                    ports=listed,
                )
                made.append(Rule(action=action, protocol=named, destination=full))
    return made


def _peer(peer: ClusterPeer, ingress: bool) -> EntityRule:
    if peer.pods is not None:
        return EntityRule(
            selector=pod_selector_text(peer.pods.pod_selector),
            namespace_selector=namespace_selector_text(peer.pods.namespace_selector),
        )
    if peer.namespaces is not None:
        return EntityRule(namespace_selector=namespace_selector_text(peer.namespaces))
    if peer.networks and not ingress:
        nets = [canonical_net(net) for net in peer.networks if "/" in net]
        if len(nets) < len(peer.networks) or None in nets:
            raise Unsupported
        return EntityRule(nets=tuple(net for net in nets if net is not None))
    raise Unsupported


def _cluster_ports(protocols: Sequence[ClusterProtocol]) -> dict[str, list[Port] | None]:
    found: dict[str, list[Port] | None] = {}
    for item in protocols or (ClusterProtocol(),):
        match item:
            case ClusterProtocol(tcp=ProtocolPorts() as ports):
                _add(found, "TCP", _cluster_port(ports))
            case ClusterProtocol(udp=ProtocolPorts() as ports):
                _add(found, "UDP", _cluster_port(ports))
            case ClusterProtocol(sctp=ProtocolPorts() as ports):
                _add(found, "SCTP", _cluster_port(ports))
            case ClusterProtocol(destination_named_port=name) if name:
                _add(found, "", NamedPort(name))  # of any protocol
            case _:
                return {"": None}  # nothing asked: any protocol, whatever stands beside it
    return found


def _add(found: dict[str, list[Port] | None], protocol: str, port: Port | None) -> None:
    if port is None:
        found[protocol] = None
        return
    listed = found.setdefault(protocol, [])
    if listed is not None:
        listed.append(port)


def _cluster_port(ports: ProtocolPorts) -> Port | None:
    port = ports.destination_port
    if port is None:
        return None
    if port.number:
        return PortNumber(port.number)
    if port.range is None:
        return None
    return _range(port.range.start, port.range.end)


def _admin_ports(ports: Sequence[AdminPort] | None) -> dict[str, list[Port] | None]:
    found: dict[str, list[Port] | None] = {}
    for item in ports or ():
        if item.port_number is not None:
            _add(found, item.port_number.protocol or "TCP", PortNumber(item.port_number.port))
        elif item.port_range is not None:
            _add(found, item.port_range.protocol or "TCP", _range(item.port_range.start, item.port_range.end))
        elif item.named_port is not None:
            _add(found, "", NamedPort(item.named_port))
        else:
            return {"": None}
    return found or {"": None}


def _range(low: int, high: int) -> Port:
    if low > high:
        raise Unsupported
    return PortNumber(low) if low == high else PortRange(low, high)
