"""Is DNS where the profile says? Without it every other verdict is beside the point (field-notes P1, P3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.checks.codes import DNS_NOT_FOUND, NOT_IN_SNAPSHOT
from generator.checks.matching import labels_match
from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import ClusterFacts
from generator.platforms import effective_facts
from generator.platforms.model import PlatformProfile, PodFacts
from generator.snapshot.model import Snapshot, Workload

# The label that the manifest of NodeLocal DNSCache gives its pods, on every platform that runs it.
NODE_LOCAL: Final = (("k8s-app", "node-local-dns"),)


def check_dns(profile: PlatformProfile, stated: ClusterFacts, snapshot: Snapshot) -> list[Diagnostic]:
    """Report DNS that the rendered rules would miss; a partial snapshot may simply not show it.

    `stated` is what the intent says of the cluster. Looked at are the pods' labels, their network and their ports, and
    the addresses of a cache on the nodes.
    """
    return [*_check_pods(profile, snapshot), *_check_node_local(profile, stated, snapshot)]


def _check_pods(profile: PlatformProfile, snapshot: Snapshot) -> list[Diagnostic]:
    if profile.dns.pods is None:
        return []
    pods = profile.dns.pods.value
    seen = [item for item in snapshot.workloads if item.namespace == pods.namespace]
    found = [item for item in seen if labels_match(pods.labels, item.labels)]
    if found:
        return [finding for item in found for finding in _contradictions(profile, pods, item)]
    labels = ", ".join(f"{key}={value}" for key, value in pods.labels)
    if not snapshot.complete and not seen:
        summary = f"DNS pods ({labels} in '{pods.namespace}') are not in the snapshot"
        return [problem(NOT_IN_SNAPSHOT, summary, path="platform.dns.pods")]
    return [
        problem(
            DNS_NOT_FOUND,
            f"platform '{profile.name}' expects DNS pods with {labels} in '{pods.namespace}'; there are none",
            path="platform.dns.pods",
            hint="choose the right platform, or give a profile of your own",
        )
    ]


def _contradictions(profile: PlatformProfile, pods: PodFacts, found: Workload) -> Iterator[Diagnostic]:
    """A host-networked pod has its node's address, which no selector matches; a rule's port is the pod's own."""
    place = found.source.place(("metadata", "name"))
    if found.host_network != pods.host_network:
        there, expected = ("the host's", "the pods'") if found.host_network else ("the pods'", "the host's")
        yield problem(
            DNS_NOT_FOUND,
            f"{found.kind} '{found.name}' is on {there} network; platform '{profile.name}' expects {expected}",
            place=place,
            path="platform.dns.pods",
            hint=f"use a profile whose dns.pods says hostNetwork: {str(found.host_network).lower()}",
        )
    declared = {item.port for container in found.containers for item in container.ports}
    missing = [port for port in pods.ports if port not in declared]
    if declared and missing:
        yield problem(
            DNS_NOT_FOUND,
            f"{found.kind} '{found.name}' does not listen on {', '.join(map(str, missing))}",
            place=place,
            path="platform.dns.pods",
            hint=f"declared there: {', '.join(sorted(map(str, declared)))}",
        )


def _check_node_local(profile: PlatformProfile, stated: ClusterFacts, snapshot: Snapshot) -> Iterator[Diagnostic]:
    """A cache on the nodes takes queries to the DNS Service's own address too, before translation (calico.md 9.2)."""
    caches = [item for item in snapshot.workloads if item.host_network and labels_match(NODE_LOCAL, item.labels)]
    if not caches:
        return
    facts = effective_facts(profile, stated)
    opened = {str(net.network_address) for net in facts.dns_addresses}
    services = [
        address
        for item in snapshot.services
        if (item.namespace, item.name) == facts.dns_service
        for address in item.cluster_ips
        if address != "None"
    ]
    missing = [address for address in services if address not in opened]
    if opened and (stated.dns_service or profile.dns.service_addresses.value) and not missing:
        return
    known = ", ".join(missing)
    yield problem(
        DNS_NOT_FOUND,
        f"{caches[0].kind} '{caches[0].name}' answers DNS on the nodes, at addresses that the rules would not open",
        place=caches[0].source.place(("metadata", "name")),
        path="platform.dns.nodeLocal",
        hint=f"state cluster.dns: [{known}]" if known and opened else "state cluster.dns and cluster.nodeLocalDns",
    )
