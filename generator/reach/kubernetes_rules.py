"""Kubernetes' NetworkPolicy in Calico's terms (calico.md 5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from generator.calico.kubernetes_policy import (
    EgressRule,
    IngressRule,
    LabelSelector,
    PolicyPeer,
    PolicyPort,
)
from generator.calico.nets import canonical_net
from generator.calico.ports import NamedPort, Port, PortNumber, PortRange, ProtocolName, parse_port
from generator.calico.rewrite import ORCHESTRATOR_LABEL
from generator.calico.rule import EntityRule, Rule
from generator.reach.question import WithOnePod

PODS_ONLY: Final = f"{ORCHESTRATOR_LABEL} == 'k8s'"
Ports = dict[str, list[Port] | None]  # by protocol; None means all of its ports


def pod_selector_text(selector: LabelSelector | None) -> str:
    """Return a pod selector as Calico writes it; an absent one still means pods only."""
    return " && ".join([PODS_ONLY, *_tests(selector)])


def namespace_selector_text(selector: LabelSelector | None) -> str:
    """Return a namespace selector as Calico writes it: "" where there is none, `all()` where it is empty.

    One whose tests Calico all leaves out is "" too.
    """
    if selector is None:
        return ""
    return " && ".join(_tests(selector)) if selector.match_labels or selector.match_expressions else "all()"


def _tests(selector: LabelSelector | None) -> Iterator[str]:
    if selector is None:
        return
    for key in sorted(selector.match_labels):
        yield f"{key} == '{selector.match_labels[key]}'"
    for test in selector.match_expressions:
        values = "', '".join(test.values)
        match test.operator:
            case "In":
                yield f"{test.key} in {{ '{values}' }}"
            case "NotIn":
                yield f"{test.key} not in {{ '{values}' }}"
            case "Exists":
                yield f"has({test.key})"
            case "DoesNotExist":
                yield f"! has({test.key})"
            case _:
                pass  # the API server takes no other; that of a staged policy does


def convert_rules(
    rules: Sequence[IngressRule | EgressRule], ingress: bool, namespace: str = "", question: WithOnePod | None = None
) -> list[tuple[int, int, Rule]]:
    """Return Calico's rules, each with the index of the Kubernetes rule it comes from and its place among all.

    A broken rule is left out; with a `question` so are those that have no say on it, of a policy in `namespace`.
    """
    found: list[tuple[int, int, Rule]] = []
    place = 0
    for index, rule in enumerate(rules):
        kept = _kept(rule, namespace, question)
        if rule.peers and not any(kept):
            place += len(rule.peers) * (len({port.protocol or "TCP" for port in rule.ports}) or 1)
            continue
        ports = _ports_by_protocol(rule.ports)
        if ports is None:
            continue
        peers: Sequence[PolicyPeer | None] = rule.peers or (None,)
        for protocol in sorted(ports):
            for peer, wanted in zip(peers, kept, strict=True):
                if wanted:
                    found.append((index, place, _rule(protocol, ports[protocol], _peer(peer), ingress)))
                place += 1
    return found


def _kept(rule: IngressRule | EgressRule, namespace: str, question: WithOnePod | None) -> Sequence[bool]:
    """Tell of each peer of a rule, or of the one that stands for anybody, whether it has a say."""
    if question is None or not rule.peers:
        return [True] * (len(rule.peers) or 1)
    return question.named(rule, namespace)


def _rule(protocol: str, ports: list[Port] | None, peer: EntityRule, ingress: bool) -> Rule:
    named = ProtocolName(protocol) if protocol else None
    listed = tuple(simplify_ports(ports)) if ports else ()
    if ingress:
        return Rule(action="Allow", protocol=named, source=peer, destination=EntityRule(ports=listed))
    return Rule(
        action="Allow",
        protocol=named,
        destination=EntityRule(
            nets=peer.nets,
            not_nets=peer.not_nets,
            selector=peer.selector,
            namespace_selector=peer.namespace_selector,
            ports=listed,
        ),
    )


def _ports_by_protocol(ports: Sequence[PolicyPort]) -> Ports | None:
    if not ports:
        return {"": None}
    found: Ports = {}
    for port in ports:
        protocol = port.protocol or "TCP"  # an empty `ports: [{}]` means TCP too
        if port.port is None:
            found[protocol] = None
            continue
        text = str(port.port) if port.end_port is None else f"{port.port}:{port.end_port}"
        read = parse_port(text)
        if read is None:
            return None
        listed = found.setdefault(protocol, [])
        if listed is not None:
            listed.append(read)
    return found


def _peer(peer: PolicyPeer | None) -> EntityRule:
    if peer is None:
        return EntityRule()
    if peer.ip_block is not None:
        cidr = _block(peer.ip_block.cidr)
        if cidr is None:
            return EntityRule()  # as Calico does: an empty peer is any; the API server prevents it
        excepted: list[str] = []
        for text in peer.ip_block.exceptions:
            net = _block(text)
            if net is None:
                break
            excepted.append(net)
        return EntityRule(nets=(cidr,), not_nets=tuple(excepted))
    return EntityRule(
        selector=pod_selector_text(peer.pod_selector),
        namespace_selector=namespace_selector_text(peer.namespace_selector),
    )


def _block(text: str) -> str | None:
    """Read a block, which must have a length here."""
    return canonical_net(text) if "/" in text else None


def simplify_ports(ports: Sequence[Port]) -> list[Port]:
    """Join numeric ports that overlap or touch; names first, as Calico lists them."""
    numeric = sorted(
        (port.number, port.number) if isinstance(port, PortNumber) else (port.low, port.high)
        for port in ports
        if not isinstance(port, NamedPort)
    )
    if len(ports) <= 1 or not numeric:
        return list(ports)
    joined: list[tuple[int, int]] = []
    for low, high in numeric:
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    names: list[Port] = [port for port in ports if isinstance(port, NamedPort)]
    return names + [PortNumber(low) if low == high else PortRange(low, high) for low, high in joined]
