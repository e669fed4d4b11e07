"""What lies outside the cluster: domains found in values, declared outside hosts, Services with outside endpoints."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from ipaddress import ip_address

from generator.discover.hosts import is_public
from generator.discover.proposal import Evidence, ProposedExternal
from generator.discover.references import Reference
from generator.discover.services import Groups
from generator.intent.model import PortSpec
from generator.snapshot.model import KubeService, Snapshot

_NEEDS_STRATEGY = (
    "a domain needs a strategy for its addresses (lock, ranges, proxy or enterprise) before it is rendered"
)


def is_outside(reference: Reference) -> bool:
    """Tell whether a reference leads out of the cluster."""
    return reference.kind in ("public", "behind")


def find_externals(snapshot: Snapshot, groups: Groups, references: Iterable[Reference]) -> tuple[ProposedExternal, ...]:
    """Return what the services reach outside, by name; ports are those seen, 443 where none is said of a domain.

    A Service whose endpoints are written by hand gives ranges and is certain. Domains are not: they need a strategy.
    """
    hosts: dict[str, tuple[set[PortSpec], list[Evidence]]] = defaultdict(lambda: (set(), []))
    behind: dict[str, tuple[KubeService, list[Evidence]]] = {}
    for item in references:
        if item.kind == "public":
            hosts[item.target][0].update(item.ports)
            hosts[item.target][1].append(item.evidence)
        elif item.kind == "behind" and item.service is not None:
            behind.setdefault(item.target, (item.service, []))[1].append(item.evidence)
    for declared in snapshot.external_hosts:
        for host in declared.hosts:
            plain = host.lower().removeprefix("*.")
            if is_public(plain):
                place = declared.source.place(("spec", "hosts"))
                ports = {PortSpec(protocol, number, number) for protocol, number in declared.ports}
                hosts[host.lower()][0].update(ports)
                hosts[host.lower()][1].append(Evidence(place, f"ServiceEntry {declared.name}"))
    taken = {group.name for group in groups.all}
    found: list[ProposedExternal] = []
    for name, (service, rows) in sorted(behind.items()):
        found.append(_behind(snapshot, _free(name, taken), service, rows))
    for host, (ports, rows) in sorted(hosts.items()):
        said = tuple(sorted(ports)) or (PortSpec("TCP", 443, 443),)
        name = _free(host, taken)
        found.append(ProposedExternal(name, (host,), (), said, tuple(dict.fromkeys(rows)), _NEEDS_STRATEGY))
    return tuple(sorted(found, key=lambda item: item.name))


def _behind(snapshot: Snapshot, name: str, service: KubeService, rows: list[Evidence]) -> ProposedExternal:
    slices = [
        item for item in snapshot.endpoint_slices if (item.namespace, item.service) == (service.namespace, service.name)
    ]
    addresses = sorted({address for item in slices for address in item.addresses if _is_address(address)})
    ports = sorted({PortSpec(protocol, number, number) for item in slices for _, protocol, number in item.ports})
    why = "" if addresses and ports else "the Service has no selector, and the input does not say where it leads"
    evidence = (*dict.fromkeys(rows), Evidence(service.source.place(), f"Service {service.name} without a selector"))
    return ProposedExternal(name, (), tuple(addresses), tuple(ports), evidence, why)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _free(host: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")[:60].strip("-") or "outside"
    name, number = base, 2
    while name in taken:
        name, number = f"{base[:56]}-{number}", number + 1
    taken.add(name)
    return name
