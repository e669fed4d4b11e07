"""Does anybody call what a service listens on? A need that was forgotten shows nowhere else before a plan cuts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.checks.codes import NEEDED_BY_NOBODY
from generator.checks.matching import labels_match
from generator.foundation.diagnostics import Diagnostic, problem, sort_diagnostics
from generator.intent.model import Intent, Isolation, PodSelection, PodsNeed, PortSpec, Service, ServiceNeed


def check_unneeded(intent: Intent) -> list[Diagnostic]:
    """Report services with ports that nothing of the intent lets anybody reach; a snapshot is not asked.

    Reached are those that somebody needs (itself too, by `self`), that an external has for its proxy, that are
    exposed, that `shared:` or an exception reaches, and in `isolation: namespace` those that have a neighbour. What
    runs by a schedule has no callers to be forgotten.
    """
    named = set(_called(intent))
    selected = list(_selected(intent))
    neighbours = _neighbours(intent)
    return sort_diagnostics(
        _unneeded(service)
        for service in intent.services.values()
        if service.ports
        and not service.exposed
        and not service.schedule
        and service.name not in named
        and not any(_holds(pods, service.pods) for pods in selected)
        and not any(_meet(ports, service.ports) for ports in _for_all(intent))
        and neighbours.get(service.pods.namespace, 0) < 2
    )


def _called(intent: Intent) -> Iterator[str]:
    """Yield the names of services that something of the intent reaches by name."""
    for service in intent.services.values():
        yield from (need.service for need in service.needs if isinstance(need, ServiceNeed))
    yield from (external.proxy for external in intent.externals.values() if external.proxy)
    for shared in intent.shared.values():
        yield from shared.to or ()
    yield from (item.to.service for item in intent.exceptions if isinstance(item.to, ServiceNeed))


def _selected(intent: Intent) -> Iterator[PodSelection]:
    """Yield the pods that something of the intent reaches by their labels."""
    for service in intent.services.values():
        yield from (need.pods for need in service.needs if isinstance(need, PodsNeed))
    yield from (item.to.pods for item in intent.exceptions if isinstance(item.to, PodsNeed))


def _for_all(intent: Intent) -> Iterator[tuple[PortSpec, ...]]:
    """Yield the ports on which a shared service reaches every owned pod."""
    return (shared.ports for shared in intent.shared.values() if shared.to is None)


def _neighbours(intent: Intent) -> dict[str, int]:
    """Return how many services each namespace has, where those of one namespace may all call each other."""
    found: dict[str, int] = {}
    for service in intent.services.values() if intent.isolation is Isolation.NAMESPACE else ():
        found[service.pods.namespace] = found.get(service.pods.namespace, 0) + 1
    return found


def _holds(wider: PodSelection, narrower: PodSelection) -> bool:
    same_account = not wider.service_account or wider.service_account == narrower.service_account
    return wider.namespace == narrower.namespace and same_account and labels_match(wider.labels, narrower.labels)


def _meet(left: Iterable[PortSpec], right: tuple[PortSpec, ...]) -> bool:
    """Tell whether two lists have a port in common; a name is another port than a number, as far as is known here."""
    return any(
        one.protocol == other.protocol
        and one.name == other.name
        and one.first <= other.last
        and other.first <= one.last
        for one in left
        for other in right
    )


def _unneeded(service: Service) -> Diagnostic:
    ports = ", ".join(map(str, service.ports))
    return problem(
        NEEDED_BY_NOBODY,
        f"'{service.name}' listens on {ports}, but no service needs it and it is not exposed",
        place=service.origin.place,
        path=service.origin.path,
        hint="if something calls it, write it under the caller's needs:; if nothing does, leave out its ports",
    )
