"""What no owned pod may do, whatever is allowed elsewhere: guardrails and threat feeds (product.md 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.intent.model import ExternalNeed, Intent, Network, PortSpec
from generator.meaning.address_ranges import LINK_LOCAL, NEVER_IN_A_FEED, as_set
from generator.meaning.files import feed_addresses
from generator.meaning.model import Addresses, Denial, FeedOf, Way
from generator.packets.addresses import AddressSet
from generator.platforms.effective import EffectiveFacts


def guardrails(intent: Intent, facts: EffectiveFacts) -> Iterator[Denial]:
    """Give the denial of cloud metadata and link-local addresses.

    Left open are the addresses and ports that the platform needs, and those that the intent names on purpose: ranges of
    a needed external or of an exception that lie within what is denied. One that merely contains it names it not.
    """
    if _is_off(intent, "guardrails"):
        return
    denied = LINK_LOCAL | as_set(facts.metadata_addresses)
    exempt: list[tuple[AddressSet, tuple[PortSpec, ...]]] = [
        (as_set([net]) & denied, (port,)) for net, port in facts.exemptions
    ]
    for networks, ports in _named_on_purpose(intent):
        exempt += [(nets, ports) for nets in (as_set([net]) for net in networks) if not nets - denied]
    kept = tuple((nets, ports) for nets, ports in exempt if nets)
    yield Denial("guardrails", "layers.guardrails", Way.LEAVING, Addresses(denied), kept)


def _is_off(intent: Intent, layer: str) -> bool:
    settings = intent.layers.get(layer)
    return settings is not None and not settings.enabled


def _named_on_purpose(intent: Intent) -> Iterator[tuple[tuple[Network, ...], tuple[PortSpec, ...]]]:
    for name in sorted(_needed_externals(intent)):
        external = intent.externals[name]
        yield external.cidrs, external.ports
    for exception in intent.exceptions:
        if isinstance(exception.to, tuple):
            yield exception.to, exception.ports


def _needed_externals(intent: Intent) -> set[str]:
    """Return the externals that a service needs, or that are the proxy of one that is needed."""
    needs = (need for service in intent.services.values() for need in service.needs)
    found: set[str] = set()
    for name in {need.external for need in needs if isinstance(need, ExternalNeed)}:
        while name and name not in intent.services and name not in found:
            found.add(name)
            name = intent.externals[name].proxy
    return found


def threat_feeds(intent: Intent, facts: EffectiveFacts) -> Iterator[Denial]:
    """Give the denial of each feed's addresses, both ways.

    A feed never holds what runs the cluster nor what the intent names by address (field-notes L5); a feed of another
    intent is as that one renders it.
    """
    if _is_off(intent, "threat-feeds") or not intent.feeds:
        return
    spared = NEVER_IN_A_FEED | as_set(_own_addresses(intent, facts))
    for name, feed in sorted(intent.feeds.items()):
        peer: Addresses | FeedOf
        if feed.owned_by:
            peer = FeedOf(feed.owned_by, name)
        else:
            nets: AddressSet = feed_addresses(intent, feed.file) - spared
            if not nets:
                continue
            peer = Addresses(nets)
        for way in Way:
            yield Denial("threat-feeds", feed.origin.path, way, peer)


def _own_addresses(intent: Intent, facts: EffectiveFacts) -> Iterable[Network]:
    yield from facts.own_networks
    yield from facts.node_networks
    yield from facts.api_server_networks
    yield from facts.dns_addresses
    yield from facts.dns_resolvers
    yield from facts.ingress_networks
    yield from facts.gateway_networks
    yield from (net for net, _ in facts.exemptions)
    for external in intent.externals.values():
        yield from external.cidrs
    for exception in intent.exceptions:
        if isinstance(exception.to, tuple):
            yield from exception.to
