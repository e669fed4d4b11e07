"""What Calico knows of the whole cluster: endpoints and sets by address, services, tiers with their policies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from generator.calico.cluster_policy import ClusterNetworkPolicy
from generator.calico.codec import Resource, decode_object
from generator.calico.endpoint import HostEndpoint
from generator.calico.kubernetes_policy import KubernetesNetworkPolicy
from generator.calico.networkset import GlobalNetworkSet, NetworkSet
from generator.calico.objects import as_api_object
from generator.calico.policy import GlobalNetworkPolicy, NetworkPolicy
from generator.calico.tier import Tier
from generator.foundation.source import SourceMap
from tests.obvious_parts.kubernetes import read_cluster_policy, read_network_policy
from tests.obvious_parts.policies import AbsentError, Direction, Policy, ReadyTier, arrange_tiers, read_policy
from tests.obvious_parts.selectors import Selector, holds
from tests.obvious_parts.things import (
    PROTOCOLS,
    TCP,
    UDP,
    Address,
    Profiles,
    Thing,
    is_endpoint,
    read_host_endpoint,
    read_pod,
    read_set,
)

Manifest = Mapping[str, Any]
T = TypeVar("T")
Failsafe = tuple[int, int, "ipaddress.IPv4Network | ipaddress.IPv6Network | None"]  # protocol, port, the other end
# Felix's default failsafe ports (calico.md 2.6).
INBOUND = ((TCP, 22), (UDP, 68), *((TCP, port) for port in (179, 2379, 2380, 5473, 6443, 6666, 6667)))
OUTBOUND = ((UDP, 53), (UDP, 67), *((TCP, port) for port in (179, 2379, 2380, 5473, 6443, 6666, 6667)))


@dataclass(slots=True)
class Service:
    """The backends of a Service: addresses, and addresses with protocol and target port (calico.md 4.6)."""

    addresses: set[Address] = field(default_factory=set)
    ports: set[tuple[Address, int, int]] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Cluster:
    """Everything a verdict depends on; the private parts remember what was worked out."""

    pods: Mapping[str, Manifest]
    node_addresses: Mapping[str, tuple[Address, ...]]
    profiles: Profiles
    endpoints: Mapping[str, Thing]
    host_endpoints: tuple[Thing, ...]
    things: tuple[Thing, ...]
    services: Mapping[tuple[str, str], Service]
    tiers: list[ReadyTier]
    absent: tuple[str, ...]
    failsafes: Mapping[Direction, tuple[Failsafe, ...]]
    _at: dict[Address, tuple[Thing, ...]] = field(default_factory=dict)
    _selected: dict[tuple[str, int], bool] = field(default_factory=dict)
    _chosen: dict[tuple[int, str, str], list[tuple[ReadyTier, list[Policy]]]] = field(default_factory=dict)

    def at(self, address: Address) -> tuple[Thing, ...]:
        """Return every endpoint and set that has this address."""
        found = self._at.get(address)
        if found is None:
            found = tuple(thing for thing in self.things if any(address in net for net in thing.nets))
            self._at[address] = found
        return found

    def selects(self, selector: Selector, thing: Thing) -> bool:
        """Tell whether a selector holds for the labels of a thing."""
        key = (selector.text, id(thing))
        if key not in self._selected:
            self._selected[key] = holds(selector.node, thing.labels)
        return self._selected[key]

    def finds(self, selector: Selector, address: Address) -> bool:
        """Tell whether any thing with this address is selected (calico.md 3.5)."""
        return any(self.selects(selector, thing) for thing in self.at(address))

    def governing(self, thing: Thing, direction: Direction, stage: str) -> list[tuple[ReadyTier, list[Policy]]]:
        """Return the tiers that apply to an endpoint in a direction, with their policies there, in order.

        `stage` is workload, normal, forward, preDNAT or untracked. A policy lands in one class, with applyOnForward in
        forward as well; untracked and preDNAT ones have no effect on pods (calico.md 2.2, 2.6).
        """
        key = (id(thing), direction, stage)
        if key not in self._chosen:
            found = []
            for tier in self.tiers:
                policies = [
                    policy
                    for policy in tier.policies
                    if direction in policy.directions
                    and _is_in_class(policy, stage)
                    and self.selects(policy.selector, thing)
                ]
                if policies:
                    found.append((tier, policies))
            self._chosen[key] = found
        return self._chosen[key]


def _is_in_class(policy: Policy, stage: str) -> bool:
    if stage == "untracked":
        return policy.untracked
    if stage == "preDNAT":
        return policy.pre_dnat and not policy.untracked
    plain = not policy.untracked and not policy.pre_dnat
    return plain and (policy.forward or stage != "forward")


def read_cluster(manifests: Iterable[Manifest], *, defaults: bool = True) -> Cluster:
    """Read a cluster from plain manifests of any order.

    `defaults`: whether types and policyTypes that are not written are filled in as the API servers do. ValueError for
    an object that Calico cannot decode: it would stop every reader of its kind (calico.md 7.3), so nothing can be said.
    """
    manifests = list(manifests)
    by_kind: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        by_kind.setdefault(manifest["kind"], []).append(manifest)
    profiles = Profiles(
        {_name(item): item["metadata"].get("labels") or {} for item in by_kind.get("Namespace", [])},
        {
            (item["metadata"]["namespace"], _name(item)): item["metadata"].get("labels") or {}
            for item in by_kind.get("ServiceAccount", [])
        },
    )
    pods = {f"{item['metadata']['namespace']}/{_name(item)}": item for item in by_kind.get("Pod", [])}
    endpoints = {key: read_pod(pod, profiles) for key, pod in pods.items() if is_endpoint(pod)}
    resources = [resource for manifest in manifests if (resource := _decode(manifest)) is not None]
    hosts = tuple(read_host_endpoint(item, profiles) for item in _only(resources, HostEndpoint))
    sets = [read_set(item, profiles) for item in resources if isinstance(item, NetworkSet | GlobalNetworkSet)]
    policies, absent = _read_policies(resources, defaults)
    return Cluster(
        pods=pods,
        node_addresses={_name(item): tuple(_node_addresses(item)) for item in by_kind.get("Node", [])},
        profiles=profiles,
        endpoints=endpoints,
        host_endpoints=tuple(sorted(hosts, key=lambda host: host.name.encode())),
        things=(*endpoints.values(), *hosts, *sets),
        services=_read_services(by_kind.get("EndpointSlice", [])),
        tiers=arrange_tiers(_only(resources, Tier), policies),
        absent=absent,
        failsafes=_read_failsafes(by_kind.get("FelixConfiguration", [])),
    )


def _read_failsafes(settings: Iterable[Manifest]) -> dict[Direction, tuple[Failsafe, ...]]:
    """Return the failsafe ports of both directions; an entry may count for one net of the other end alone."""
    spec = next((item["spec"] for item in settings if _name(item) == "default"), {})
    found: dict[Direction, tuple[Failsafe, ...]] = {}
    keys: tuple[tuple[Direction, str, Any], ...] = (
        ("ingress", "failsafeInboundHostPorts", INBOUND),
        ("egress", "failsafeOutboundHostPorts", OUTBOUND),
    )
    for direction, key, default in keys:
        written = [
            (
                PROTOCOLS[item["protocol"].lower()],
                item["port"],
                ipaddress.ip_network(item["net"], strict=False) if "net" in item else None,
            )
            for item in spec.get(key, ())
        ]
        found[direction] = tuple(written) if key in spec else tuple((*entry, None) for entry in default)
    return found


def _name(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def _only(resources: Iterable[Resource], kind: type[T]) -> list[T]:
    return [resource for resource in resources if isinstance(resource, kind)]


def _decode(manifest: Manifest) -> Resource | None:
    obj = as_api_object(manifest, SourceMap("", ""))
    if obj is None:
        return None
    resource, problems = decode_object(obj)
    if resource is None:
        raise ValueError("; ".join(problem.summary for problem in problems))
    return resource


def _read_policies(resources: Iterable[Resource], defaults: bool) -> tuple[list[Policy], tuple[str, ...]]:
    """Read the policies that are enforced, and name those that count as absent. Staged ones decide nothing (6.2)."""
    policies, absent = [], []
    for found in resources:
        try:
            match found:
                case NetworkPolicy() | GlobalNetworkPolicy():
                    policies.append(read_policy(found, defaults))
                case KubernetesNetworkPolicy():
                    policies.append(read_network_policy(found, defaults))
                case ClusterNetworkPolicy():
                    policy = read_cluster_policy(found)
                    policies += [policy] if policy is not None else []
        except AbsentError:
            absent.append(
                "/".join(part for part in (found.kind, found.metadata.namespace, found.metadata.name) if part)
            )
    return policies, tuple(absent)


def _node_addresses(node: Manifest) -> Iterable[Address]:
    for entry in node.get("status", {}).get("addresses") or []:
        if entry["type"] == "InternalIP":
            yield ipaddress.ip_address(entry["address"])


def _read_services(slices: Iterable[Manifest]) -> dict[tuple[str, str], Service]:
    """Read EndpointSlices, ready or not; a nil port is skipped, a slice of names too (calico.md 4.6)."""
    services: dict[tuple[str, str], Service] = {}
    for found in slices:
        name = (found["metadata"].get("labels") or {}).get("kubernetes.io/service-name")
        if not name or found.get("addressType") == "FQDN":
            continue
        service = services.setdefault((found["metadata"]["namespace"], name), Service())
        for text in (text for endpoint in found.get("endpoints") or [] for text in endpoint.get("addresses") or []):
            address = ipaddress.ip_address(text)
            service.addresses.add(address)
            for port in found.get("ports") or []:
                if port.get("port") is not None:
                    protocol = PROTOCOLS[(port.get("protocol") or "TCP").lower()]
                    service.ports.add((address, protocol, port["port"]))
    return services
