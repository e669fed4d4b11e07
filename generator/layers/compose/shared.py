"""Shared services: a cluster service such as monitoring may reach many pods of the scope (`shared:`)."""

from __future__ import annotations

from generator.intent.model import SharedService
from generator.layers.context import Composed, LayerContext
from generator.layers.peers import PODS_ONLY, Peer, pods_peer, pods_selector, rule_rows
from generator.layers.views import GlobalView, PolicyView


def compose(context: LayerContext) -> Composed:
    """Return global policies for what reaches every pod, namespaced ones for what reaches single services."""
    everywhere: list[GlobalView] = []
    policies: list[PolicyView] = []
    for shared in sorted(context.intent.shared.values(), key=lambda item: item.name):
        if shared.to is None:
            own = Peer(selector=PODS_ONLY)
            rows = tuple(rule_rows([pods_peer(shared.source, "")], shared.ports, shared.origin.path, own))
            for part in context.scope:
                name = context.names.cluster_wide(f"shared-{shared.name}", part.number)
                everywhere.append(GlobalView(name, part, rows, shared.origin.path))
        else:
            policies.extend(_to_services(context, shared, shared.to))
        if context.owns(shared.source.namespace):
            policies.append(_from_source(context, shared))
    return Composed({"everywhere": everywhere, "policies": policies}) if everywhere or policies else Composed()


def _to_services(context: LayerContext, shared: SharedService, to: tuple[str, ...]) -> list[PolicyView]:
    views = []
    for name in sorted(to):
        pods = context.intent.services[name].pods
        own = pods_peer(pods, pods.namespace)
        rows = rule_rows([pods_peer(shared.source, pods.namespace)], shared.ports, shared.origin.path, own)
        title = context.names.namespaced(f"{name}-shared-{shared.name}")
        views.append(PolicyView(title, pods.namespace, pods_selector(pods), tuple(rows), (), shared.origin.path))
    return views


def _from_source(context: LayerContext, shared: SharedService) -> PolicyView:
    """The source lives in a namespace that is owned, so its egress is ours too."""
    if shared.to is None:
        peers = [Peer(selector=PODS_ONLY, namespace_selector=part.namespace_selector) for part in context.scope]
    else:
        peers = [pods_peer(context.intent.services[name].pods, shared.source.namespace) for name in sorted(shared.to)]
    rows = rule_rows(peers, shared.ports, shared.origin.path, named_on_peer=True)
    title = context.names.namespaced(f"shared-{shared.name}")
    selector = pods_selector(shared.source)
    return PolicyView(title, shared.source.namespace, selector, (), tuple(rows), shared.origin.path)
