"""V20: ICMP types and codes need an ICMP protocol by name (calico.md 4.4, dataplane.md 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, crd_field, shown
from generator.calico.validator.ports import protocol_of
from generator.foundation.source import Path

_ICMP_NAMES: Final = ("ICMP", "ICMPv6")
_VERSION_OF: Final = {"ICMP": 4, "ICMPv6": 6}


def check_icmp(rule: Mapping[str, Any], path: Path, out: Findings) -> None:
    """Check icmp, notICMP and the IP version that an ICMP protocol implies."""
    protocol = protocol_of(rule.get("protocol"))
    for field in ("icmp", "notICMP"):
        fields = rule.get(field)
        if fields is None:
            continue
        _check_fields(fields, (*path, field), out)
        if protocol not in _ICMP_NAMES:
            found = "no protocol" if protocol is None else f"protocol {shown(protocol)}"
            go = "ICMP" if field == "icmp" else None
            hint = "set protocol to ICMP or ICMPv6, by name"
            out.append(Finding(check_code(20), (*path, field), f"{field} with {found}", hint, go=go))
    version = rule.get("ipVersion")
    if version is None:
        return
    for field in ("protocol", "notProtocol"):
        name = protocol_of(rule.get(field))
        wanted = _VERSION_OF.get(name) if isinstance(name, str) else None
        if wanted is not None and version != wanted:
            summary = f"{field} {name} is IPv{wanted}, but ipVersion is {version}"
            hint = f"write ipVersion: {wanted}, or leave it out"
            out.append(Finding(check_code(20), (*path, "ipVersion"), summary, hint, go="IPVersion"))


def _check_fields(fields: Mapping[str, Any], path: Path, out: Findings) -> None:
    for field, go, highest in (("type", "Type", 254), ("code", "Code", 255)):
        value = fields.get(field)
        if value is not None and not 0 <= value <= highest:
            where = (*path, field)
            summary = f"an ICMP {field} is 0 to {highest}, not {value}"
            out.append(Finding(check_code(20), where, summary, go=go, crd=crd_field(where)))
    if fields.get("code") is not None and fields.get("type") is None:
        summary = "an ICMP code without a type"
        out.append(Finding(check_code(20), path, summary, "write the type too", go="Code", crd=crd_field(path)))
