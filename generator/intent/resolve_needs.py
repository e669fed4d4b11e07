"""Needs: from a name or a mapping to the service, pods, external or capability that is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from generator.foundation.source import Path
from generator.intent.codes import DUPLICATE_NEED, NO_PORTS, OWNED_PODS, PORT_NOT_OFFERED, UNKNOWN_NAME
from generator.intent.context import Resolving, pods_of, ports_of, refuse_empty, select_labels
from generator.intent.file_model import CapabilityNeedPart, ExternalNeedPart, PodsNeedPart, ServiceNeedPart
from generator.intent.model import (
    CapabilityNeed,
    External,
    ExternalNeed,
    Labels,
    Need,
    PodSelection,
    PodsNeed,
    PortSpec,
    Service,
    ServiceNeed,
)
from generator.intent.ports import missing_ports, print_ports
from generator.intent.problems import known_names

NeedPart = str | ServiceNeedPart | ExternalNeedPart | CapabilityNeedPart | PodsNeedPart


@dataclass(frozen=True, slots=True)
class Named:
    """Everything that a need can name: services without their needs, externals, and owned namespaces."""

    services: Mapping[str, Service]
    externals: Mapping[str, External]
    by_pods: Mapping[PodSelection, str]
    owned: frozenset[str]


def resolve_needs(run: Resolving, named: Named) -> dict[str, Service]:
    """Return the services with their needs, each need once and in a fixed sequence."""
    result: dict[str, Service] = {}
    for name, service in named.services.items():
        part = (run.file.services or {}).get(name)
        entries = (part.needs if part is not None else None) or []
        result[name] = replace(service, needs=_needs(run, named, service, entries)) if entries else service
    return result


def _needs(run: Resolving, named: Named, service: Service, entries: list[NeedPart]) -> tuple[Need, ...]:
    found: dict[str, Need] = {}
    for position, entry in enumerate(entries):
        path: Path = ("services", service.name, "needs", position)
        need = _resolve(run, named, service, entry, path)
        if need is None:
            continue
        key = need.origin.path
        before = found.get(key)
        found[key] = need if before is None else _both(run, before, need, path)
    return tuple(need for _, need in sorted(found.items()))


def _both(run: Resolving, before: Need, need: Need, path: Path) -> Need:
    """Make one of two needs of the same target; a second that adds nothing, or makes the first idle, is reported."""
    old = () if isinstance(before, CapabilityNeed) else before.ports
    new = () if isinstance(need, CapabilityNeed) else need.ports
    if not missing_ports(new, old) or not missing_ports(old, new):
        label = need.origin.path.partition(".needs[")[2].removesuffix("]")
        run.report(DUPLICATE_NEED, f"'{label}' is needed twice", path, "take one of them out")
    if isinstance(before, CapabilityNeed):
        return before
    return replace(before, ports=ports_of((*old, *new)))


def _resolve(run: Resolving, named: Named, caller: Service, entry: NeedPart, path: Path) -> Need | None:
    match entry:
        case str():
            return _plain_name(run, named, caller, entry, path)
        case ServiceNeedPart():
            return _service_entry(run, named, caller, entry, path)
        case ExternalNeedPart(external=name):
            if name not in named.externals:
                _unknown(run, f"'{name}' is no external of this intent", name, named.externals, (*path, "external"))
                return None
            way = _way(caller, f"external:{name}" if name in named.services else name)
            return _external(run, named.externals[name], entry.ports, way, path)
        case CapabilityNeedPart(capability=name):
            hidden = name in named.services or name in named.externals
            return CapabilityNeed(name, run.origin(_way(caller, f"capability:{name}" if hidden else name), path))
        case PodsNeedPart():
            return _pods(run, named, caller, pods_of(run, entry, path), entry.ports, path)


def _way(caller: Service, target: str) -> str:
    return f"services.{caller.name}.needs[{target}]"


def pods_label(pods: PodSelection) -> str:
    """Name pods in the way of a need: `billing/orders` for app=orders, else by all labels; no two share a name."""
    match pods.labels:
        case (("app", app),):
            labels = app
        case ():
            labels = "*"
        case several:
            labels = ",".join(f"{key}={value}" for key, value in several)
    account = f"@{pods.service_account}" if pods.service_account else ""
    return f"{pods.namespace}/{labels}{account}"


def _plain_name(run: Resolving, named: Named, caller: Service, name: str, path: Path) -> Need:
    target = caller.name if name == "self" else name
    if target in named.services:
        return service_need(run, named.services[target], None, _way_to(caller, target), path)
    if name in named.externals:
        return _external(run, named.externals[name], None, _way(caller, name), path)
    return CapabilityNeed(name, run.origin(_way(caller, name), path))


def _way_to(caller: Service, target: str) -> str:
    return _way(caller, "self" if target == caller.name else target)


def _service_entry(run: Resolving, named: Named, caller: Service, entry: ServiceNeedPart, path: Path) -> Need | None:
    name = caller.name if entry.service == "self" and entry.namespace is None else entry.service
    own = named.services.get(name)
    if own is not None and entry.namespace in (None, own.pods.namespace) and entry.select is None:
        return service_need(run, own, entry.ports, _way_to(caller, name), path)
    if entry.namespace is None:
        if own is not None:
            hint = "leave `select` out, or name the namespace of a service elsewhere"
            run.report(OWNED_PODS, f"the labels of service '{name}' stand at the service", (*path, "select"), hint)
        else:
            also = "a service elsewhere needs `namespace` and `ports`"
            _unknown(run, f"'{name}' is no service of this intent", name, named.services, (*path, "service"), also)
        return None
    labels: Labels = (("app", name),)
    if entry.select is not None:
        labels = select_labels(run, entry.select, path, f"app: {name}")
    pods = PodSelection(entry.namespace, labels)
    return _pods(run, named, caller, pods, entry.ports, path)


def service_need(run: Resolving, callee: Service, ports: list[PortSpec] | None, way: str, path: Path) -> ServiceNeed:
    """Return the need of a service of this intent, on its ports or on some of them."""
    refuse_empty(run, ports, (*path, "ports"), f"leave it out to mean the ports of '{callee.name}'")
    home: Path = ("services", callee.name)
    known = not (run.incomplete((*home, "ports")) or home in run.gaps.paths)
    if not callee.ports and known:
        what = "itself but has no ports" if way.endswith("[self]") else f"'{callee.name}', which has no ports"
        hint = f"write `ports:` at service '{callee.name}': the ports that its containers listen on"
        run.report(NO_PORTS, f"the service needs {what}", path, hint)
    if callee.ports and known:
        _refuse_others(run, ports, callee.ports, f"service '{callee.name}' does not listen on", path)
    return ServiceNeed(callee.name, ports_of(ports) if ports else callee.ports, run.origin(way, path))


def _external(run: Resolving, external: External, ports: list[PortSpec] | None, way: str, path: Path) -> ExternalNeed:
    refuse_empty(run, ports, (*path, "ports"), f"leave it out to mean the ports of '{external.name}'")
    if external.ports and not run.incomplete(("externals", external.name, "ports")):
        _refuse_others(run, ports, external.ports, f"external '{external.name}' does not have", path)
    chosen = ports_of(ports) if ports else external.ports
    return ExternalNeed(external.name, chosen, run.origin(way, path))


def _refuse_others(
    run: Resolving, ports: list[PortSpec] | None, offered: tuple[PortSpec, ...], what: str, path: Path
) -> None:
    for port in missing_ports(ports or (), offered):
        hint = f"its ports: {print_ports(offered)}"
        run.report(PORT_NOT_OFFERED, f"{what} {port}", (*path, "ports"), hint)


def _pods(
    run: Resolving,
    named: Named,
    caller: Service,
    pods: PodSelection,
    ports: list[PortSpec] | None,
    path: Path,
) -> Need | None:
    label = pods_label(pods)
    own = named.by_pods.get(pods)
    if own is not None:
        return service_need(run, named.services[own], ports, _way_to(caller, own), path)
    if pods.namespace in named.owned:
        candidates = [name for name, item in named.services.items() if item.pods.namespace == pods.namespace]
        asked = label.partition("/")[2]
        hint = f"{run.suggest(asked, candidates)} declare these pods under `services` and need them by name".strip()
        run.report(OWNED_PODS, f"'{label}' is no service, but the intent owns '{pods.namespace}'", path, hint)
        return None
    if not ports and not run.incomplete((*path, "ports")):
        hint = "write the ports that the pods listen on; this intent cannot know them"
        run.report(NO_PORTS, f"'{label}' is needed without ports", path, hint)
    return PodsNeed(pods, ports_of(ports or ()), run.origin(_way(caller, label), path))


def _unknown(run: Resolving, summary: str, name: str, known: Mapping[str, object], path: Path, also: str = "") -> None:
    section = path[-1]
    if run.incomplete((f"{section}s", name)):
        return  # it is there but could not be read
    hint = f"{run.suggest(name, known)} {known_names(known, f'{section}s')}".strip()
    run.report(UNKNOWN_NAME, summary, path, f"{hint}; {also}" if also else hint)
