"""V21, V37 and V41: what a dataplane does otherwise than the rule says (calico.md 2.8, 4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.validator.codes import check_code
from generator.calico.validator.context import ValidationContext
from generator.calico.validator.findings import Finding, Findings
from generator.calico.validator.nets import read_cidr
from generator.calico.validator.ports import decode_port
from generator.calico.validator.shape import NamedPort, PortRange
from generator.foundation.source import Path

_UNKNOWN_TO_EBPF: Final = {"ICMPv6": 58, "UDPLite": 136}
_SLOTS: Final = 15


def warn_dataplane(rule: Mapping[str, Any], path: Path, context: ValidationContext, out: Findings) -> None:
    """Warn of what the target dataplane does not do with a rule of a Calico kind."""
    if context.dataplane == "ebpf":
        for field in ("protocol", "notProtocol"):
            number = _UNKNOWN_TO_EBPF.get(rule.get(field) or "")
            if number is not None:
                summary = f"the eBPF dataplane never matches {rule[field]} by name"
                out.append(Finding(check_code(21), (*path, field), summary, f"write the number {number}"))
    elif context.dataplane in ("iptables", "nftables") and match_blocks(rule) > 2:
        summary = f"the rule has {match_blocks(rule)} blocks of several ports or nets, and only two are tested"
        hint = "write one rule for each net of one side, or numeric and named ports apart"
        out.append(Finding(check_code(41), path, summary, hint))
    if context.dataplane == "windows" or context.windows_nodes:
        reason = windows_skips(rule)
        if reason:
            summary = f"Windows nodes skip the whole rule: {reason}"
            out.append(Finding(check_code(37), path, summary, "write the rule without it"))


def match_blocks(rule: Mapping[str, Any]) -> int:
    """Count the blocks that iptables and nftables make of a rule, for the IP family with more of them."""
    entities = [entity for entity in (rule.get("source"), rule.get("destination")) if entity]
    if not any(len(entity.get("ports") or ()) + len(entity.get("nets") or ()) > 1 for entity in entities):
        return 0
    ports = sum(1 for entity in entities if port_matches(entity.get("ports") or []) > 1)
    nets = [0, 0]
    for entity in entities:
        families = [net.family for net in (read_cidr(text or "") for text in entity.get("nets") or []) if net]
        nets[0] += families.count(4) > 1
        nets[1] += families.count(6) > 1
    return ports + max(nets)


def port_matches(ports: list[Any]) -> int:
    """Count the kernel matches that a list of ports needs: groups of 15 slots, a range takes two; each name one."""
    groups = used = named = 0
    for value in ports:
        port = decode_port(value)
        if isinstance(port, NamedPort):
            named += 1
        elif port is not None:
            slots = 1 if port.first == port.last else 2
            if groups == 0 or used + slots > _SLOTS:
                groups, used = groups + 1, 0
            used += slots
    return groups + named


_NEGATIVES: Final = ("notNets", "notPorts", "notSelector")


def windows_skips(rule: Mapping[str, Any]) -> str:
    """Say why Windows nodes skip a rule, or return an empty text."""
    if rule.get("action") == "Log":
        return "its action is Log"
    for field in ("notProtocol", "notICMP", "icmp"):
        if rule.get(field) is not None:
            return f"it has {field}"
    if rule.get("ipVersion") == 6:
        return "it is for IPv6"
    for side in ("source", "destination"):
        entity = rule.get(side) or {}
        for field in _NEGATIVES:
            if entity.get(field):
                return f"it has {field}"
        if any(not isinstance(decode_port(port), PortRange) for port in entity.get("ports") or []):
            return "it has a named port"
        if any(net.family == 6 for net in (read_cidr(text or "") for text in entity.get("nets") or []) if net):
            return "it has networks of IPv6"
    return ""
