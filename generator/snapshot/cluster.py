"""Namespaces and nodes: their labels and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_interface
from typing import Any, Final

from generator.snapshot.felix_environment import felix_environment, unsaid_settings
from generator.snapshot.fields import Fields
from generator.snapshot.model import Namespace, Node

NAME_LABEL: Final = "kubernetes.io/metadata.name"
# What other nodes and pods see as the source of a node's traffic: its own addresses and those of Calico's tunnels (P7).
_NODE_ADDRESSES: Final = (
    "projectcalico.org/IPv4Address",
    "projectcalico.org/IPv6Address",
    "projectcalico.org/IPv4IPIPTunnelAddr",
    "projectcalico.org/IPv4VXLANTunnelAddr",
    "projectcalico.org/IPv6VXLANTunnelAddr",
    "projectcalico.org/IPv4WireguardInterfaceAddr",
    "projectcalico.org/IPv6WireguardInterfaceAddr",
)


def read_namespace(fields: Fields, name: str) -> Namespace:
    """Read a Namespace; the API server sets the label with its name on every one."""
    labels = dict(fields.mapping("metadata").labels("labels"))
    labels[NAME_LABEL] = name
    return Namespace(name, tuple(sorted(labels.items())))


def assume_namespaces(known: Mapping[str, Namespace], referenced: Iterable[str]) -> dict[str, Namespace]:
    """Add what is referred to and absent, with the label that every namespace has (product.md 1)."""
    spaces = dict(known)
    for name in referenced:
        if name and name not in spaces:
            spaces[name] = Namespace(name, ((NAME_LABEL, name),), assumed=True)
    return {name: spaces[name] for name in sorted(spaces)}


def read_ip_pool(fields: Fields) -> str:
    """Return the net of an IPPool: a disabled one too, for pods keep the addresses that they have."""
    return fields.mapping("spec").text("cidr")


FELIX_SETTINGS: Final = (
    *("bpfEnabled", "nftablesMode", "defaultEndpointToHostAction", "vxlanPort", "chainInsertMode"),
    *("allowVXLANPacketsFromWorkloads", "allowIPIPPacketsFromWorkloads"),
    *("failsafeInboundHostPorts", "failsafeOutboundHostPorts"),
)
# What the lines of Log rules and the previews of staged policies hang on; no verdict does.
_SHOWING_SETTINGS: Final = (
    *("logPrefix", "logActionRateLimit", "logActionRateLimitBurst"),
    *("flowLogsGoldmaneServer", "flowLogsLocalReporter", "flowLogsPolicyEvaluationMode", "policySyncPathPrefix"),
)


def read_felix_environment(template: Fields) -> dict[str, Any]:
    """Return the same settings as the environment of calico-node has them; `template` is that of its pods."""
    return felix_environment(template.mapping("spec").value, (*FELIX_SETTINGS, *_SHOWING_SETTINGS))


def read_felix_defaults(template: Fields) -> dict[str, Any]:
    """Return those that hold where nobody says anything; empty of pods that run no Felix."""
    return unsaid_settings(template.mapping("spec").value)


def read_felix(fields: Fields) -> dict[str, Any]:
    """Return the settings of a FelixConfiguration that change verdicts or logs, as they are written (calico.md 6.6)."""
    spec = fields.mapping("spec").value
    return {key: spec[key] for key in (*FELIX_SETTINGS, *_SHOWING_SETTINGS) if key in spec}


def read_node(fields: Fields, name: str) -> Node:
    """Read a Node: InternalIP, and the addresses that Calico notes on it."""
    metadata = fields.mapping("metadata")
    addresses = [
        item.text("address")
        for item in fields.mapping("status").items("addresses")
        if item.text("type") == "InternalIP"
    ]
    notes = dict(metadata.labels("annotations"))
    for key in _NODE_ADDRESSES:
        try:
            addresses.append(str(ip_interface(notes[key]).ip))
        except (KeyError, ValueError):
            continue
    return Node(name, metadata.labels("labels"), tuple(dict.fromkeys(address for address in addresses if address)))
