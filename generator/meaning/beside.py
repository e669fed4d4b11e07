"""What is allowed beside the needs of services: shared services, exceptions, and isolation by namespace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.intent.model import Exception_, Intent, PodsNeed, ServiceNeed, SharedService
from generator.meaning.address_ranges import as_set
from generator.meaning.model import Addresses, Grant, OwnedPods, Ownership, PodsOfNamespace, SelectedPods, Way
from generator.meaning.services import both_ends


def shared_service(intent: Intent, shared: SharedService, ownership: Ownership) -> Iterator[Grant]:
    """Give both ends of a shared service: to all owned pods, or to those of some services."""
    why = shared.origin.path
    if shared.to is not None:
        for name in shared.to:
            yield from both_ends("shared", why, shared.source, intent.services[name].pods, shared.ports, ownership)
        return
    source = SelectedPods(shared.source)
    yield Grant("shared", why, Way.ARRIVING, OwnedPods(), source, shared.ports)
    if ownership.owns(shared.source.namespace):
        yield Grant("shared", why, Way.LEAVING, source, OwnedPods(), shared.ports)


def exception(intent: Intent, item: Exception_, ownership: Ownership) -> Iterator[Grant]:
    """Give what an exception allows; one that has expired allows it until it is taken out of the intent."""
    caller = intent.services[item.source].pods
    why = item.origin.path
    match item.to:
        case ServiceNeed(service=name):
            yield from both_ends("exceptions", why, caller, intent.services[name].pods, item.ports, ownership)
        case PodsNeed(pods=pods):
            yield from both_ends("exceptions", why, caller, pods, item.ports, ownership)
        case networks:
            peer = Addresses(as_set(networks))
            yield Grant("exceptions", why, Way.LEAVING, SelectedPods(caller), peer, item.ports)


def inside_namespaces(namespaces: Iterable[str]) -> Iterator[Grant]:
    """Give that pods of a namespace may talk to each other, in both directions."""
    for namespace in sorted(namespaces):
        pods = PodsOfNamespace(namespace)
        for way in Way:
            yield Grant("isolation", "isolation", way, pods, pods, None)
