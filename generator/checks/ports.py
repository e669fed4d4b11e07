"""Do the ports of the intent exist on the pods, and is none a Service's port taken for the pod's (field-notes P15)?"""

from __future__ import annotations

from collections.abc import Iterable

from generator.checks.codes import NO_NAMED_PORT, PORT_IS_SERVICE_PORT, PORT_NOT_DECLARED
from generator.checks.matching import Matching, labels_match
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.spelling import did_you_mean
from generator.intent.model import Intent, PortSpec, Service
from generator.snapshot.model import KubeService, Workload


def check_ports(intent: Intent, matching: Matching) -> list[Diagnostic]:
    """Report ports that no pod of the service has; services without pods are reported elsewhere."""
    found: list[Diagnostic] = []
    for service in intent.services.values():
        workloads = matching.selected(service.pods)
        if workloads:
            found.extend(_check_service(service, workloads, matching))
    return found


def _check_service(service: Service, workloads: list[Workload], matching: Matching) -> Iterable[Diagnostic]:
    declared = [item for workload in workloads for container in workload.containers for item in container.ports]
    names = {item.name for item in declared if item.name}
    numbers = {(item.port.protocol, item.port.first) for item in declared}
    for port in service.ports:
        if port.name:
            if port.name not in names:
                yield _no_name(service, port, names)
            continue
        inside = {number for protocol, number in numbers if protocol == port.protocol}
        if any(port.first <= number <= port.last for number in inside):
            continue
        target = _behind(service, port, workloads, matching)
        if target is not None:
            yield _service_port(service, port, target)
        elif declared:
            yield _undeclared(service, port, inside)


def _no_name(service: Service, port: PortSpec, names: set[str]) -> Diagnostic:
    known = (
        f"named ports there: {', '.join(sorted(names))}" if names else "the containers name no port; write the number"
    )
    return problem(
        NO_NAMED_PORT,
        f"no pod of '{service.name}' has a port named '{port.name}'",
        place=service.origin.place,
        path=f"{service.origin.path}.ports[{port}]",
        hint=did_you_mean(port.name, names) or known,
    )


def _behind(
    service: Service, port: PortSpec, workloads: list[Workload], matching: Matching
) -> tuple[KubeService, str] | None:
    """Find a Service in front of these pods whose own port this is, and the pods' port behind it."""
    for item in matching.services_of(service.pods.namespace):
        if not item.selector or not any(labels_match(item.selector, workload.labels) for workload in workloads):
            continue
        for entry in item.ports:
            if (
                entry.port == port.first == port.last
                and entry.protocol == port.protocol
                and entry.target != str(entry.port)
            ):
                return item, entry.target
    return None


def _service_port(service: Service, port: PortSpec, found: tuple[KubeService, str]) -> Diagnostic:
    behind, target = found
    return problem(
        PORT_IS_SERVICE_PORT,
        f"{port.first} is the port of Service '{behind.name}', its pods listen on {target}",
        place=service.origin.place,
        path=f"{service.origin.path}.ports[{port}]",
        hint=f"write {target}",
    )


def _undeclared(service: Service, port: PortSpec, declared: set[int]) -> Diagnostic:
    known = ", ".join(str(number) for number in sorted(declared)) or f"none of {port.protocol}"
    return problem(
        PORT_NOT_DECLARED,
        f"no container of '{service.name}' declares {port}",
        place=service.origin.place,
        path=f"{service.origin.path}.ports[{port}]",
        hint=f"declared there: {known}",
    )
