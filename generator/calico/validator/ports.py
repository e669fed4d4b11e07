"""V13 and V14: ports and the protocols that have them (calico.md 4.2, 4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, shown
from generator.calico.validator.names import port_name_problem
from generator.calico.validator.shape import NamedPort, PortRange, read_port
from generator.foundation.source import Path

PROTOCOL_NAMES: Final = ("TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "UDPLite")
_DASHED: Final = re.compile(r"[0-9]+-[0-9]+")
_NAMES: Final = frozenset(PROTOCOL_NAMES)
# Calico's own test also knows the lower-case names of its old API; they fail as protocol names all the same.
_WITH_PORTS: Final = frozenset(["TCP", "UDP", "SCTP", "tcp", "udp", "sctp", 6, 17, 132])


def protocol_of(value: Any) -> str | int | None:
    """Return a protocol as Calico decodes it: text of digits up to 255 is a number, null is none."""
    if type(value) is str and value.isascii() and value.isdigit():
        significant = value.lstrip("0") or "0"  # any number of zeros may come first
        return int(significant) if len(significant) < 4 and int(significant) <= 255 else value
    if type(value) is float:
        return int(value) if value.is_integer() else None
    return value if type(value) is str or type(value) is int else None


def check_protocol(value: Any, path: Path, out: Findings) -> None:
    """Check a protocol that can be decoded: a known name in exact case, or a number other than 0 (V12)."""
    protocol = protocol_of(value)
    if protocol in _NAMES or (type(protocol) is int and protocol > 0):
        return
    if protocol is None:
        return
    summary = f"{shown(value)} is no protocol that Calico knows"
    exact = {name.lower(): name for name in PROTOCOL_NAMES}.get(str(protocol).lower().strip())
    hint = f"write {exact}" if exact else f"permitted are {', '.join(PROTOCOL_NAMES)} and the numbers 1 to 255"
    out.append(Finding(check_code(12), path, summary, hint, go="Protocol"))


def has_ports(protocol: str | int | None) -> bool:
    """Tell whether a protocol has ports in Calico's eyes."""
    return protocol in _WITH_PORTS


def decode_port(value: Any) -> PortRange | NamedPort | None:
    """Return a port as Calico decodes it, None for what it cannot decode; null is port 0."""
    if value is None:
        return PortRange(0, 0)
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is int:
        return PortRange(value, value) if 0 <= value <= 65535 else None
    if type(value) is str:
        port = read_port(value)
        return None if isinstance(port, str) else port
    return None


def check_ports(rule: Mapping[str, Any], path: Path, out: Findings) -> None:
    """Check all lists of ports of a rule, and that its protocol has ports."""
    for side, go_side in (("source", "Source"), ("destination", "Destination")):
        entity = rule.get(side)
        if not entity:
            continue
        for field, go_field in (("ports", "Ports"), ("notPorts", "NotPorts")):
            ports = entity.get(field)
            if ports:
                _check_list(ports, rule, (*path, side, field), f"{go_side}.{go_field}", out)


def check_named_ports_alone(rule: Mapping[str, Any], path: Path, out: Findings) -> None:
    """Refuse named ports without a protocol, for versions that take none (`NAMED_PORTS_ALONE_SINCE`)."""
    if protocol_of(rule.get("protocol")) is not None:
        return
    for side in ("source", "destination"):
        for field in ("ports", "notPorts"):
            ports = (rule.get(side) or {}).get(field)
            if ports and all(type(decode_port(port)) is NamedPort for port in ports):  # others are refused anyway
                summary = "ports without a protocol, which this version of Calico takes for no policy at all"
                out.append(Finding(check_code(13), (*path, side, field), summary, "set protocol to TCP, UDP or SCTP"))


def _check_list(ports: list[Any], rule: Mapping[str, Any], path: Path, go: str, out: Findings) -> None:
    numeric = False
    for position, value in enumerate(ports):
        port = decode_port(value)
        if type(port) is NamedPort:
            wrong = port_name_problem(port.name)
            if wrong:
                summary = f"{shown(value)} is no name of a port: {wrong}"
                hint = f"write {port.name.replace('-', ':')} for a range" if _DASHED.fullmatch(port.name) else ""
                out.append(Finding(check_code(14), (*path, position), summary, hint, go="PortName"))
        else:
            numeric = True
            if type(port) is PortRange and port.first < 1:
                summary = f"{shown(value)} holds port 0; ports are 1 to 65535"
                out.append(Finding(check_code(14), (*path, position), summary, go="Port"))
    protocol = protocol_of(rule.get("protocol"))
    if protocol is None:
        if numeric:
            summary = "numeric ports without a protocol"
            out.append(Finding(check_code(13), path, summary, "set protocol to TCP, UDP or SCTP", go=go))
    elif not has_ports(protocol):
        summary = f"ports with protocol {shown(protocol)}, which has none for Calico"
        out.append(Finding(check_code(13), path, summary, "set protocol to TCP, UDP or SCTP", go=go))
