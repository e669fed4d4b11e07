"""What the intent and its platform profile say of the cluster, held against what the cluster shows of itself.

A fact that the cluster shows goes before a stated one only if that is asked for, and only where the stated one does not
hold there: a stated range that covers what is seen stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from generator.calico.versions import parse_version
from generator.checks.codes import FACT_CONTRADICTED
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import InputError
from generator.intent.model import Intent, Network
from generator.platforms.model import PlatformProfile
from generator.snapshot.facts import find_addresses, read_seen
from generator.snapshot.model import Snapshot

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class _Ranges:
    """One fact that is ranges: where it is stated, what counts, and what is seen."""

    path: str
    name: str
    stated: tuple[Network, ...]
    seen: tuple[Network, ...]

    @property
    def missing(self) -> tuple[Network, ...]:
        return tuple(net for net in self.seen if not any(covers(wide, net) for wide in self.stated))


def check_cluster_facts(intent: Intent, profile: PlatformProfile, snapshot: Snapshot) -> list[Diagnostic]:
    """Report what is stated otherwise than the cluster shows it; what nobody states, or it does not show, is none."""
    seen = read_seen(snapshot)
    found: list[Diagnostic] = []
    version = intent.calico or profile.calico.value
    if seen.calico and not _same_minor(seen.calico, version):
        summary = f"Calico is {seen.calico} there; the set is made for {version}"
        found.append(_contradiction(summary, "calico", f"write calico: {_minor(seen.calico)}"))
    edition = "enterprise" if profile.enterprise else "open source"
    if seen.edition and seen.edition != edition:
        summary = f"Calico's edition is {seen.edition} there; platform '{profile.name}' is for {edition}"
        found.append(_contradiction(summary, "platform", "choose another profile"))
    group = intent.api_group or profile.api_group.value
    if seen.api_group and seen.api_group != group:
        summary = f"Calico's API is {seen.api_group} there; the set is made for {group}"
        found.append(_contradiction(summary, "apiGroup", f"write apiGroup: {seen.api_group}"))
    for item in _all_ranges(intent, profile, snapshot):
        if item.stated and item.missing:
            some = ", ".join(_text(net) for net in item.missing[:_SHOWN])
            more = f" and {len(item.missing) - _SHOWN} more" if len(item.missing) > _SHOWN else ""
            summary = f"{item.name}: the cluster shows {some}{more}, which what is stated does not cover"
            found.append(_contradiction(summary, f"cluster.{item.path}", f"add them to cluster.{item.path}"))
    return found


def with_cluster_facts(intent: Intent, profile: PlatformProfile, snapshot: Snapshot) -> Intent:
    """Return the intent with what the cluster shows in place of what is not stated or does not hold there."""
    seen = read_seen(snapshot)
    wins = {item.path: item.seen for item in _all_ranges(intent, profile, snapshot) if item.missing}
    version = intent.calico or profile.calico.value
    calico = _minor(seen.calico) if seen.calico and not _same_minor(seen.calico, version) else intent.calico
    stated = intent.cluster
    cluster = replace(
        stated,
        pod_cidrs=wins.get("pods", stated.pod_cidrs),
        service_cidrs=wins.get("services", stated.service_cidrs),
        node_cidrs=wins.get("nodes", stated.node_cidrs),
        api_server=wins.get("apiServer", stated.api_server),
        dns_service=wins.get("dns", stated.dns_service),
    )
    return replace(intent, calico=calico, api_group=seen.api_group or intent.api_group, cluster=cluster)


def _all_ranges(intent: Intent, profile: PlatformProfile, snapshot: Snapshot) -> tuple[_Ranges, ...]:
    stated, dns = intent.cluster, profile.dns
    seen = find_addresses(snapshot, dns.service.value if dns.service is not None else None)
    pods = stated.pod_cidrs or profile.pod_cidrs.value
    services = stated.service_cidrs or profile.service_cidrs.value
    names = stated.dns_service or dns.service_addresses.value
    return (
        _Ranges("pods", "addresses of pods", pods, _networks(seen.pods)),
        _Ranges("services", "addresses of Services", services, _networks(seen.services)),
        _Ranges("nodes", "addresses of nodes", stated.node_cidrs, _networks(seen.nodes)),
        _Ranges("apiServer", "addresses of the API server", stated.api_server, _networks(seen.api_server)),
        _Ranges("dns", "the DNS Service's address", names, _networks(seen.dns_service)),
    )


def _contradiction(summary: str, path: str, hint: str) -> Diagnostic:
    return problem(FACT_CONTRADICTED, summary, path=path, hint=f"{hint}, or give --facts cluster")


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    found: set[Network] = set()
    for text in texts:
        try:
            found.add(ip_network(text, strict=False))
        except ValueError:
            continue
    return tuple(sorted(found, key=lambda net: (net.version, int(net.network_address), net.prefixlen)))


def covers(wide: Network, net: Network) -> bool:
    """Tell whether a range holds another, of the same family."""
    if isinstance(wide, IPv4Network):
        return isinstance(net, IPv4Network) and net.subnet_of(wide)
    return isinstance(net, IPv6Network) and net.subnet_of(wide)


def _text(net: Network) -> str:
    return str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _same_minor(seen: str, stated: str) -> bool:
    try:
        return _minor(seen) == parse_version(stated).minor_text
    except InputError:
        return True  # the rendering says what is wrong with it
