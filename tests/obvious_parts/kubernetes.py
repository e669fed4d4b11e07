"""Kubernetes' policies as Calico converts them (calico.md 5.1, 5.2)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from generator.calico.cluster_policy import (
    ClusterEgressRule,
    ClusterIngressRule,
    ClusterNetworkPolicy,
    ClusterPeer,
    ClusterProtocol,
    DestinationPort,
)
from generator.calico.kubernetes_policy import (
    EgressRule,
    IngressRule,
    KubernetesNetworkPolicy,
    LabelSelector,
    PolicyPeer,
    PolicyPort,
)
from generator.calico.ports import NamedPort, Port, PortNumber, PortRange, ProtocolName, parse_port
from generator.calico.rule import EntityRule, Rule
from tests.obvious_parts.policies import Policy, make_policy
from tests.obvious_parts.selectors import ORCHESTRATOR, global_policy_selector, network_policy_selector

KUBERNETES_PODS = f"{ORCHESTRATOR} == 'k8s'"

# What a rule asks of protocol and port: the protocol by name, "" for any, and a port, None for all.
Ask = tuple[str, Port | None]


class BrokenRuleError(Exception):
    """Calico cannot convert the rule."""


def read_network_policy(found: KubernetesNetworkPolicy, defaults: bool) -> Policy:
    """Convert a Kubernetes NetworkPolicy: tier default, order 1000, Allow only (calico.md 5.1)."""
    spec = found.spec
    namespace = found.metadata.namespace
    types = {text.lower() for text in spec.policy_types or ()}
    if not types:
        # kube-apiserver adds Egress where there are egress rules; the converter on its own takes Ingress.
        types = {"ingress", "egress"} if defaults and spec.egress else {"ingress"}
    return make_policy(
        "KubernetesNetworkPolicy",
        namespace,
        found.metadata.name,
        "default",
        1000.0,
        network_policy_selector(_pods(spec.pod_selector), "", namespace),
        types,
        tuple(rule for part in spec.ingress or () for rule in _convert(part)),
        tuple(rule for part in spec.egress or () for rule in _convert(part)),
        forward=True,  # as every namespaced policy; see policies.read_policy
    )


def _convert(part: IngressRule | EgressRule) -> Iterable[Rule]:
    try:
        asks: list[Ask] = [_ask(port) for port in part.ports] or [("", None)]
    except BrokenRuleError:
        return []  # dropped, so less is allowed
    peers = [_peer(peer) for peer in part.peers] or [EntityRule()]
    return [_rule("Allow", isinstance(part, IngressRule), ask, peer) for ask in asks for peer in peers]


def _ask(port: PolicyPort) -> Ask:
    """Read a port; without a protocol TCP is meant."""
    if port.port is None:
        return port.protocol or "TCP", None
    text = str(port.port) if port.end_port is None else f"{port.port}:{port.end_port}"
    found = parse_port(text)
    if found is None:
        raise BrokenRuleError(text)
    return port.protocol or "TCP", found


def _peer(peer: PolicyPeer) -> EntityRule:
    block = peer.ip_block
    if block is not None:
        if not _is_cidr(block.cidr):
            return EntityRule()
        return EntityRule(nets=(block.cidr,), not_nets=tuple(text for text in block.exceptions if _is_cidr(text)))
    namespaces = _namespaces(peer.namespace_selector) if peer.namespace_selector is not None else ""
    return EntityRule(selector=_pods(peer.pod_selector), namespace_selector=namespaces)


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _rule(action: str, ingress: bool, ask: Ask, peer: EntityRule) -> Rule:
    """Write a converted rule: the ports are always the destination's, the peer is on the other side."""
    protocol = ProtocolName(ask[0]) if ask[0] else None
    ports = (ask[1],) if ask[1] is not None else ()
    if ingress:
        return Rule(action=action, protocol=protocol, source=peer, destination=EntityRule(ports=ports))
    whole = EntityRule(
        nets=peer.nets,
        selector=peer.selector,
        namespace_selector=peer.namespace_selector,
        ports=ports,
        not_nets=peer.not_nets,
    )
    return Rule(action=action, protocol=protocol, destination=whole)


def _pods(selector: LabelSelector | None) -> str:
    return " && ".join([KUBERNETES_PODS, *(_terms(selector) if selector is not None else ())])


