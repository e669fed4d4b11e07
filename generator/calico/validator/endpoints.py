"""V30, V31 and V44: host endpoints and network sets (calico.md 1.5, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, crd_field, shown
from generator.calico.validator.names import is_subdomain, port_name_problem
from generator.calico.validator.nets import is_cidr_or_address, read_address
from generator.calico.validator.ports import check_protocol, has_ports, protocol_of

NAMESPACE_LABEL: Final = "projectcalico.org/namespace"
_INTERFACE_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_SPEC: Final = ("spec",)


def check_network_set(metadata: Mapping[str, Any], spec: Mapping[str, Any], out: Findings) -> None:
    """Check the nets and the reserved label of a network set, global or not."""
    if NAMESPACE_LABEL in (metadata.get("labels") or {}):
        path = ("metadata", "labels", NAMESPACE_LABEL)
        summary = f"the label {NAMESPACE_LABEL} may not be set on a network set"
        out.append(Finding(check_code(30), path, summary, go="Metadata.Labels (label)"))
    for position, written in enumerate(spec.get("nets") or []):
        text = written or ""
        path_of_net = ("spec", "nets", position)
        if not is_cidr_or_address(text):
            summary = f"{shown(text)} is neither an address nor a network"
            out.append(Finding(check_code(30), path_of_net, summary, go=f"Nets[{position}]"))
        elif text == "":
            out.append(Finding(check_code(30), path_of_net, "an empty entry among the nets"))


def check_host_endpoint(spec: Mapping[str, Any], out: Findings) -> None:
    """Check node, interface, addresses, profiles and named ports of a host endpoint."""
    _check_place(spec, out)
    for position, text in enumerate(spec.get("expectedIPs") or []):
        if read_address(text or "") is None:
            summary = f"{shown(text or '')} is no address"
            out.append(
                Finding(check_code(31), ("spec", "expectedIPs", position), summary, go=f"ExpectedIPs[{position}]")
            )
    for position, text in enumerate(spec.get("profiles") or []):
        if not is_subdomain(text or ""):
            summary = f"{shown(text or '')} is no name of a profile"
            out.append(Finding(check_code(31), ("spec", "profiles", position), summary, go=f"Profiles[{position}]"))
    for position, port in enumerate(spec.get("ports") or []):
        _check_port(port or {}, position, out)


def _check_place(spec: Mapping[str, Any], out: Findings) -> None:
    node, interface = spec.get("node") or "", spec.get("interfaceName") or ""
    if not node:
        summary = "the host endpoint names no node"
        out.append(Finding(check_code(31), ("spec", "node"), summary, go="InterfaceName", crd=crd_field(_SPEC)))
    elif not is_subdomain(node):
        out.append(Finding(check_code(31), ("spec", "node"), f"{shown(node)} is no name of a node", go="Node"))
    if not interface:
        if not spec.get("expectedIPs"):
            summary = "the host endpoint has neither interfaceName nor expectedIPs"
            path = ("spec", "interfaceName")
            out.append(Finding(check_code(31), path, summary, go="InterfaceName", crd=crd_field(_SPEC)))
    elif interface != "*" and (len(interface) > 15 or not _INTERFACE_CHARS.issuperset(interface)):
        summary = f"{shown(interface)} is no name of an interface"
        hint = "at most 15 letters, digits, '_', '.' and '-', or * for all interfaces"
        out.append(Finding(check_code(31), ("spec", "interfaceName"), summary, hint, go="InterfaceName"))


def _check_port(port: Mapping[str, Any], position: int, out: Findings) -> None:
    path = ("spec", "ports", position)
    name = port.get("name") or ""
    wrong = port_name_problem(name)
    if wrong:
        out.append(Finding(check_code(31), (*path, "name"), f"{shown(name)} is no name of a port: {wrong}", go="Name"))
    if not port.get("port"):
        summary = "a named port of a host endpoint needs a number from 1 to 65535"
        out.append(Finding(check_code(31), (*path, "port"), summary, go="Port"))
    protocol = protocol_of(port.get("protocol"))
    if protocol is None or protocol == 0:
        summary = "a named port of a host endpoint needs a protocol"
        out.append(Finding(check_code(31), (*path, "protocol"), summary, go="EndpointPort.Protocol"))
    elif not has_ports(protocol):
        summary = f"protocol {shown(protocol)} has no ports"
        hint = "permitted are TCP, UDP and SCTP"
        out.append(Finding(check_code(31), (*path, "protocol"), summary, hint, go="EndpointPort.Protocol"))
    else:
        check_protocol(protocol, (*path, "protocol"), out)


def warn_posing(kind: Kind, metadata: Mapping[str, Any], spec: Mapping[str, Any], out: Findings) -> None:
    """Warn of labels and profiles by which a host endpoint or global set passes for a member of a namespace (V44)."""
    for label in metadata.get("labels") or {}:
        namespace_label = kind is Kind.HOST_ENDPOINT and label == NAMESPACE_LABEL
        if namespace_label or label.startswith(("pcns.", "pcsa.")):
            summary = f"with the label {shown(label)} the {kind.value} passes for a member of a namespace"
            out.append(Finding(check_code(44), ("metadata", "labels", label), summary, "choose another label"))
    if kind is Kind.HOST_ENDPOINT:
        for position, profile in enumerate(spec.get("profiles") or []):
            if (profile or "").startswith("kns."):
                summary = f"the profile {shown(profile)} gives the host the labels and the allow of a namespace"
                out.append(Finding(check_code(44), ("spec", "profiles", position), summary))
