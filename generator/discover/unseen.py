"""What the manifests show only in part, or not at all, said by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator.discover import names
from generator.discover.proposal import Evidence, ProposedService
from generator.discover.services import Groups
from generator.snapshot.model import Snapshot

_TRUE = ("true", "True", "1", "yes")


def find_unseen(snapshot: Snapshot, groups: Groups, services: Iterable[ProposedService]) -> tuple[str, ...]:
    """Return what cannot be told: services that no value names, callers without a need, values in Secrets."""
    every = list(services)
    named = {need.target for service in every for need in service.needs if need.kind == "service"}
    named |= {service.name for service in every for need in service.needs if need.kind == "self"}
    lines: list[str] = []
    for service in every:
        ports = [port for port in service.ports if not port.why]
        if ports and service.name not in named and not service.exposed:
            lines.append(f"no manifest value names {service.name}: who calls it is not known")
    silent = [service.name for service in every if not service.needs]
    if silent:
        lines.append(f"no value of these names anybody; what they call, if anything, is not known: {', '.join(silent)}")
    lines.extend(_in_secrets(groups))
    if lines:
        lines.append("hosts that stand in program code, images or Secrets leave no trace in manifests")
    return tuple(lines)


def _in_secrets(groups: Groups) -> Iterator[str]:
    """Go through the variables that come from a Secret and by their name hold an address."""
    seen: set[tuple[str, str]] = set()
    for group in groups.all:
        for workload in group.workloads:
            for container in workload.containers:
                for value in container.values:
                    said = names.says_address(value.name)
                    if value.kind == "secret" and said and (group.name, value.name) not in seen:
                        seen.add((group.name, value.name))
                        yield f"{group.name} takes {value.name} from the Secret {value.origin}, which is not read"


def find_shared(snapshot: Snapshot, groups: Groups) -> tuple[Evidence, ...]:
    """Return which services ask to be scraped by Prometheus, for the `shared` part of the intent."""
    found: list[Evidence] = []
    for group in groups.all:
        for workload in group.workloads:
            notes = dict(workload.annotations)
            if notes.get("prometheus.io/scrape") in _TRUE:
                port = notes.get("prometheus.io/port", "its own port")
                text = f"pods of {group.name} ask Prometheus to scrape {port}"
                found.append(Evidence(workload.source.place(), text))
        for service in group.services:
            notes = dict(service.annotations)
            if notes.get("prometheus.io/scrape") in _TRUE:
                port = notes.get("prometheus.io/port", "its own port")
                text = f"Service {service.name} asks Prometheus to scrape {port}"
                found.append(Evidence(service.source.place(), text))
    return tuple(dict.fromkeys(found))
