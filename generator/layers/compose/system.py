"""System: what services need of the platform (`needs: [kubernetes-api]`), and calls of the API server to them."""

from __future__ import annotations

from generator.foundation.diagnostics import NOWHERE, Diagnostic, Place, problem
from generator.intent.model import CapabilityNeed, Exposed, ExposedBy, PodSelection, Service
from generator.layers.codes import FACT_MISSING
from generator.layers.context import Composed, LayerContext
from generator.layers.peers import Peer, RuleRow, network_peers, pods_peer, pods_selector, rule_rows
from generator.layers.views import PolicyView
from generator.platforms.model import CapabilityPeer


def compose(context: LayerContext) -> Composed:
    """Return one policy for each service that needs the platform or is called by the API server."""
    policies: list[PolicyView] = []
    problems: list[Diagnostic] = []
    for service in sorted(context.intent.services.values(), key=lambda item: item.name):
        egress = [
            row
            for need in service.needs
            if isinstance(need, CapabilityNeed)
            for row in _capability_rows(context, service, need, problems)
        ]
        ingress = [
            row
            for exposed in service.exposed
            if exposed.by is ExposedBy.APISERVER
            for row in _api_server_rows(context, service, exposed, problems)
        ]
        if egress or ingress:
            name = context.names.namespaced(f"{service.name}-system")
            pods = service.pods
            policies.append(
                PolicyView(
                    name, pods.namespace, pods_selector(pods), tuple(ingress), tuple(egress), service.origin.path
                )
            )
    policies.extend(_owned_ends(context))
    policies.extend(_platform_webhooks(context, problems))
    return Composed({"policies": policies} if policies else {}, problems=tuple(problems))


def _owned_ends(context: LayerContext) -> list[PolicyView]:
    """Return what lets callers in to the platform's pods, where the intent owns the namespace that they live in."""
    found: dict[tuple[str, PodSelection], list[RuleRow]] = {}
    for service in sorted(context.intent.services.values(), key=lambda item: item.name):
        for need in service.needs:
            if not isinstance(need, CapabilityNeed):
                continue
            for target in context.profile.capabilities[need.capability].peers:
                if target.pods is None or not context.owns(target.pods.namespace):
                    continue
                pods = PodSelection(target.pods.namespace, target.pods.labels)
                peer = pods_peer(service.pods, pods.namespace)
                rows = rule_rows([peer], target.ports, need.origin.path, pods_peer(pods, pods.namespace))
                found.setdefault((need.capability, pods), []).extend(rows)
    return [
        PolicyView(
            context.names.namespaced(f"needed-{name}"),
            pods.namespace,
            pods_selector(pods),
            tuple(rows),
            (),
            rows[0].why,
        )
        for (name, pods), rows in sorted(found.items(), key=str)
    ]


def _capability_rows(
    context: LayerContext, service: Service, need: CapabilityNeed, problems: list[Diagnostic]
) -> list[RuleRow]:
    rows: list[RuleRow] = []
    for target in context.profile.capabilities[need.capability].peers:
        peers = _capability_peers(context, service, need, target, problems)
        # A service match already carries the target ports, and Calico takes no others beside it (calico.md 4.6).
        ports = () if target.service is not None else target.ports
        rows.extend(rule_rows(peers, ports, need.origin.path, named_on_peer=True))
    return rows


def _capability_peers(
    context: LayerContext,
    service: Service,
    need: CapabilityNeed,
    target: CapabilityPeer,
    problems: list[Diagnostic],
) -> list[Peer]:
    if target.service is not None:
        return [Peer(service=target.service)]
    if target.pods is not None:
        return [pods_peer(PodSelection(target.pods.namespace, target.pods.labels), service.pods.namespace)]
    if not target.nodes:
        return network_peers(target.networks)
    if not context.facts.node_networks:
        problems.append(
            problem(
                FACT_MISSING,
                f"'{need.capability}' needs the addresses of the nodes",
                place=need.origin.place,
                path=need.origin.path,
                hint="state them: cluster.nodes: [10.0.0.0/24]",
            )
        )
    return network_peers(context.facts.node_networks)


def _api_server_rows(
    context: LayerContext, service: Service, exposed: Exposed, problems: list[Diagnostic]
) -> list[RuleRow]:
    namespace = service.pods.namespace
    own = pods_peer(service.pods, namespace)
    if exposed.source is not None:  # the intent says which pods the calls come through
        return rule_rows([pods_peer(exposed.source, namespace)], exposed.ports, exposed.origin.path, own)
    peers = _api_server_peers(context, namespace)
    if not peers:
        problems.append(_api_server_unknown(f"'{service.name}'", exposed.origin.path, exposed.origin.place))
    return rule_rows(peers, exposed.ports, exposed.origin.path, own)


def _api_server_peers(context: LayerContext, namespace: str) -> list[Peer]:
    """The API server calls from its own host, through agents where the platform has them, or from any node."""
    facts = context.facts
    agents = [
        pods_peer(PodSelection(agent.namespace, agent.labels), namespace)
        for agent in facts.api_server_agents
        if not agent.host_network
    ]
    return [*agents, *network_peers([*facts.api_server_networks, *facts.node_networks])]


def _api_server_unknown(what: str, path: str, place: Place = NOWHERE) -> Diagnostic:
    return problem(
        FACT_MISSING,
        f"the API server calls {what}, but its addresses are not known",
        place=place,
        path=path,
        hint="state them: cluster.apiServer: [10.0.0.5], or cluster.nodes",
    )


def _platform_webhooks(context: LayerContext, problems: list[Diagnostic]) -> list[PolicyView]:
    """Return what lets the API server in to webhooks of the platform that live in an owned namespace."""
    policies: list[PolicyView] = []
    for webhook in context.profile.webhooks:
        namespace = webhook.pods.namespace
        if webhook.pods.host_network or not context.owns(namespace):
            continue
        pods = PodSelection(namespace, webhook.pods.labels)
        why = f"platform.webhooks.{webhook.name}"
        peers = _api_server_peers(context, namespace)
        if not peers:
            problems.append(_api_server_unknown(f"{webhook.name} in '{namespace}'", "platform"))
        rows = rule_rows(peers, webhook.pods.ports, why, pods_peer(pods, namespace))
        name = context.names.namespaced(f"webhook-{webhook.name}")
        policies.append(PolicyView(name, namespace, pods_selector(pods), tuple(rows), (), why))
    return policies
