"""Rules and sets for what lies outside the cluster (product.md 3): ranges, domains, anywhere, a proxy."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import (
    DomainStrategy,
    External,
    ExternalNeed,
    Network,
    PortSpec,
    Service,
)
from generator.layers.codes import NAMED_PORT_ALONE
from generator.layers.context import LayerContext, SetView
from generator.layers.names import set_label
from generator.layers.needed import needed_externals
from generator.layers.networks import network_key
from generator.layers.peers import Peer, RuleRow, network_peers, pods_peer, rule_rows, set_peer

MAX_DIRECT: Final = 64  # more ranges than this stand in a network set, which every rule can share
MAX_SET: Final = 10_000

# What "anywhere" leaves out beside the cluster's own ranges: RFC 1918, 6598, 3927, 1122, 5771, 1112, 4193, 4291.
NOT_ANYWHERE: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::1/128", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
ANYWHERE: Final[tuple[Network, ...]] = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def external_rows(
    context: LayerContext, service: Service, need: ExternalNeed, problems: list[Diagnostic]
) -> list[RuleRow]:
    """Return the egress rules of one need; never an empty peer, for that would mean anybody (field-notes L6)."""
    external = context.intent.externals[need.external]
    if external.strategy is DomainStrategy.PROXY:
        return _proxy_rows(context, service, external, need, problems)
    named = [port for port in need.ports if port.name]
    if named:
        problems.append(
            problem(
                NAMED_PORT_ALONE,
                f"port '{named[0]}' of external '{external.name}' is a name, and addresses have no names for ports",
                place=need.origin.place,
                path=need.origin.path,
                hint="write the number",
            )
        )
        return []
    peers = external_peers(context, external)
    return rule_rows(peers, need.ports, need.origin.path)


def external_peers(context: LayerContext, external: External) -> list[Peer]:
    """Return the peers of an external; a large one is the peer of its network sets."""
    if external.anywhere:
        return network_peers(ANYWHERE, [*NOT_ANYWHERE, *context.facts.own_networks, *context.facts.metadata_addresses])
    if external.strategy is DomainStrategy.ENTERPRISE:
        ranges = network_peers(external.cidrs)
        return [*ranges, Peer(domains=external.domains)] if external.domains else ranges
    if needs_set(context, external):
        return [set_peer(_label(external), context.intent.name)]
    return network_peers(_networks(context, external))


def external_sets(context: LayerContext) -> tuple[SetView, ...]:
    """Return the sets of all externals that some service needs and that are kept in sets."""
    sets: list[SetView] = []
    for name in needed_externals(context.intent):
        external = context.intent.externals[name]
        if not needs_set(context, external):
            continue
        nets = [str(net) for net in sorted(_networks(context, external), key=network_key)]
        for number, start in enumerate(range(0, len(nets), MAX_SET), start=1):
            label = _label(external)
            title = context.names.network_set(label, number)
            sets.append(SetView(title, label, tuple(nets[start : start + MAX_SET]), external.origin.path))
    return tuple(sets)


def needs_set(context: LayerContext, external: External) -> bool:
    """Tell whether an external's addresses stand in a set: resolved ones always, ranges when there are many."""
    if external.anywhere or external.strategy in (DomainStrategy.ENTERPRISE, DomainStrategy.PROXY):
        return False
    return external.name in context.addresses or len(external.cidrs) > MAX_DIRECT


def _networks(context: LayerContext, external: External) -> list[Network]:
    return sorted({*external.cidrs, *context.addresses.get(external.name, ())}, key=network_key)


def _label(external: External) -> str:
    return set_label(f"external-{external.name}")


def _proxy_rows(
    context: LayerContext, service: Service, external: External, need: ExternalNeed, problems: list[Diagnostic]
) -> list[RuleRow]:
    """With strategy `proxy` the caller reaches the egress proxy, which is a service or another external.

    The strategy is for domains: ranges beside them are reached directly.
    """
    direct = rule_rows(network_peers(external.cidrs), need.ports, need.origin.path)
    return [*direct, *_to_proxy(context, service, external, need, problems)]


def _to_proxy(
    context: LayerContext, service: Service, external: External, need: ExternalNeed, problems: list[Diagnostic]
) -> list[RuleRow]:
    proxy = context.intent.services.get(external.proxy)
    if proxy is not None:
        peer = pods_peer(proxy.pods, service.pods.namespace)
        ports: tuple[PortSpec, ...] = proxy.ports
        return rule_rows([peer], ports, need.origin.path, named_on_peer=True)
    through = context.intent.externals[external.proxy]
    return external_rows(context, service, ExternalNeed(through.name, through.ports, need.origin), problems)
