"""The checks of one rule, in the order of its fields (calico.md 1.2, 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.validator.codes import NOT_PERMITTED, check_code
from generator.calico.validator.findings import Finding, Findings, shown
from generator.calico.validator.http import check_http
from generator.calico.validator.icmp import check_icmp
from generator.calico.validator.names import check_annotations
from generator.calico.validator.nets import check_nets
from generator.calico.validator.ports import check_ports, check_protocol
from generator.calico.validator.schema import ACTIONS
from generator.calico.validator.selectors_check import check_entity_selectors
from generator.calico.validator.services import check_account_names, check_services
from generator.foundation.source import Path
from generator.foundation.spelling import did_you_mean

MOST_RULES: Final = 1024
MOST_NETS: Final = 256
MOST_PORTS: Final = 50
LONGEST_SERVICE_NAME: Final = 253
_ACTIONS: Final = frozenset(ACTIONS)


def check_rule(rule: Mapping[str, Any], path: Path, direction: str, cluster_wide: bool, out: Findings) -> None:
    """Check a rule whose values have the right types; `direction` is `ingress` or `egress`."""
    action = rule.get("action")
    if action not in _ACTIONS:
        summary = "the rule has no action" if not action else f"{shown(action)} is no action"
        hint = did_you_mean(action or "", ACTIONS) or f"permitted are {', '.join(ACTIONS)}"
        out.append(Finding(check_code(9), (*path, "action"), summary, hint, go="Action"))
    version = rule.get("ipVersion")
    if version is not None and version not in (4, 6):
        out.append(Finding(NOT_PERMITTED, (*path, "ipVersion"), f"ipVersion is 4 or 6, not {version}", go="IPVersion"))
    if "protocol" in rule:
        check_protocol(rule["protocol"], (*path, "protocol"), out)
    if "notProtocol" in rule:
        check_protocol(rule["notProtocol"], (*path, "notProtocol"), out)
        if rule["notProtocol"] is not None and rule.get("protocol") is not None:
            summary = "protocol and notProtocol in one rule stop Felix on every node with a selected pod"
            hint = "the protocol alone says it all"
            out.append(Finding(check_code(48), (*path, "notProtocol"), summary, hint))
    if "icmp" in rule or "notICMP" in rule or version is not None:
        check_icmp(rule, path, out)
    if "http" in rule:
        check_http(rule, path, direction, out)
    _check_entities(rule, path, direction, cluster_wide, out)
    metadata = rule.get("metadata")
    if metadata and metadata.get("annotations"):
        check_annotations(metadata["annotations"], (*path, "metadata", "annotations"), out)


def _check_entities(rule: Mapping[str, Any], path: Path, direction: str, cluster_wide: bool, out: Findings) -> None:
    ports = nets = False
    for side in ("source", "destination"):
        entity = rule.get(side)
        if not entity:
            continue
        at = (*path, side)
        check_entity_selectors(entity, at, out)
        if "services" in entity:
            check_services(entity, at, direction, side, cluster_wide, out)
        if "serviceAccounts" in entity:
            check_account_names(entity, at, out)
        ports = ports or "ports" in entity or "notPorts" in entity
        nets = nets or "nets" in entity or "notNets" in entity
        _check_sizes(entity, at, out)
    if ports:
        check_ports(rule, path, out)
    if nets:
        check_nets(rule, path, out)


def _check_sizes(entity: Mapping[str, Any], path: Path, out: Findings) -> None:
    for field, most in (("nets", MOST_NETS), ("notNets", MOST_NETS), ("ports", MOST_PORTS), ("notPorts", MOST_PORTS)):
        entries = entity.get(field)
        if entries and len(entries) > most:
            summary = f"{field} holds {len(entries)} entries, {most} are allowed"
            out.append(Finding(check_code(15), (*path, field), summary, "split the rule"))
    for field in ("name", "namespace"):
        text = (entity.get("services") or {}).get(field) or ""
        if len(text) > LONGEST_SERVICE_NAME:
            summary = f"the {field} of the service has {len(text)} characters, {LONGEST_SERVICE_NAME} are allowed"
            out.append(Finding(check_code(15), (*path, "services", field), summary))
