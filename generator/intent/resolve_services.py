"""Services: whose pods, on which ports, exposed to whom. Their needs are resolved when all of them are known."""

from __future__ import annotations

from generator.foundation.source import Path
from generator.intent.codes import DUPLICATE_ENTRY, EMPTY, EXPOSED, NO_PORTS, PORT_NOT_OFFERED, SAME_PODS
from generator.intent.context import Resolving, labels_of, pods_of, ports_of, refuse_empty, service_namespace
from generator.intent.file_model import ExposedPart, ServicePart
from generator.intent.model import Exposed, ExposedBy, PodSelection, PortSpec, Service
from generator.intent.networks import sort_networks
from generator.intent.ports import missing_ports, print_ports

_TAKES_CIDRS = (ExposedBy.CIDRS, ExposedBy.LOADBALANCER, ExposedBy.NODEPORT)
_TAKES_SOURCE = (ExposedBy.INGRESS, ExposedBy.GATEWAY, ExposedBy.APISERVER)


def resolve_services(run: Resolving) -> dict[str, Service]:
    """Return all services without their needs, by name; two that select the same pods are an error."""
    services: dict[str, Service] = {}
    for name, body in sorted((run.file.services or {}).items()):
        path: Path = ("services", name)
        part = body if body is not None else ServicePart()
        ports = ports_of(part.ports)
        services[name] = Service(
            name=name,
            pods=_pods(run, name, part, path),
            ports=ports,
            exposed=_exposed(run, name, part, ports, path),
            needs=(),
            dns=part.dns,
            schedule=part.schedule or "",
            origin=run.origin(f"services.{name}", path, key=True),
        )
    _refuse_same_pods(run, services)
    return services


def _pods(run: Resolving, name: str, part: ServicePart, path: Path) -> PodSelection:
    labels = labels_of(part.select) if part.select is not None else (("app", name),)
    account = part.service_account or ""
    if not labels and not account and not run.incomplete((*path, "select")):
        hint = "name labels; `select: {}` is for a service that is told by its serviceAccount alone"
        run.report(EMPTY, "'select' is empty", (*path, "select"), hint)
    return PodSelection(service_namespace(run, name), labels, account)


def _refuse_same_pods(run: Resolving, services: dict[str, Service]) -> None:
    first: dict[PodSelection, str] = {}
    for name, service in services.items():
        path: Path = ("services", name)
        if (
            not service.pods.namespace
            or any(run.incomplete((*path, key)) for key in ("select", "serviceAccount", "namespace"))
            or path in run.gaps.paths
        ):
            continue
        other = first.setdefault(service.pods, name)
        if other != name:
            run.report(
                SAME_PODS,
                f"services '{other}' and '{name}' select the same pods of namespace '{service.pods.namespace}'",
                path,
                "make one service of them, or give them different labels or service accounts",
                key=True,
            )


def _exposed(
    run: Resolving, name: str, part: ServicePart, ports: tuple[PortSpec, ...], path: Path
) -> tuple[Exposed, ...]:
    listed = isinstance(part.exposed, list)
    entries = part.exposed if isinstance(part.exposed, list) else [part.exposed]
    found: dict[tuple[str, ...], Exposed] = {}
    for position, entry in enumerate(entries):
        here: Path = (*path, "exposed", position) if listed else (*path, "exposed")
        exposed = _one_exposure(run, name, entry, ports, here)
        if exposed is None:
            continue
        key = (exposed.by.value, str(exposed.ports), str(exposed.cidrs), str(exposed.source))
        if key in found:
            run.report(DUPLICATE_ENTRY, f"'by: {exposed.by.value}' is written twice", here, "take one of them out")
        found.setdefault(key, exposed)
    return tuple(exposed for _, exposed in sorted(found.items(), key=lambda item: item[0]))


def _one_exposure(
    run: Resolving, name: str, entry: str | ExposedPart, ports: tuple[PortSpec, ...], path: Path
) -> Exposed | None:
    part = ExposedPart.model_validate({"by": entry}) if isinstance(entry, str) else entry
    if part.by is None and part.cidrs is None:
        if not run.incomplete(path):
            words = ", ".join(item.value for item in ExposedBy)
            run.report(EXPOSED, "nobody is named who reaches the service", path, f"write `by:` with one of {words}")
        return None
    by = ExposedBy(part.by) if part.by is not None else ExposedBy.CIDRS
    _check_parts(run, part, by, path)
    if not ports and not run.incomplete(("services", name)):
        hint = f"write `ports:` at service '{name}'"
        run.report(NO_PORTS, f"service '{name}' is exposed but has no ports", path, hint)
    refuse_empty(run, part.ports, (*path, "ports"), "leave it out to mean the service's ports")
    narrowed = ports_of(part.ports) if part.ports else ports
    if not run.incomplete(("services", name, "ports")) and ports:
        for port in missing_ports(narrowed, ports):
            hint = f"its ports: {print_ports(ports)}"
            run.report(PORT_NOT_OFFERED, f"service '{name}' does not listen on {port}", (*path, "ports"), hint)
    source = pods_of(run, part.from_, (*path, "from")) if part.from_ is not None else None
    cidrs = sort_networks(part.cidrs or [])
    return Exposed(by, narrowed, cidrs, source, run.origin(f"services.{name}.exposed[{by.value}]", path))


def _check_parts(run: Resolving, part: ExposedPart, by: ExposedBy, path: Path) -> None:
    refuse_empty(run, part.cidrs, (*path, "cidrs"), "name ranges; an empty list never means anybody")
    if by is ExposedBy.CIDRS and part.cidrs is None and not run.incomplete((*path, "cidrs")):
        run.report(EXPOSED, "'by: cidrs' names no ranges", path, "write `cidrs: [192.0.2.0/24]`")
    if part.cidrs is not None and by not in _TAKES_CIDRS:
        hint = "the pods see the controller's address; `cidrs` go with loadbalancer, nodeport or cidrs"
        run.report(EXPOSED, f"'cidrs' cannot narrow 'by: {by.value}'", (*path, "cidrs"), hint, key=True)
    if part.from_ is not None and by not in _TAKES_SOURCE:
        hint = "`from` names the pods of an ingress controller, gateway or API server"
        run.report(EXPOSED, f"'from' has no meaning with 'by: {by.value}'", (*path, "from"), hint, key=True)
