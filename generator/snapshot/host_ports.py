"""Ports of nodes that pods take for themselves: `hostPort` of a container (Kubernetes API, ContainerPort).

The container runtime's portmap plugin replaces the node's address by the pod's, before policy looks, just as for a
NodePort. On the host's network the field says nothing, for there the process itself listens on the node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from generator.snapshot.model import HOST_PORTS, Snapshot

_OWN: Final = ("127.", "::1")  # of a loopback nobody else is sent there


@dataclass(frozen=True, slots=True, order=True)
class HostPort:
    """What makes pods, and a port of their node that is sent on to a port of theirs."""

    kind: str
    namespace: str
    name: str
    protocol: str
    port: int
    target: int


def read_host_ports(manifest: Any, way: Iterable[str], kind: str, namespace: str, name: str) -> Iterator[HostPort]:
    """Read the pod that is `way` down in a manifest; what is odd there is reported by those who read the containers."""
    pod = manifest
    for key in way:
        pod = _get(pod, key)
    if _get(pod, "hostNetwork") is True:
        return
    for container in (*_items(_get(pod, "containers")), *_items(_get(pod, "initContainers"))):
        for item in _items(_get(container, "ports")):
            port, target, protocol = (_get(item, key) for key in ("hostPort", "containerPort", "protocol"))
            if type(port) is int and type(target) is int and not str(_get(item, "hostIP") or "").startswith(_OWN):
                yield HostPort(kind, namespace, name, str(protocol or "TCP"), port, target)


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _items(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def write_host_ports(found: Iterable[HostPort]) -> dict[str, Any]:
    """Return what a snapshot keeps of them in `extra`; nothing where there are none."""
    rows = [asdict(item) for item in sorted(set(found))]
    return {HOST_PORTS: rows} if rows else {}


def host_ports_of(snapshot: Snapshot) -> dict[tuple[str, str, str], tuple[HostPort, ...]]:
    """Return them by kind, namespace and name; a row of a saved snapshot that is odd is passed over."""
    types = {item.name: int if item.name in ("port", "target") else str for item in fields(HostPort)}
    rows = snapshot.extra.get(HOST_PORTS, [])
    found: dict[tuple[str, str, str], tuple[HostPort, ...]] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, Mapping) and {key: type(value) for key, value in row.items()} == types:
            item = HostPort(**row)
            key = (item.kind, item.namespace, item.name)
            found[key] = (*found.get(key, ()), item)
    return found