def _namespaces(selector: LabelSelector) -> str:
    return " && ".join(_terms(selector)) or "all()"


def _terms(selector: LabelSelector) -> Iterable[str]:
    for key, value in sorted(selector.match_labels.items()):
        yield f"{key} == '{value}'"
    for term in selector.match_expressions:
        values = "', '".join(term.values)
        match term.operator:
            case "In":
                yield f"{term.key} in {{ '{values}' }}"
            case "NotIn":
                yield f"{term.key} not in {{ '{values}' }}"
            case "Exists":
                yield f"has({term.key})"
            case "DoesNotExist":
                yield f"! has({term.key})"


def read_cluster_policy(found: ClusterNetworkPolicy) -> Policy | None:
    """Convert a ClusterNetworkPolicy; None where tier or subject are malformed (calico.md 5.2)."""
    spec, subject = found.spec, found.spec.subject
    tier = {"Admin": "kube-admin", "Baseline": "kube-baseline"}.get(spec.tier)
    if subject.namespaces is not None:
        pods, namespaces = _pods(None), _namespaces(subject.namespaces)
    elif subject.pods is not None:
        pods, namespaces = _pods(subject.pods.pod_selector), _namespaces(subject.pods.namespace_selector)
    else:
        return None
    if tier is None:
        return None
    ingress = tuple(rule for part in spec.ingress for rule in _convert_cluster_rule(part))
    egress = tuple(rule for part in spec.egress for rule in _convert_cluster_rule(part))
    return make_policy(
        "KubernetesClusterNetworkPolicy",
        "",
        found.metadata.name,
        tier,
        float(spec.priority or 0),
        global_policy_selector(pods, namespaces, ""),
        {text for text, rules in (("ingress", ingress), ("egress", egress)) if rules},
        ingress,
        egress,
    )


def _convert_cluster_rule(part: ClusterIngressRule | ClusterEgressRule) -> list[Rule]:
    """Convert a rule; a broken Accept vanishes, a broken Deny or Pass becomes deny-all (calico.md 5.2)."""
    ingress = isinstance(part, ClusterIngressRule)
    try:
        action = {"Accept": "Allow", "Deny": "Deny", "Pass": "Pass"}.get(part.action)
        if action is None:
            raise BrokenRuleError(part.action)
        asks: list[Ask] = [_cluster_ask(protocol) for protocol in part.protocols] or [("", None)]
        peers = [_cluster_peer(peer, ingress) for peer in part.peers]
    except BrokenRuleError:
        return [Rule(action="Deny")] if part.action in ("Deny", "Pass") else []
    return [_rule(action, ingress, ask, peer) for ask in asks for peer in peers]


def _cluster_ask(protocol: ClusterProtocol) -> Ask:
    if protocol.tcp is not None:
        return "TCP", _destination(protocol.tcp.destination_port)
    if protocol.udp is not None:
        return "UDP", _destination(protocol.udp.destination_port)
    if protocol.sctp is not None:
        return "SCTP", _destination(protocol.sctp.destination_port)
    if protocol.destination_named_port:
        return "", NamedPort(protocol.destination_named_port)
    return "", None


def _destination(port: DestinationPort | None) -> Port | None:
    if port is None or (not port.number and port.range is None):
        return None
    if port.number or port.range is None:
        return PortNumber(port.number)
    if port.range.start > port.range.end:
        raise BrokenRuleError("range")
    return PortRange(port.range.start, port.range.end)


def _cluster_peer(peer: ClusterPeer, ingress: bool) -> EntityRule:
    """Convert a peer; `namespaces` has no condition on the orchestrator, so it matches network sets too."""
    nets = () if ingress else peer.networks
    if not all(_is_cidr(text) for text in nets):
        raise BrokenRuleError("networks")
    if peer.namespaces is None and peer.pods is None and not nets:
        raise BrokenRuleError("peer")
    selector, namespaces = "", ""
    if peer.namespaces is not None:
        namespaces = _namespaces(peer.namespaces)
    if peer.pods is not None:
        selector, namespaces = _pods(peer.pods.pod_selector), _namespaces(peer.pods.namespace_selector)
    return EntityRule(nets=nets, selector=selector, namespace_selector=namespaces)
