"""What selectors can find: pods, host endpoints and network sets, with their labels and addresses (calico.md 1.5)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from generator.calico.endpoint import HostEndpoint
from generator.calico.networkset import GlobalNetworkSet, NetworkSet
from generator.calico.ports import Protocol, ProtocolName, ProtocolNumber
from tests.obvious_parts.selectors import (
    NAME,
    NAMESPACE,
    OF_NAMESPACE,
    OF_SERVICE_ACCOUNT,
    ORCHESTRATOR,
    SERVICE_ACCOUNT,
)

Net = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Labels = Mapping[str, str]

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "sctp": 132, "udplite": 136}
TCP, UDP, SCTP = 6, 17, 132


@dataclass(frozen=True, slots=True)
class NamedPort:
    """A port of an endpoint that rules can name."""

    name: str
    protocol: int
    number: int


@dataclass(slots=True, eq=False)
class Thing:
    """A pod, host endpoint or network set; `profiles` and `ports` of endpoints, the rest of host endpoints alone."""

    name: str
    labels: Labels
    nets: tuple[Net, ...]
    ports: tuple[NamedPort, ...] = ()
    profiles: tuple[str, ...] = ()
    is_host: bool = False
    node: str = ""
    interface: str = ""


def protocol_number(protocol: Protocol) -> int | None:
    """Return the number of a protocol; None for a name that Calico does not know (calico.md 4.2)."""
    match protocol:
        case ProtocolNumber(number):
            return number
        case ProtocolName(name):
            return PROTOCOLS.get(name.lower())


@lru_cache(maxsize=100_000)
def read_net(text: str) -> Net | None:
    """Read a CIDR with its host bits masked, or a bare address; None where it is neither (calico.md 4.5)."""
    if "%" in text or not re.fullmatch(r"[^/]*(/[0-9]{1,3})?", text):
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def read_nets(texts: Iterable[str]) -> tuple[Net, ...]:
    """Read nets; unparsable entries are skipped (calico.md 4.5)."""
    return tuple(net for net in map(read_net, texts) if net is not None)


@dataclass(frozen=True, slots=True)
class Profiles:
    """What Calico derives from Namespace and ServiceAccount objects (calico.md 1.5): labels of each, by name."""

    namespaces: Mapping[str, Labels]
    accounts: Mapping[tuple[str, str], Labels]

    def labels(self, profile: str) -> Labels | None:
        """Return the labels that an endpoint with this profile inherits; None where there is no such profile."""
        if profile == "projectcalico-default-allow":
            return {}
        kind, _, rest = profile.partition(".")
        if kind == "kns" and rest in self.namespaces:
            own = {OF_NAMESPACE + key: value for key, value in self.namespaces[rest].items()}
            return own | {OF_NAMESPACE + NAME: rest}
        for (namespace, name), labels in self.accounts.items() if kind == "ksa" else ():
            if rest == f"{namespace}.{name}":
                own = {OF_SERVICE_ACCOUNT + key: value for key, value in labels.items()}
                return own | {OF_SERVICE_ACCOUNT + NAME: name}
        return None

    def inherit(self, own: Labels, profiles: Iterable[str]) -> Labels:
        """Add the profiles' labels: own ones win, then those of the first profile (calico.md 3.5)."""
        found = dict(own)
        for profile in profiles:
            for key, value in (self.labels(profile) or {}).items():
                found.setdefault(key, value)
        return found


def is_endpoint(pod: Mapping[str, Any]) -> bool:
    """Tell whether a pod is an endpoint: scheduled, with an address, not on the host's network, not finished."""
    spec, status = pod.get("spec", {}), pod.get("status", {})
    if spec.get("hostNetwork") or status.get("phase") in ("Succeeded", "Failed"):
        return False
    return bool(spec.get("nodeName") and pod_addresses(pod))


def pod_addresses(pod: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a pod's addresses as its status gives them."""
    status = pod.get("status", {})
    return tuple(entry["ip"] for entry in status.get("podIPs") or [{"ip": status.get("podIP")}] if entry.get("ip"))


def read_pod(pod: Mapping[str, Any], profiles: Profiles) -> Thing:
    """Read a pod that is an endpoint (calico.md 1.5, 3.5); labels that pose as a namespace's are stripped."""
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    account = pod["spec"].get("serviceAccountName") or ""
    labels = {
        key: value
        for key, value in (pod["metadata"].get("labels") or {}).items()
        if not key.startswith((OF_NAMESPACE, OF_SERVICE_ACCOUNT))
    }
    labels |= {NAMESPACE: namespace, ORCHESTRATOR: "k8s"}
    own_profiles = [f"kns.{namespace}"]
    if account:
        labels[SERVICE_ACCOUNT] = account
        own_profiles.append(f"ksa.{namespace}.{account}")
    return Thing(
        name=f"{namespace}/{name}",
        labels=profiles.inherit(labels, own_profiles),
        nets=read_nets(pod_addresses(pod)),
        ports=tuple(_container_ports(pod["spec"])),
        profiles=tuple(own_profiles),
        node=pod["spec"]["nodeName"],
    )


def _container_ports(spec: Mapping[str, Any]) -> Iterable[NamedPort]:
    """Give the named ports of containers and initContainers (calico.md 4.3)."""
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        for port in container.get("ports") or []:
            if port.get("name"):
                yield NamedPort(port["name"], PROTOCOLS[port.get("protocol", "TCP").lower()], port["containerPort"])


def read_host_endpoint(endpoint: HostEndpoint, profiles: Profiles) -> Thing:
    """Read a host endpoint; rules find it by its expectedIPs alone (calico.md 1.5)."""
    spec = endpoint.spec
    ports = []
    for port in spec.ports:
        number = protocol_number(port.protocol) if port.protocol is not None else None
        if number is not None and number in (TCP, UDP, SCTP):
            ports.append(NamedPort(port.name, number, port.port))
    return Thing(
        name=endpoint.metadata.name,
        labels=profiles.inherit(endpoint.metadata.labels, spec.profiles),
        nets=read_nets(spec.expected_ips),
        ports=tuple(ports),
        profiles=spec.profiles,
        is_host=True,
        node=spec.node,
        interface=spec.interface_name,
    )


def read_set(found: NetworkSet | GlobalNetworkSet, profiles: Profiles) -> Thing:
    """Read a set; one of a namespace wears that namespace's labels too (calico.md 3.5)."""
    labels: Labels = found.metadata.labels
    namespace = found.metadata.namespace if isinstance(found, NetworkSet) else ""
    if isinstance(found, NetworkSet):
        labels = profiles.inherit({**labels, NAMESPACE: namespace}, [f"kns.{namespace}"])
    return Thing(name=found.metadata.name, labels=labels, nets=read_nets(found.spec.nets))
