"""Changes that may let a pod of the intent reach a node or an address outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.intent.model import External, PodSelection
from generator.intent.ports import missing_ports
from generator.packets.addresses import AddressSet, format_address
from generator.packets.intervals import Intervals
from generator.packets.transport import TCP, UDP, TransportSet
from generator.suggest.asked import Asked, cidr_of, group_of, write_port
from generator.suggest.draft import Draft
from generator.suggest.inside import declare_caller, parties
from generator.suggest.model import Candidate, Group, Need

_DNS = 53


def to_addresses(asked: Asked) -> Iterator[Candidate]:
    """Yield changes for a flow from a pod of the intent to an address: what has a name first, then the bare address."""
    source = asked.flow.source
    if not asked.is_owned(source):
        return
    for name, pods in parties(asked, source):
        for external in asked.intent.externals.values():
            yield from _known_external(asked, name, pods, external)
        for capability in sorted(asked.capabilities):
            draft = Draft(asked)
            declare_caller(draft, source, name)
            draft.add(("services", name, "needs"), capability)
            yield draft.finish(Need(Group(pods), group_of(asked.flow.destination), asked.packets))
        yield _new_external(asked, name, pods)


def names_again(asked: Asked) -> Iterator[Candidate]:
    """Yield the change that lets a service with `dns: false` ask for names."""
    if asked.transport.destination_port != _DNS or asked.transport.protocol not in (TCP, UDP):
        return
    packets = TransportSet.nothing()
    for protocol in (TCP, UDP):
        packets = packets | TransportSet.of_ports(protocol, None, Intervals.single(_DNS))
    for service in asked.services_of(asked.flow.source):
        if not service.dns:
            draft = Draft(asked)
            draft.put(("services", service.name, "dns"), True)
            yield draft.finish(Need(Group(service.pods), None, packets))


def _known_external(asked: Asked, name: str, pods: PodSelection, external: External) -> Iterator[Candidate]:
    """An external that is there already, on the asked port alone.

    Its ranges are what the intent has a name for, so all of them are the need. One by domains may hold the address or
    not, which shows when it is tried.
    """
    if missing_ports([asked.port], external.ports):
        return
    family, number = asked.flow.destination.address
    ranges = AddressSet.of_cidrs(str(item) for item in external.cidrs)
    if external.cidrs and not external.domains and not ranges.contains(number, family):
        return
    draft = Draft(asked)
    declare_caller(draft, asked.flow.source, name)
    only = len(external.ports) == 1 and external.ports[0] == asked.port
    plain = only and external.name not in asked.intent.services
    entry: Any = external.name if plain else {"external": external.name}
    draft.add(
        ("services", name, "needs"), entry if only else {"external": external.name, "ports": [write_port(asked.port)]}
    )
    yield draft.finish(Need(Group(pods), Group(addresses=ranges), asked.packets))


def _new_external(asked: Asked, name: str, pods: PodSelection) -> Candidate:
    destination = asked.flow.destination
    draft = Draft(asked)
    declare_caller(draft, asked.flow.source, name)
    wish = destination.node if destination.is_host else format_address(*destination.address)
    title = draft.free_name(f"host-{wish}")
    draft.put(("externals", title), {"cidrs": [cidr_of(destination)], "ports": [write_port(asked.port)]})
    draft.add(("services", name, "needs"), title)
    return draft.finish(Need(Group(pods), group_of(destination), asked.packets))
