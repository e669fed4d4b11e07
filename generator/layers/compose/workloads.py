"""Workloads: for each service one policy with both directions, from `needs` and `exposed` of all services.

Clients outside the cluster (load balancer, node port) are "anybody who is no pod": only a global policy can say that
without knowing the pods' address ranges (a lone notSelector there is a pure negation, calico.md 3.5.5), so these stand
in a global policy beside the service's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import (
    CapabilityNeed,
    DomainStrategy,
    Exposed,
    ExposedBy,
    ExternalNeed,
    PodSelection,
    PodsNeed,
    Service,
    ServiceNeed,
)
from generator.layers.codes import FACT_MISSING
from generator.layers.compose.externals import external_rows, external_sets
from generator.layers.context import Composed, LayerContext
from generator.layers.peers import PODS_ONLY, Peer, RuleRow, network_peers, pods_peer, pods_selector, rule_rows
from generator.layers.scope import namespace_selector
from generator.layers.views import ExposedView, PolicyView
from generator.platforms.model import PodFacts


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
        policies.append(PolicyView(name, pods.namespace, pods_selector(pods), ingress, egress, service.origin.path))
        outside = _outside_rows(context, service)
        if outside:
            title = context.names.cluster_wide(f"{service.name}-exposed")
            selector = pods_selector(pods)
            selector = PODS_ONLY if selector == "all()" else f"{selector} && {PODS_ONLY}"
            scope = namespace_selector([pods.namespace])
            exposures.append(ExposedView(title, selector, scope, outside, service.origin.path))
    data = {"policies": policies, "exposures": exposures} if policies else {}
    return Composed(data, external_sets(context), tuple(problems))


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
        peers = _exposed_peers(context, service, exposed, problems)
        rows.extend(rule_rows(peers, exposed.ports, exposed.origin.path, own))
    return tuple(rows)


def _exposed_peers(context: LayerContext, service: Service, exposed: Exposed, problems: list[Diagnostic]) -> list[Peer]:
    """Return who brings the traffic, where that is pods or ranges; clients who are no pods are handled apart."""
    namespace = service.pods.namespace
    if exposed.by is ExposedBy.APISERVER:
        return []  # the system layer's
    if exposed.by not in (ExposedBy.INGRESS, ExposedBy.GATEWAY):
        return network_peers(exposed.cidrs)
    peers = _controller_peers(context, exposed, namespace)
    if not peers:
        word = exposed.by.value
        problems.append(
            problem(
                FACT_MISSING,
                f"'{service.name}' is exposed by {word}, but platform '{context.profile.name}' does not know its pods",
                place=exposed.origin.place,
                path=exposed.origin.path,
                hint=f"name them: cluster.{word}: {{namespace: …, select: {{…}}}}, or `from:` beside `by:`",
            )
        )
    return peers


def _controller_peers(context: LayerContext, exposed: Exposed, namespace: str) -> list[Peer]:
    facts = context.facts
    if exposed.source is not None:
        return [pods_peer(exposed.source, namespace)]
    controller = facts.ingress if exposed.by is ExposedBy.INGRESS else facts.gateway
    peers: list[Peer] = []
    match controller:
        case PodFacts(host_network=True):
            peers.extend(network_peers(facts.node_networks))  # its traffic has the node's address
        case PodFacts(namespace=where, labels=labels):
            peers.append(pods_peer(PodSelection(where, labels), namespace))
        case None:
            pass
    peers.extend(network_peers(facts.ingress_networks))
    return peers


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
