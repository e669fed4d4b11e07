"""Kubernetes' own policies: staged, plain and cluster-wide (calico.md 5.1, 5.2, 6.2; V45)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.validator.codes import NOT_PERMITTED, check_code
from generator.calico.validator.findings import Finding, Findings, shown
from generator.calico.validator.nets import read_cidr
from generator.calico.validator.policies import check_delete, check_staged_action
from generator.calico.validator.shape import read_port
from generator.foundation.diagnostics import Severity
from generator.foundation.source import Path

_DIRECTIONS: Final = (("ingress", "from"), ("egress", "to"))


def check_staged_kubernetes(kind: Kind, spec: Mapping[str, Any], out: Findings) -> None:
    """Check a StagedKubernetesNetworkPolicy: Calico converts it and checks what comes out."""
    check_staged_action(kind, spec, out)
    if spec.get("stagedAction") == "Delete":
        check_delete(spec, kind, out)
        return
    check_ports_and_blocks(spec, "PolicySpec", out)
    if any("global()" in text for text in _selector_texts(spec.get("podSelector") or {})):
        summary = "global() in a label selector"
        out.append(Finding(check_code(11), ("spec", "podSelector"), summary, go="NetworkPolicySpec.Selector"))


def check_ports_and_blocks(spec: Mapping[str, Any], go: str | None, out: Findings) -> None:
    """Check what the conversion would drop or misread: ports, port ranges, address blocks and policyTypes."""
    for position, entry in enumerate(spec.get("policyTypes") or []):
        if entry not in ("Ingress", "Egress"):
            summary = f"{shown(entry or '')} is no policy type"
            out.append(Finding(check_code(6), ("spec", "policyTypes", position), summary, "Ingress or Egress"))
    for direction, peers in _DIRECTIONS:
        for position, rule in enumerate(spec.get(direction) or []):
            path = ("spec", direction, position)
            for index, port in enumerate((rule or {}).get("ports") or []):
                _check_port(port or {}, (*path, "ports", index), go, out)
            for index, peer in enumerate((rule or {}).get(peers) or []):
                _check_block((peer or {}).get("ipBlock"), (*path, peers, index, "ipBlock"), out)


def _check_port(port: Mapping[str, Any], path: Path, go: str | None, out: Findings) -> None:
    value, end = port.get("port"), port.get("endPort")
    if value is None:
        if end is not None:
            out.append(Finding(check_code(14), (*path, "endPort"), "endPort without port is not looked at"))
        return
    value, end = (int(item) if isinstance(item, float) else item for item in (value, end))
    text = str(value) if end is None else f"{value}:{end}"
    found = read_port(text)
    if isinstance(found, str):
        out.append(Finding(check_code(14), path, f"{shown(text)} is no port: {found}", go=go))


def _check_block(block: Mapping[str, Any] | None, path: Path, out: Findings) -> None:
    if block is None:
        return
    for text, at in [(block.get("cidr"), (*path, "cidr"))] + [
        (item, (*path, "except", index)) for index, item in enumerate(block.get("except") or [])
    ]:
        net = read_cidr(text or "")
        if net is None:
            out.append(Finding(check_code(16), at, f"{shown(text or '')} is no network"))


def _selector_texts(selector: Mapping[str, Any]) -> Iterator[str]:
    for key, value in (selector.get("matchLabels") or {}).items():
        yield key
        yield value or ""
    for expression in selector.get("matchExpressions") or []:
        match (expression or {}).get("operator"):
            case "In" | "NotIn":
                yield expression.get("key") or ""
                yield from (value or "" for value in expression.get("values") or [])
            case "Exists" | "DoesNotExist":
                yield f"has({expression.get('key') or ''})"
            case _:  # the conversion drops it
                pass


_ACTIONS: Final = {
    Kind.CLUSTER_NETWORK_POLICY: ("Accept", "Deny", "Pass"),
    Kind.ADMIN_NETWORK_POLICY: ("Allow", "Deny", "Pass"),
    Kind.BASELINE_ADMIN_NETWORK_POLICY: ("Allow", "Deny"),
}
_NEGATIVE: Final = ("NotIn", "DoesNotExist")


def check_cluster_policy(kind: Kind, spec: Mapping[str, Any], out: Findings) -> None:
    """Check a cluster-wide Kubernetes policy lightly: actions, tier, and peers that Calico cannot convert."""
    if kind is Kind.CLUSTER_NETWORK_POLICY and spec.get("tier") not in ("Admin", "Baseline"):
        summary = f"{shown(spec.get('tier') or '')} is no tier of a ClusterNetworkPolicy, so Calico ignores it"
        out.append(Finding(NOT_PERMITTED, ("spec", "tier"), summary, "permitted are Admin and Baseline"))
    if not isinstance(spec.get("subject"), dict) or len(spec["subject"]) != 1:
        summary = "the subject is not one of namespaces and pods, so Calico ignores the policy"
        out.append(Finding(NOT_PERMITTED, ("spec", "subject"), summary, "write namespaces or pods"))
    for direction, peers in _DIRECTIONS:
        rules = spec.get(direction)
        for position, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict):
                _check_cluster_rule(kind, rule, ("spec", direction, position), peers, out)


def _check_cluster_rule(kind: Kind, rule: Mapping[str, Any], path: Path, peers: str, out: Findings) -> None:
    action = rule.get("action")
    if action not in _ACTIONS[kind]:
        hint = f"permitted are {', '.join(_ACTIONS[kind])}"
        out.append(Finding(check_code(9), (*path, "action"), f"{shown(action or '')} is no action", hint))
    listed = rule.get(peers)
    for index, peer in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(peer, dict):
            continue
        at = (*path, peers, index)
        for field in ("nodes", "domainNames"):
            if field in peer:
                effect = "the rule vanishes" if action in ("Accept", "Allow") else "the rule denies everything"
                summary = f"Calico cannot convert the peer {field}: {effect}"
                out.append(Finding(check_code(45), (*at, field), summary, "take the peer out"))
        if kind is Kind.CLUSTER_NETWORK_POLICY and _is_negative(peer.get("namespaces")):
            summary = "a negative namespaces peer also matches global network sets and host endpoints"
            hint = "select the namespaces positively"
            out.append(Finding(check_code(45), (*at, "namespaces"), summary, hint, severity=Severity.WARNING))


def _is_negative(selector: Any) -> bool:
    if not isinstance(selector, dict) or selector.get("matchLabels"):
        return False
    expressions = selector.get("matchExpressions")
    if not isinstance(expressions, list) or not expressions:
        return False
    return all(isinstance(item, dict) and item.get("operator") in _NEGATIVE for item in expressions)
