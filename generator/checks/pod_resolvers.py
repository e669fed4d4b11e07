"""Do the pods ask those name servers to which the DNS layer opens the way?

A pod that asks somebody else loses every name with the default deny, however right the profile is about the cluster's
DNS. What the kubelets tell pods to ask is known where kubeadm has noted it; elsewhere it takes a right that gives the
node away (`nodes/proxy`), so it is not read, and the DNS Service's address is what is supposed.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from generator.checks.cluster_facts import covers
from generator.checks.codes import OTHER_NAME_SERVERS
from generator.checks.matching import Matching
from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import ExternalNeed, Intent, Network, PortSpec, Service
from generator.platforms import effective_facts
from generator.platforms.model import PlatformProfile
from generator.snapshot.facts import read_seen
from generator.snapshot.model import Snapshot, Workload
from generator.snapshot.resolvers import OF_NODE, OWN_ONLY, Resolver, resolvers_of

_DNS: Final = 53


def check_pod_resolvers(
    intent: Intent, profile: PlatformProfile, snapshot: Snapshot, matching: Matching
) -> list[Diagnostic]:
    """Report pods whose name servers no rule opens, and kubelets that tell pods to ask another address."""
    opened = _opened(intent, profile, snapshot)
    resolvers = resolvers_of(snapshot)
    found = list(_kubelets(opened, snapshot))
    for service in intent.services.values():
        if not service.dns:
            continue
        for workload in matching.selected(service.pods):
            resolver = resolvers.get((workload.kind, workload.namespace, workload.name))
            if resolver is not None and not workload.owner:
                known = bool(profile.dns.resolvers.value)
                found.extend(_others(workload, resolver, (*opened, *_needed(intent, service)), known))
    return found


def _opened(intent: Intent, profile: PlatformProfile, snapshot: Snapshot) -> tuple[Network, ...]:
    """Return what the DNS layer opens: the cache on the nodes, resolvers, and the Service, which leads to its pods."""
    facts = effective_facts(profile, intent.cluster)
    of_service = (
        address
        for item in snapshot.services
        if (item.namespace, item.name) == facts.dns_service
        for address in item.cluster_ips
        if address != "None"
    )
    stated = intent.cluster.dns_service or profile.dns.service_addresses.value
    return (*facts.dns_addresses, *facts.dns_resolvers, *stated, *map(ip_network, of_service))


def _needed(intent: Intent, service: Service) -> Iterator[Network]:
    """Go through what the service needs outside on the port of DNS."""
    for need in service.needs:
        if isinstance(need, ExternalNeed) and any(map(_is_dns, need.ports)):
            external = intent.externals[need.external]
            yield from external.cidrs
            if external.anywhere:
                yield from (ip_network("0.0.0.0/0"), ip_network("::/0"))


def _is_dns(port: PortSpec) -> bool:
    return port.first <= _DNS <= port.last


def _others(
    workload: Workload, resolver: Resolver, opened: tuple[Network, ...], node_known: bool
) -> Iterator[Diagnostic]:
    name = f"{workload.kind} '{workload.namespace}/{workload.name}'"
    place = workload.source.place()
    if resolver.policy == OF_NODE and not node_known:
        summary = f"{name} asks the name servers of its node (dnsPolicy Default), which nothing here shows"
        hint = "state them as an external with port 53 and need it, or write dnsPolicy: ClusterFirst"
        yield problem(OTHER_NAME_SERVERS, summary, place=place, hint=hint)
    closed = [text for text in resolver.servers if not _is_opened(text, opened)]
    if closed:
        also = "" if resolver.policy == OWN_ONLY else "also "
        asked = ", ".join(closed)
        summary = f"{name} {also}asks the name servers {asked} (dnsConfig), to which no rule opens the way"
        hint = "state them as an external with port 53 and need it, or take them out of its dnsConfig"
        yield problem(OTHER_NAME_SERVERS, summary, place=place, hint=hint)


def _kubelets(opened: tuple[Network, ...], snapshot: Snapshot) -> Iterator[Diagnostic]:
    closed = [text for text in read_seen(snapshot).cluster_dns if not _is_opened(text, opened)]
    if closed:
        summary = f"kubelets tell pods to ask {', '.join(closed)} for names, to which no rule opens the way"
        hint = "a cache on the nodes? state cluster.nodeLocalDns; else state cluster.dns"
        yield problem(OTHER_NAME_SERVERS, summary, path="platform.dns", hint=hint)


def _is_opened(text: str, opened: tuple[Network, ...]) -> bool:
    try:
        net = ip_network(text)
    except ValueError:
        return True  # no address, which the kubelet refuses
    return any(covers(wide, net) for wide in opened)
