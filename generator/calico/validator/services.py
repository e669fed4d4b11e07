"""V22 and V43: services stand alone on the right side; names of service accounts (calico.md 4.6, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, crd_field, shown
from generator.calico.validator.names import is_subdomain
from generator.foundation.diagnostics import Severity
from generator.foundation.source import Path

_ALLOWED_SIDE: Final = {"ingress": "source", "egress": "destination"}
_BESIDE: Final = (
    ("namespaceSelector",),
    ("selector", "notSelector"),
    ("serviceAccounts",),
    ("nets", "notNets"),
)


def check_services(
    entity: Mapping[str, Any], path: Path, direction: str, side: str, cluster_wide: bool, out: Findings
) -> None:
    """Check the services of one side of a rule; `cluster_wide` for global policies."""
    services = entity.get("services")
    if services is None:
        return
    at = (*path, "services")
    _check_names(services, at, out)
    for fields in _BESIDE:
        beside = [field for field in fields if _is_given(entity.get(field), field)]
        if beside:
            summary = f"services and {beside[0]} on one side of a rule"
            out.append(Finding(check_code(22), at, summary, "write two rules", go="Services field"))
    if side == "destination":
        for field, go in (("ports", "Destination.Ports"), ("notPorts", "Destination.NotPorts")):
            if entity.get(field):
                summary = f"services and {field} on one side of a rule"
                hint = "the ports are those of the service's endpoints"
                rule_path = path[:-1]
                out.append(Finding(check_code(22), at, summary, hint, go=go, crd=crd_field(rule_path)))
    if _ALLOWED_SIDE.get(direction, side) != side:
        summary = f"services in the {side} of an {direction} rule"
        hint = f"an {direction} rule takes services in its {_ALLOWED_SIDE[direction]} only"
        out.append(Finding(check_code(22), at, summary, hint, go="Services"))
    elif not services.get("namespace"):
        summary = "services without a namespace never match"
        refused = "Namespace" if cluster_wide else None
        severity = None if cluster_wide else Severity.WARNING
        hint = "always write the namespace"
        out.append(Finding(check_code(22), at, summary, hint, go=refused, severity=severity))


def _is_given(value: Any, field: str) -> bool:
    return value is not None if field == "serviceAccounts" else bool(value)


def _check_names(services: Mapping[str, Any], path: Path, out: Findings) -> None:
    name = services.get("name")
    if not name:
        out.append(Finding(check_code(22), path, "services without a name", go="Services field"))
    for field, go in (("name", "Name"), ("namespace", "Namespace")):
        text = services.get(field)
        if text and not is_subdomain(text):
            out.append(Finding(check_code(22), (*path, field), f"{shown(text)} is no legal {field}", go=go))


def check_account_names(entity: Mapping[str, Any], path: Path, out: Findings) -> None:
    """Check the names of service accounts, which no validator of Calico looks at."""
    accounts = entity.get("serviceAccounts")
    if not accounts:
        return
    for position, name in enumerate(accounts.get("names") or []):
        text = name or ""
        if len(text) > 253 or not is_subdomain(text):
            at = (*path, "serviceAccounts", "names", position)
            summary = f"{shown(text)} is no name of a service account"
            out.append(Finding(check_code(43), at, summary, "lower-case letters, digits, '-' and '.'"))
