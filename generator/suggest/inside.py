"""Changes that may let a pod reach a pod: where at least one of the two is the intent's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from generator.intent.model import PodSelection, Service
from generator.reach.flow import End
from generator.reach.inventory import Pod
from generator.reach.place_names import workload_name
from generator.suggest.asked import Asked, cidr_of, group_of, is_offered, write_port
from generator.suggest.draft import Draft
from generator.suggest.model import Candidate, Group, Need

_HOLDS: Final = timedelta(days=90)
FILL_IN: Final = "write who answers for it, until when it holds, and why"
_BY_A_CONTROLLER: Final = ("ingress", "gateway", "apiserver")


@dataclass(frozen=True, slots=True)
class _Party:
    """A service of the intent: one that is there, or one that the change would add (`new` holds its body)."""

    name: str
    pods: PodSelection
    service: Service | None = None
    new: dict[str, Any] | None = None


def between_pods(asked: Asked) -> Iterator[Candidate]:
    """Yield changes for a flow between two pods, the smallest first."""
    source, destination = asked.flow.source, asked.flow.destination
    if asked.is_owned(source) and asked.is_owned(destination):
        for caller in _parties(asked, source):
            for callee in _parties(asked, destination):
                yield _need(asked, caller, callee)
        for service in asked.services_of(source):
            for other in asked.services_of(destination):
                yield _exception(asked, service, other.pods, other.name)
    elif asked.is_owned(source) and destination.pod is not None:
        for caller in _parties(asked, source):
            yield _need_elsewhere(asked, caller, destination.pod)
        for service in asked.services_of(source):
            yield _exception(asked, service, _selection(asked, destination.pod), None)
    elif asked.is_owned(destination) and source.pod is not None:
        for callee in _parties(asked, destination):
            yield from _exposed_to_controller(asked, callee, source.pod)
            yield _shared(asked, callee, source.pod)


def from_addresses(asked: Asked) -> Iterator[Candidate]:
    """Yield changes for a flow from a node, or from outside, to a pod of the intent."""
    if not asked.is_owned(asked.flow.destination):
        return
    source = asked.flow.source
    for callee in _parties(asked, asked.flow.destination):
        draft = Draft(asked)
        port = _offered(draft, callee)
        _declare(draft, callee)
        entry = {"by": "cidrs", "cidrs": [cidr_of(source)], **_ports_unless_all(callee, port)}
        draft.add(("services", callee.name, "exposed"), entry)
        yield draft.finish(Need(group_of(source), Group(callee.pods), asked.packets))


def whole_namespace(asked: Asked) -> Iterator[Candidate]:
    """Yield the change that lets all pods of each namespace talk; for packets that no need can name."""
    source, destination = asked.flow.source.pod, asked.flow.destination.pod
    if source is None or destination is None or source.namespace != destination.namespace:
        return
    if source.namespace in asked.owned:
        draft = Draft(asked)
        draft.put(("isolation",), "namespace")
        sources, destinations = Group(_selection(asked, source)), Group(_selection(asked, destination))
        yield draft.finish(Need(sources, destinations, asked.packets))


def parties(asked: Asked, end: End) -> list[tuple[str, PodSelection]]:
    """Return name and pods of each service that an end is of, or that a change would make for it."""
    return [(party.name, party.pods) for party in _parties(asked, end)]


def declare_caller(draft: Draft, end: End, name: str) -> None:
    """Declare the service of that name where the intent has none for the end."""
    for party in _parties(draft.asked, end):
        if party.name == name:
            _declare(draft, party)


def _parties(asked: Asked, end: End) -> list[_Party]:
    found = [_Party(item.name, item.pods, item) for item in asked.services_of(end)]
    if found or end.pod is None:
        return found
    return [_new_service(asked, end.pod)]


def _new_service(asked: Asked, pod: Pod) -> _Party:
    labels = asked.labels_of(pod)
    name = Draft(asked).free_name(workload_name(pod).partition("/")[2])
    body: dict[str, Any] = {}
    if asked.body("namespace") != pod.namespace:
        body["namespace"] = pod.namespace
    if labels != {"app": name}:
        body["select"] = labels
    return _Party(name, PodSelection(pod.namespace, tuple(sorted(labels.items()))), None, body)


def _declare(draft: Draft, party: _Party) -> None:
    if party.new is not None and draft.overlay.get("services", {}).get(party.name) is None:
        draft.put(("services", party.name), dict(party.new))


def _offered(draft: Draft, callee: _Party) -> int | str:
    """Return the port by which a need of the callee can name the asked one, after the callee offers it."""
    asked = draft.asked
    if callee.service is None:
        _declare(draft, callee)
        draft.add(("services", callee.name, "ports"), write_port(asked.port))
        return write_port(asked.port)
    held = is_offered(asked, callee.service, asked.flow.destination.pod)
    if held is None:
        draft.offer(callee.service, asked.port)
        return write_port(asked.port)
    return write_port(held if held.name else asked.port)


def _ports_unless_all(callee: _Party, port: int | str) -> dict[str, Any]:
    """Return `ports:` for a need, nothing where the callee has only this one."""
    if callee.service is None:
        return {}
    only = len(callee.service.ports) == 1 and write_port(callee.service.ports[0]) == port
    return {} if only else {"ports": [port]}


def _need(asked: Asked, caller: _Party, callee: _Party) -> Candidate:
    draft = Draft(asked)
    need = Need(Group(caller.pods), Group(callee.pods), asked.packets)
    port = _offered(draft, callee)
    _declare(draft, caller)
    target = "self" if caller.name == callee.name else callee.name
    narrowed = _ports_unless_all(callee, port)
    draft.add(("services", caller.name, "needs"), {"service": target, **narrowed} if narrowed else target)
    return draft.finish(need)


def _need_elsewhere(asked: Asked, caller: _Party, pod: Pod) -> Candidate:
    draft = Draft(asked)
    _declare(draft, caller)
    labels = asked.labels_of(pod)
    entry: dict[str, Any] = {"namespace": pod.namespace, "select": labels, "ports": [write_port(asked.port)]}
    if list(labels) == ["app"]:
        entry = {"service": labels["app"], "namespace": pod.namespace, "ports": [write_port(asked.port)]}
    draft.add(("services", caller.name, "needs"), entry)
    return draft.finish(Need(Group(caller.pods), Group(_selection(asked, pod)), asked.packets))


def _selection(asked: Asked, pod: Pod) -> PodSelection:
    return PodSelection(pod.namespace, tuple(sorted(asked.labels_of(pod).items())))


def _exception(asked: Asked, caller: Service, pods: PodSelection, name: str | None) -> Candidate:
    """An exception goes before what the workload policies, and whatever stands between the two, decide."""
    draft = Draft(asked)
    entry = {
        "from": caller.name,
        "to": name or {"namespace": pods.namespace, "select": dict(pods.labels)},
        "ports": [write_port(asked.port)],
        "owner": "OWNER",
        "until": (asked.as_of + _HOLDS).isoformat(),
        "reason": "REASON",
    }
    draft.add(("exceptions",), entry)
    return draft.finish(Need(Group(caller.pods), Group(pods), asked.packets), FILL_IN)


def _exposed_to_controller(asked: Asked, callee: _Party, pod: Pod) -> Iterator[Candidate]:
    for word in _BY_A_CONTROLLER:
        draft = Draft(asked)
        port = _offered(draft, callee)
        _declare(draft, callee)
        narrowed = _ports_unless_all(callee, port)
        draft.add(("services", callee.name, "exposed"), {"by": word, **narrowed} if narrowed else word)
        yield draft.finish(Need(Group(_selection(asked, pod)), Group(callee.pods), asked.packets))


def _shared(asked: Asked, callee: _Party, pod: Pod) -> Candidate:
    draft = Draft(asked)
    port = _offered(draft, callee)
    _declare(draft, callee)
    source = _selection(asked, pod)
    name = draft.free_name(workload_name(pod).partition("/")[2])
    body = {
        "from": {"namespace": source.namespace, "select": dict(source.labels)},
        "to": [callee.name],
        "ports": [port],
    }
    draft.put(("shared", name), body)
    return draft.finish(Need(Group(source), Group(callee.pods), asked.packets))
