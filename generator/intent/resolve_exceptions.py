"""Exceptions, and the old policies that the set takes over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import Path
from generator.intent.codes import (
    DUPLICATE_ENTRY,
    DUPLICATE_NAME,
    NO_PORTS,
    UNKNOWN_NAME,
)
from generator.intent.context import Resolving, pods_of, ports_of, refuse_empty
from generator.intent.file_model import CidrsPart, ExceptionPart, PodsPart, SelectorPart
from generator.intent.model import (
    Exception_,
    Network,
    PodsNeed,
    Replaced,
    Service,
    ServiceNeed,
)
from generator.intent.networks import sort_networks
from generator.intent.problems import known_names
from generator.intent.resolve_externals import refuse_named_ports

_NAME_LENGTH = 40  # leaves room for what the layers put around it

Target = ServiceNeed | PodsNeed | tuple[Network, ...]


def resolve_exceptions(run: Resolving, services: Mapping[str, Service]) -> tuple[Exception_, ...]:
    """Return the exceptions by name; those without one get a name made of both ends."""
    found: list[tuple[Exception_, bool]] = []
    for position, part in enumerate(run.file.exceptions or []):
        path: Path = ("exceptions", position)
        exception = _exception(run, services, part, path)
        if exception is not None:
            found.append((exception, part.name is not None))
    return _give_names(run, found)


def _exception(run: Resolving, services: Mapping[str, Service], part: ExceptionPart, path: Path) -> Exception_ | None:
    if part.from_ not in services:
        _unknown_service(run, part.from_, services, (*path, "from"))
    refuse_empty(run, part.ports, (*path, "ports"), "name ports; an empty list never means any")
    target = _target(run, services, part, path)
    if target is None or part.from_ not in services:
        return None
    name = part.name or _made_name(part.from_, target)
    ports = ports_of(part.ports or ()) or (target.ports if isinstance(target, ServiceNeed) else ())
    if not ports and not run.incomplete((*path, "ports")) and part.ports is None:
        run.report(NO_PORTS, "the exception has no ports", path, "write `ports:` with those that may be called")
    return Exception_(
        name=name,
        source=part.from_,
        to=replace(target, ports=ports) if isinstance(target, ServiceNeed | PodsNeed) else target,
        ports=ports,
        owner=part.owner,
        until=part.until,
        reason=part.reason,
        origin=run.origin(f"exceptions[{name}]", path),
    )


def _target(run: Resolving, services: Mapping[str, Service], part: ExceptionPart, path: Path) -> Target | None:
    here: Path = (*path, "to")
    match part.to:
        case str(name):
            target = part.from_ if name == "self" else name
            if target not in services:
                _unknown_service(run, target, services, here)
                return None
            callee = services[target]
            return ServiceNeed(target, callee.ports, run.origin(_way(part, target), path))
        case PodsPart():
            pods = pods_of(run, part.to, here)
            own = next((item for item in services.values() if item.pods == pods), None)
            if own is not None:
                return ServiceNeed(own.name, own.ports, run.origin(_way(part, own.name), path))
            return PodsNeed(pods, (), run.origin(_way(part, pods.namespace), path))
        case CidrsPart():
            refuse_empty(run, part.to.cidrs, (*here, "cidrs"), "name ranges; an empty list never means any")
            refuse_named_ports(run, part.ports, (*path, "ports"))
            return sort_networks(part.to.cidrs)


def _way(part: ExceptionPart, target: str) -> str:
    return f"exceptions[{part.name or part.from_}].to[{target}]"


def _unknown_service(run: Resolving, name: str, services: Mapping[str, Service], path: Path) -> None:
    hint = f"{run.suggest(name, services)} {known_names(services, 'services')}".strip()
    run.report(UNKNOWN_NAME, f"'{name}' is no service of this intent", path, hint)


def _made_name(source: str, target: Target) -> str:
    match target:
        case ServiceNeed(service=service):
            text = service
        case PodsNeed(pods=pods):
            text = "-".join((pods.namespace, *(value for _, value in pods.labels)))
        case networks:
            text = str(networks[0]) if networks else "nothing"
    name = re.sub(r"[^a-z0-9]+", "-", f"{source}-to-{text}".lower())
    return name[:_NAME_LENGTH].strip("-")


def _give_names(run: Resolving, found: list[tuple[Exception_, bool]]) -> tuple[Exception_, ...]:
    """Make names unique: given ones must be, made ones get a number, whatever their sequence in the file."""
    taken: dict[str, Exception_] = {}
    for exception, given in sorted(found, key=_by_content):
        if given and exception.name in taken:
            run.problems.append(_name_twice(exception))
        if given:
            taken.setdefault(exception.name, exception)
    for exception, given in sorted(found, key=_by_content):
        if given:
            continue
        name, number = exception.name, 1
        while name in taken:
            number += 1
            name = f"{exception.name}-{number}"
        taken[name] = _renamed(exception, name)
    return tuple(item for _, item in sorted(taken.items()))


def _by_content(item: tuple[Exception_, bool]) -> tuple[str, ...]:
    exception = item[0]
    target = exception.to
    match target:
        case ServiceNeed(service=service):
            text = service
        case PodsNeed(pods=pods):
            text = str(pods)
        case networks:
            text = str(networks)
    parts = (exception.name, exception.source, text, str(exception.ports), str(exception.until))
    return (*parts, exception.owner, exception.reason, str(exception.origin.place))


def _renamed(exception: Exception_, name: str) -> Exception_:
    origin = replace(exception.origin, path=f"exceptions[{name}]")
    target = exception.to
    if isinstance(target, ServiceNeed | PodsNeed):
        target = replace(target, origin=replace(target.origin, path=origin.path))
    return replace(exception, name=name, origin=origin, to=target)


def _name_twice(exception: Exception_) -> Diagnostic:
    summary = f"two exceptions have the name '{exception.name}'"
    hint = "give each its own, or leave the name out"
    return problem(DUPLICATE_NAME, summary, place=exception.origin.place, path=exception.origin.path, hint=hint)


def resolve_replaced(run: Resolving) -> tuple[Replaced, ...]:
    """Return the old policies that are taken over, each once."""
    found: dict[tuple[str, str], Replaced] = {}
    for position, entry in enumerate(run.file.replaces or []):
        path: Path = ("replaces", position)
        identity, selector = ("", entry.selector) if isinstance(entry, SelectorPart) else entry
        origin = run.origin(f"replaces[{identity or selector}]", path)
        if (identity, selector) in found:
            run.report(DUPLICATE_ENTRY, f"'{identity or selector}' stands twice", path, "take one of them out")
        found.setdefault((identity, selector), Replaced(identity, selector, origin))
    return tuple(item for _, item in sorted(found.items()))
