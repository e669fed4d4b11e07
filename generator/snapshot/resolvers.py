"""Whom pods ask for names, where that is not the cluster's DNS: dnsPolicy and dnsConfig of their template.

Kubernetes: ClusterFirst, which is meant where nothing is written, asks what the kubelet is told to be the cluster's
DNS; Default asks the name servers of the node; None asks nobody but those that dnsConfig names, which the other two ask
as well. Pods on the host's network are their node's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from generator.snapshot.fields import Fields
from generator.snapshot.model import RESOLVERS, Snapshot

CLUSTER_FIRST: Final = "ClusterFirst"
OF_NODE: Final = "Default"
OWN_ONLY: Final = "None"


@dataclass(frozen=True, slots=True, order=True)
class Resolver:
    """What makes pods, its dnsPolicy, and the name servers that its dnsConfig names."""

    kind: str
    namespace: str
    name: str
    policy: str
    servers: tuple[str, ...]


def read_resolver(pod: Fields, kind: str, namespace: str, name: str) -> Resolver | None:
    """Read the spec of a pod; None where it asks the cluster's DNS and nobody else."""
    policy = pod.text("dnsPolicy") or CLUSTER_FIRST
    servers = tuple(text for _, text in pod.mapping("dnsConfig").texts("nameservers"))
    if pod.flag("hostNetwork") or (policy not in (OF_NODE, OWN_ONLY) and not servers):
        return None
    return Resolver(kind, namespace, name, policy, servers)


def write_resolvers(found: Iterable[Resolver]) -> dict[str, Any]:
    """Return what a snapshot keeps of them in `extra`; nothing where there are none."""
    rows = [{**asdict(item), "servers": list(item.servers)} for item in sorted(found)]
    return {RESOLVERS: rows} if rows else {}


def resolvers_of(snapshot: Snapshot) -> dict[tuple[str, str, str], Resolver]:
    """Return them by kind, namespace and name; a row of a saved snapshot that is odd is passed over."""
    names = {item.name for item in fields(Resolver)}
    rows = snapshot.extra.get(RESOLVERS, [])
    found: dict[tuple[str, str, str], Resolver] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, Mapping) and set(row) == names and isinstance(row["servers"], list):
            servers = tuple(map(str, row["servers"]))
            kind, namespace, name, policy = (str(row[key]) for key in ("kind", "namespace", "name", "policy"))
            item = Resolver(kind, namespace, name, policy, servers)
            found[item.kind, item.namespace, item.name] = item
    return found
