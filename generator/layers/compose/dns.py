"""DNS: every pod of the scope may ask for names as the platform runs them, save services with `dns: false`.

Pods answer on their target ports; a host-networked resolver is matched by its Service's endpoints; a node-local
cache is reached at its own address and at the DNS Service's, neither of which is translated (calico.md 9.2).
"""

from __future__ import annotations

from generator.intent.model import PodSelection
from generator.layers.context import Composed, LayerContext
from generator.layers.peers import PODS_ONLY, Peer, RuleRow, network_peers, pods_peer, pods_selector, rule_rows


def compose(context: LayerContext) -> Composed:
    """Return the scope's parts, each with its selector, and the rules that are the same in all of them."""
    rows = _rows(context)
    if not rows:
        return Composed()
    parts = []
    for part in context.scope:
        silent = [
            service.pods
            for service in context.intent.services.values()
            if not service.dns and (not part.namespaces or service.pods.namespace in part.namespaces)
        ]
        parts.append((part, _selector(silent)))
    return Composed({"parts": parts, "rows": rows})


def _selector(silent: list[PodSelection]) -> str:
    terms = [PODS_ONLY]
    for pods in sorted(set(silent), key=str):
        inner = pods_selector(pods)
        scope = f"projectcalico.org/namespace == '{pods.namespace}'"
        terms.append(f"!({scope})" if inner == "all()" else f"!({scope} && {inner})")
    return " && ".join(terms)


def _rows(context: LayerContext) -> list[RuleRow]:
    facts = context.facts
    rows: list[RuleRow] = []
    if facts.dns_pods is not None and facts.dns_pods.host_network and facts.dns_service is not None:
        rows.append(RuleRow("", (), Peer(service=facts.dns_service), "platform.dns.service"))
    elif facts.dns_pods is not None:
        pods = PodSelection(facts.dns_pods.namespace, facts.dns_pods.labels)
        rows.extend(rule_rows([pods_peer(pods, "")], facts.dns_pods.ports, "platform.dns.pods", named_on_peer=True))
    rows.extend(rule_rows(network_peers(facts.dns_addresses), facts.dns_ports, "platform.dns.nodeLocal"))
    rows.extend(rule_rows(network_peers(facts.dns_resolvers), facts.dns_ports, "platform.dns.resolvers"))
    return rows
