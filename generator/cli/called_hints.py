"""What was probably meant by an end or a port that a call names: hints for errors, and notes for answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from generator.foundation.spelling import did_you_mean, nearest
from generator.packets.addresses import FAMILIES, parse_cidr
from generator.packets.transport import TransportPacket
from generator.reach.engine import Engine
from generator.reach.inventory import Pod
from generator.reach.service_fronts import PROTOCOL_NUMBERS, Front
from generator.snapshot.model import ContainerPort, KubeService, Snapshot
from generator.snapshot.unread import unread_kinds

END_FORMS: Final = "write NAMESPACE/NAME, host:NODE or an address"
_HOST_NAME: Final = re.compile(r"[a-z0-9*-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_MOST: Final = 3


def hint_end(engine: Engine, snapshot: Snapshot, text: str) -> str:
    """Say what was meant: a Service's pods, a range, a host name, a name in another namespace, a misspelt one."""
    inventory = engine.inventory
    if "/" in text and any(kind.name == "pods" for kind in unread_kinds(snapshot)):
        return "pods may not be listed there, so it is not known which there are; -n NS looks into one namespace"
    made = {f"{item.namespace}/{item.name}" for item in snapshot.workloads if item.kind != "Pod"}
    if text in made:
        return "what makes its pods is there, but none of them has an address now"
    known = {*made, *inventory.pods, *inventory.host_pods, *(f"host:{node}" for node in inventory.nodes)}
    service = next((item for item in snapshot.services if f"{item.namespace}/{item.name}" == text), None)
    if service is not None:
        return _behind(engine, service)
    if text.startswith("host:") and not inventory.nodes:
        return "what is live holds no node; add the Node objects to it, or write an address"
    if "/" in text and _is_range(text):
        return "write one address of the range"
    if "/" not in text and _HOST_NAME.fullmatch(text):
        return _hint_host_name(text, known)
    last: dict[str, str] = {}
    for key in sorted(known):
        last.setdefault(key.rpartition("/")[2], key)
    name = text.rpartition("/")[2]
    if ":" not in text and name in last:
        return f"did you mean '{last[name]}'?"  # the right name in another namespace, or in none
    found = nearest(text, last) if "/" not in text and ":" not in text else None
    return f"did you mean '{last[found]}'?" if found is not None else did_you_mean(text, known) or END_FORMS


def _hint_host_name(text: str, known: set[str]) -> str:
    name, namespace = text.split(".")[:2]
    if f"{namespace}/{name}" in known:
        return f"did you mean '{namespace}/{name}'?"
    return "no name is looked up; write one of the addresses of that host"


def _is_range(text: str) -> bool:
    try:
        parse_cidr(text)
    except ValueError:
        return False
    return True


def _behind(engine: Engine, service: KubeService) -> str:
    """Say which pods and ports are behind a Service."""
    found: dict[str, None] = {}
    for port in service.ports:
        for family in FAMILIES:
            for backend in engine.inventory.fronts.backends(Front(service), port, family):
                protocol = "" if port.protocol == "TCP" else f"/{port.protocol}"
                found.setdefault(f"{backend.name}:{backend.port}{protocol}")
    if not found:
        return "it is a Service, and no pod behind it is known; write NAMESPACE/NAME of a pod or workload"
    return f"it is a Service; write what is behind it: {' or '.join(list(found)[:_MOST])}"


def hint_port(pod: Pod | None, forms: str) -> str:
    """Say on which ports a pod's containers listen, as far as they declare them; else how a port is written."""
    declared = list(_declared(pod))
    if pod is None or not declared:
        return forms
    shown = ", ".join(f"{item.port}{f' ({item.name})' if item.name else ''}" for item in declared[:_MOST])
    example = "" if declared[0].port.protocol == "TCP" else f"/{declared[0].port.protocol}"
    return f"{pod.key} listens on {shown}; write {pod.key}:{declared[0].port.first}{example}"


def named_port(pod: Pod | None, name: str) -> tuple[int, int] | None:
    """Return protocol and number of a pod's port by its name; None where it has none of that name, or several."""
    found = {(protocol, number) for known, protocol, number in (pod.ports if pod else ()) if known == name}
    return found.pop() if len(found) == 1 else None


def note_service_port(snapshot: Snapshot, pod: Pod | None, packet: TransportPacket) -> str:
    """Say that a port is one of a Service, where the pod itself listens on another; "" where that is not so."""
    if pod is None:
        return ""
    if any(
        PROTOCOL_NUMBERS.get(item.port.protocol) == packet.protocol
        and item.port.first <= packet.destination_port <= item.port.last
        for item in _declared(pod)
    ):
        return ""
    for service in snapshot.services:
        if service.namespace != pod.namespace or not service.selector:
            continue
        if any(pod.labels.get(key) != value for key, value in service.selector):
            continue
        for port in service.ports:
            asked = (PROTOCOL_NUMBERS.get(port.protocol), port.port) == (packet.protocol, packet.destination_port)
            if asked and port.target not in ("", str(port.port)):
                return (
                    f"{port.port} is the port of Service {service.namespace}/{service.name}; its pods listen on "
                    f"{port.target}, and that is the port that policies see"
                )
    return ""


def _declared(pod: Pod | None) -> Iterator[ContainerPort]:
    for container in pod.workload.containers if pod is not None else ():
        if not container.init:
            yield from container.ports
