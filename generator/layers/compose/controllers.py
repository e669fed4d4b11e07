"""Ingress controllers and gateways: who brings the traffic of exposed services, at both ends where both are ours."""

from __future__ import annotations

from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import Exposed, ExposedBy, PodSelection, Service
from generator.layers.codes import FACT_MISSING
from generator.layers.context import LayerContext
from generator.layers.peers import Peer, RuleRow, network_peers, pods_peer, pods_selector, rule_rows
from generator.layers.views import PolicyView
from generator.platforms.model import PodFacts

_BY_PODS = (ExposedBy.INGRESS, ExposedBy.GATEWAY, ExposedBy.APISERVER)


def exposed_peers(context: LayerContext, service: Service, exposed: Exposed, problems: list[Diagnostic]) -> list[Peer]:
    """Return who brings the traffic, where that is pods or ranges; clients who are no pods are handled apart."""
    if exposed.by is ExposedBy.APISERVER:
        return []  # the system layer's
    if exposed.by not in (ExposedBy.INGRESS, ExposedBy.GATEWAY):
        return network_peers(exposed.cidrs)
    controller = _controller(context, exposed)
    on_host = isinstance(controller, PodFacts)
    peers = [pods_peer(controller, service.pods.namespace)] if isinstance(controller, PodSelection) else []
    if exposed.source is None:
        ingress = exposed.by is ExposedBy.INGRESS
        peers.extend(network_peers(context.facts.ingress_networks if ingress else context.facts.gateway_networks))
    if on_host:  # its traffic has the node's address
        peers.extend(network_peers(context.facts.node_networks))
    if not peers or (on_host and not context.facts.node_networks):
        problems.append(_unknown(context, service, exposed, on_host))
    return peers


def _controller(context: LayerContext, exposed: Exposed) -> PodSelection | PodFacts | None:
    """Return the controller's pods; those on the host's network as facts, for no selector matches them."""
    if exposed.source is not None:
        return exposed.source
    facts = context.facts.ingress if exposed.by is ExposedBy.INGRESS else context.facts.gateway
    if facts is None or facts.host_network:
        return facts
    return PodSelection(facts.namespace, facts.labels)


def _unknown(context: LayerContext, service: Service, exposed: Exposed, on_host: bool) -> Diagnostic:
    word = exposed.by.value
    name = context.profile.name
    if on_host:
        summary = f"'{service.name}' is exposed by {word}, which platform '{name}' runs on the nodes' network"
        hint = "state the nodes' addresses: cluster.nodes: [10.0.0.0/24]"
    else:
        summary = f"'{service.name}' is exposed by {word}, but platform '{name}' does not know its pods"
        hint = f"name them: cluster.{word}: {{namespace: …, select: {{…}}}}, or `from:` beside `by:`"
    return problem(FACT_MISSING, summary, place=exposed.origin.place, path=exposed.origin.path, hint=hint)


def controller_policies(context: LayerContext) -> list[PolicyView]:
    """Return the egress of controllers whose namespace is owned: one exposure is declared once, for both its ends."""
    found: dict[PodSelection, list[RuleRow]] = {}
    for service in sorted(context.intent.services.values(), key=lambda item: item.name):
        for exposed in service.exposed:
            if exposed.by not in _BY_PODS:
                continue
            controller = exposed.source if exposed.by is ExposedBy.APISERVER else _controller(context, exposed)
            if isinstance(controller, PodSelection) and context.owns(controller.namespace):
                peer = pods_peer(service.pods, controller.namespace)
                rows = rule_rows([peer], exposed.ports, exposed.origin.path, named_on_peer=True)
                found.setdefault(controller, []).extend(rows)
    return [
        PolicyView(_name(context, pods), pods.namespace, pods_selector(pods), (), tuple(rows), rows[0].why)
        for pods, rows in sorted(found.items(), key=lambda item: str(item[0]))
    ]


def _name(context: LayerContext, pods: PodSelection) -> str:
    """Name the controller by one of its labels' values, as far as that can stand in a name."""
    values = "-".join(value.lower() for _, value in pods.labels[:1] if value) or pods.service_account or "pods"
    return context.names.namespaced(f"exposing-{values}")
