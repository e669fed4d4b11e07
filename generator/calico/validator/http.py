"""V23: application layer matches (calico.md 4.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, crd_field, shown
from generator.calico.validator.ports import protocol_of
from generator.foundation.source import Path


def check_http(rule: Mapping[str, Any], path: Path, direction: str, out: Findings) -> None:
    """Check an http match: ingress, Allow, TCP by name or no protocol, methods once each, sound paths."""
    match = rule.get("http")
    if match is None:
        return
    at = (*path, "http")
    code = check_code(23)
    if direction == "egress":
        out.append(Finding(code, at, "http in an egress rule", "http goes with ingress rules", go="HTTP"))
    if rule.get("action") != "Allow":
        summary = f"http with action {shown(rule.get('action') or '')}"
        out.append(Finding(code, at, summary, "http goes with Allow", go="HTTP", crd=crd_field(path)))
    raw = rule.get("protocol")
    protocol = protocol_of(raw)
    if protocol is not None and protocol != "TCP":
        # The CRD compares the value as written: the number 6 passes it, not the Go validator.
        crd = None if raw == 6 else crd_field(path)
        summary = f"http with protocol {shown(protocol)}"
        out.append(Finding(code, (*path, "protocol"), summary, "set protocol to TCP, by name", go="Protocol", crd=crd))
    _check_methods_and_paths(match, at, out)


def _check_methods_and_paths(match: Mapping[str, Any], at: Path, out: Findings) -> None:
    methods = match.get("methods") or []
    if len(set(methods)) != len(methods):
        out.append(Finding(check_code(23), (*at, "methods"), "an HTTP method stands twice", go="Methods"))
    for position, item in enumerate(match.get("paths") or []):
        exact, prefix = (item or {}).get("exact") or "", (item or {}).get("prefix") or ""
        text = exact or prefix
        wrong = ""
        if exact and prefix:
            wrong = "an HTTP path has both exact and prefix"
        elif not text:
            wrong = "an HTTP path has neither exact nor prefix"
        elif not text.startswith("/") or any(char in text for char in "? #"):
            wrong = f"{shown(text)} is no HTTP path: it starts with '/' and holds no '?', '#' or blank"
        if wrong:
            out.append(Finding(check_code(23), (*at, "paths", position), wrong, go="Paths"))
