"""What a cluster tells of itself beside its objects: versions, ranges, where DNS and the API server are.

`SEEN` in a snapshot's `extra` holds what only a read of a cluster knows; the rest comes from the objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from generator.snapshot.model import FELIX, IP_POOLS, SEEN, Snapshot

NODE_LOCAL: Final = ("k8s-app", "node-local-dns")
NODE_SETTINGS: Final = "node."  # before a node's name in that of a FelixConfiguration for it alone
_API: Final = ("default", "kubernetes")


@dataclass(frozen=True, slots=True)
class Seen:
    """What only a read of a cluster tells; empty means: it did not say."""

    kubernetes: str = ""  # version of the API server
    calico: str = ""  # version, without the v
    edition: str = ""  # "open source" or "enterprise"
    api_group: str = ""  # the group in use, with its version
    api_mode: str = ""  # aggregated, native, stored or none
    service_cidrs: tuple[str, ...] = ()
    cluster_dns: tuple[str, ...] = ()  # what kubelets tell pods to ask for names, where kubeadm has noted it
    not_ready: tuple[str, ...] = ()  # calico-node pods
    felix_nodes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # settings of one node alone


@dataclass(frozen=True, slots=True)
class ClusterAddresses:
    """Where things are, as texts of addresses and ranges, sorted; empty where the snapshot does not show it."""

    pods: tuple[str, ...]
    services: tuple[str, ...]
    nodes: tuple[str, ...]
    api_server: tuple[str, ...]
    dns_service: tuple[str, ...]


def write_seen(seen: Seen) -> dict[str, Any]:
    """Return what a snapshot keeps in `extra`."""
    value = {key: list(part) if isinstance(part, tuple) else part for key, part in asdict(seen).items()}
    return {SEEN: {key: part for key, part in value.items() if part}}


def read_seen(snapshot: Snapshot) -> Seen:
    """Return what a snapshot holds of it; what has another shape in a saved one counts as not said."""
    value = snapshot.extra.get(SEEN)
    if not isinstance(value, Mapping):
        return Seen()
    found: dict[str, Any] = {}
    for item in fields(Seen):
        part = value.get(item.name)
        if isinstance(part, str) and item.type == "str":
            found[item.name] = part
        elif isinstance(part, list) and str(item.type).startswith("tuple"):
            found[item.name] = tuple(map(str, part))
        elif isinstance(part, Mapping) and str(item.type).startswith("Mapping"):
            found[item.name] = {str(key): below for key, below in part.items() if isinstance(below, Mapping)}
    return Seen(**found)


def own_settings(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Return by node the settings of a FelixConfiguration of its own that are not those of the whole cluster."""
    common = snapshot.extra.get(FELIX)
    common = common if isinstance(common, Mapping) else {}
    found = {
        node: {key: value for key, value in settings.items() if common.get(key) != value}
        for node, settings in sorted(read_seen(snapshot).felix_nodes.items())
    }
    return {node: other for node, other in found.items() if other}


def find_addresses(snapshot: Snapshot, dns: tuple[str, str] | None = None) -> ClusterAddresses:
    """Return where things are; `dns` is namespace and name of the DNS Service."""
    pools = snapshot.extra.get(IP_POOLS) or ()
    return ClusterAddresses(
        pods=_sorted(map(str, pools)),
        services=_sorted(read_seen(snapshot).service_cidrs),
        nodes=_sorted(address for node in snapshot.nodes for address in node.addresses),
        api_server=_sorted(
            address
            for item in snapshot.endpoint_slices
            if (item.namespace, item.service) == _API
            for address in item.addresses
        ),
        dns_service=_sorted(
            address
            for item in snapshot.services
            if (item.namespace, item.name) == dns
            for address in item.cluster_ips
            if address != "None"
        ),
    )


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
