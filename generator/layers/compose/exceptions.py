"""Exceptions: named, dated allowances beside the rules; an expired one stays until it is taken out of the intent."""

from __future__ import annotations

from generator.intent.model import Exception_, PodsNeed, ServiceNeed
from generator.layers.context import Composed, LayerContext
from generator.layers.peers import network_peers, pods_peer, pods_selector, rule_rows
from generator.layers.views import PolicyView


def compose(context: LayerContext) -> Composed:
    """Return a policy at the caller for each exception, and one at the callee where the intent owns it."""
    policies: list[PolicyView] = []
    for exception in context.intent.exceptions:
        policies.extend(_views(context, exception))
    return Composed({"policies": policies}) if policies else Composed()


def _views(context: LayerContext, exception: Exception_) -> list[PolicyView]:
    why = exception.origin.path
    caller = context.intent.services[exception.source].pods
    name = context.names.namespaced(f"exception-{exception.name}")
    match exception.to:
        case ServiceNeed(service=service):
            callee = context.intent.services[service].pods
        case PodsNeed(pods=pods):
            callee = pods
        case networks:
            rows = rule_rows(network_peers(networks), exception.ports, why)
            return [PolicyView(name, caller.namespace, pods_selector(caller), (), tuple(rows), why)]
    rows = rule_rows([pods_peer(callee, caller.namespace)], exception.ports, why, named_on_peer=True)
    views = [PolicyView(name, caller.namespace, pods_selector(caller), (), tuple(rows), why)]
    if context.owns(callee.namespace):
        own = pods_peer(callee, callee.namespace)
        rows = rule_rows([pods_peer(caller, callee.namespace)], exception.ports, why, own)
        title = context.names.namespaced(f"exception-{exception.name}-in")
        views.append(PolicyView(title, callee.namespace, pods_selector(callee), tuple(rows), (), why))
    return views
