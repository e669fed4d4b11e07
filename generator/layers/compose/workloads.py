"""Workloads: for each service one policy with both directions, from `needs` and `exposed` of all services.

Clients outside the cluster (load balancer, node port) are "anybody who is no pod": only a global policy can say that
without knowing the pods' address ranges (a lone notSelector there is a pure negation, calico.md 3.5.5), so these stand
in a global policy beside the service's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from generator.foundation.diagnostics import Diagnostic
from generator.intent.model import (
    CapabilityNeed,
    DomainStrategy,
    ExposedBy,
    ExternalNeed,
    Layout,
    PodsNeed,
    Service,
    ServiceNeed,
)
from generator.layers.compose.controllers import controller_policies, exposed_peers
from generator.layers.compose.externals import external_rows, external_sets
from generator.layers.context import Composed, LayerContext
from generator.layers.peers import PODS_ONLY, Peer, RuleRow, pods_peer, pods_selector, rule_rows
from generator.layers.scope import namespace_selector
from generator.layers.views import ExposedView, PolicyView


def compose(context: LayerContext) -> Composed:
    """Return the policies of all services, sorted by namespace and name, and the sets that externals need."""
    problems: list[Diagnostic] = []
    callers = _callers(context)
    policies: list[PolicyView] = []
    exposures: list[ExposedView] = []
    for service in sorted(context.intent.services.values(), key=lambda item: (item.pods.namespace, item.name)):
        ingress = _ingress(context, service, callers, problems)
        egress = _egress(context, service, problems)
        pods = service.pods
        name = context.names.namespaced(service.name)
        # Without rules it would do nothing in a tier that passes; the default deny holds for its pods.
        if ingress or egress or context.target.layout is Layout.SINGLE_TIER:
            policies.append(PolicyView(name, pods.namespace, pods_selector(pods), ingress, egress, service.origin.path))
        outside = _outside_rows(context, service)
        if outside:
            title = context.names.cluster_wide(f"{service.name}-exposed")
            selector = pods_selector(pods)
            selector = PODS_ONLY if selector == "all()" else f"{selector} && {PODS_ONLY}"
            scope = namespace_selector([pods.namespace])
            exposures.append(ExposedView(title, selector, scope, outside, service.origin.path))
    controllers = controller_policies(context)
    data = {"policies": policies, "exposures": exposures, "controllers": controllers}
    return Composed(data if any(data.values()) else {}, external_sets(context), tuple(problems))


def _callers(context: LayerContext) -> Mapping[str, list[tuple[Service, ServiceNeed]]]:
    """Index the edges by callee: one dependency is declared once, by the caller, and rendered at both ends."""
    found: dict[str, list[tuple[Service, ServiceNeed]]] = {}
    for service in sorted(context.intent.services.values(), key=lambda item: item.name):
        for need in service.needs:
            match need:
                case ServiceNeed():
                    found.setdefault(need.service, []).append((service, need))
                case ExternalNeed():
                    through = _proxy_edge(context, need)
                    if through is not None:
                        found.setdefault(through.service, []).append((service, through))
                case _:
                    pass
    return found


def _proxy_edge(context: LayerContext, need: ExternalNeed) -> ServiceNeed | None:
    """An external behind a proxy that is a service of ours is an edge to that service, at both its ends."""
    external = context.intent.externals[need.external]
    while external.strategy is DomainStrategy.PROXY:
        service = context.intent.services.get(external.proxy)
        if service is not None:
            return ServiceNeed(service.name, service.ports, need.origin)
        external = context.intent.externals[external.proxy]
    return None


def _ingress(
    context: LayerContext,
    service: Service,
    callers: Mapping[str, list[tuple[Service, ServiceNeed]]],
    problems: list[Diagnostic],
) -> tuple[RuleRow, ...]:
    namespace = service.pods.namespace
    own = pods_peer(service.pods, namespace)
    rows: list[RuleRow] = []
    for caller, need in callers.get(service.name, ()):
        rows.extend(rule_rows([pods_peer(caller.pods, namespace)], need.ports, need.origin.path, own))
    for exposed in service.exposed:
        peers = exposed_peers(context, service, exposed, problems)
        rows.extend(rule_rows(peers, exposed.ports, exposed.origin.path, own))
    return tuple(rows)


def _outside_rows(context: LayerContext, service: Service) -> tuple[RuleRow, ...]:
    rows: list[RuleRow] = []
    own = Peer(selector=PODS_ONLY)
    for exposed in service.exposed:
        if exposed.by in (ExposedBy.LOADBALANCER, ExposedBy.NODEPORT) and not exposed.cidrs:
            rows.extend(rule_rows([Peer(not_selector=PODS_ONLY)], exposed.ports, exposed.origin.path, own))
    return tuple(rows)


def _egress(context: LayerContext, service: Service, problems: list[Diagnostic]) -> tuple[RuleRow, ...]:
    namespace = service.pods.namespace
    rows: list[RuleRow] = []
    for need in service.needs:
        match need:
            case ServiceNeed(service=callee, ports=ports, origin=origin):
                peer = pods_peer(context.intent.services[callee].pods, namespace)
                rows.extend(rule_rows([peer], ports, origin.path, named_on_peer=True))
            case PodsNeed(pods=pods, ports=ports, origin=origin):
                rows.extend(rule_rows([pods_peer(pods, namespace)], ports, origin.path, named_on_peer=True))
            case ExternalNeed():
                rows.extend(external_rows(context, service, need, problems))
            case CapabilityNeed():
                pass  # the system layer's
    return tuple(rows)
