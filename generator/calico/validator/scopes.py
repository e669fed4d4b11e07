"""V25 to V29: whom selectors reach that the writer may not think of (calico.md 2.7, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from generator.calico.rewrite import (
    ACCOUNT_LABEL,
    ACCOUNT_PREFIX,
    NAMESPACE_LABEL,
    NAMESPACE_PREFIX,
    rewrite_selector,
)
from generator.calico.validator.codes import check_code
from generator.calico.validator.findings import Finding, Findings, shown
from generator.calico.validator.selectors_check import read_selector
from generator.foundation.source import Path
from generator.selectors import (
    Equal,
    Has,
    In,
    Node,
    SelectorError,
    evaluate_selector,
    walk_selector,
)

NAMESPACE: Final = NAMESPACE_LABEL
_WAYS: Final = ("ingress", "egress")
_NAMESPACE_NAMES: Final = ("kubernetes.io/metadata.name", "projectcalico.org/name")
_APP_LABELS: Final = frozenset(
    [
        "app",
        "k8s-app",
        "name",
        "component",
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/component",
        "app.kubernetes.io/part-of",
    ]
)


@lru_cache(maxsize=16384)
def rewritten(text: str, prefix: str, all_becomes: str) -> Node | None:
    """Parse a selector and rewrite it as Calico does: prefix its labels, make `all()` a test; None if it is broken."""
    node = read_selector(text)
    return None if isinstance(node, SelectorError) else rewrite_selector(node, prefix=prefix, all_becomes=all_becomes)


def selects_host(spec: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether a global policy selects a host endpoint with these labels, as Calico combines its selectors."""
    own = spec.get("selector") or ""
    namespaces = spec.get("namespaceSelector") or ""
    accounts = spec.get("serviceAccountSelector") or ""
    all_becomes = NAMESPACE if namespaces else ACCOUNT_LABEL if accounts else ""
    parts = []
    if own.strip():
        parts.append(rewritten(own, "", all_becomes))
    if namespaces:
        parts.append(rewritten(namespaces, NAMESPACE_PREFIX, NAMESPACE))
    if accounts:
        parts.append(rewritten(accounts, ACCOUNT_PREFIX, ACCOUNT_LABEL))
    return all(part is not None and evaluate_selector(part, labels) for part in parts)


def is_host_policy(spec: Mapping[str, Any]) -> bool:
    """Tell whether a policy is written for host endpoints by its flags."""
    return any(spec.get(flag) is True for flag in ("applyOnForward", "doNotTrack", "preDNAT"))


def warn_host_scope(spec: Mapping[str, Any], types: list[str], out: Findings) -> None:
    """Warn of a global policy that selects hosts unasked (V26), or of a host policy that means pods (V25)."""
    path: Path = ("spec", "selector") if "selector" in spec else ("spec",)
    special = next((flag for flag in ("doNotTrack", "preDNAT") if spec.get(flag) is True), "")
    if special:
        if spec.get("namespaceSelector") or spec.get("serviceAccountSelector") or not spec.get("selector"):
            summary = f"a {special} policy has no effect on pods, but this one selects them"
            out.append(Finding(check_code(25), path, summary, "select host endpoints by their labels"))
        allows = any((rule or {}).get("action") == "Allow" for way in _WAYS for rule in spec.get(way) or [])
        if special == "doNotTrack" and allows and set(types) != {"Ingress", "Egress"}:
            summary = "a doNotTrack policy that allows in one direction leaves the replies out"
            hint = "allow both directions, replies are not recognised"
            out.append(Finding(check_code(25), ("spec", "doNotTrack"), summary, hint))
    elif not is_host_policy(spec) and selects_host(spec, {}):
        summary = "the policy selects host endpoints as well as pods"
        hint = "write selector: all() beside a namespaceSelector, or has(projectcalico.org/name) in it"
        if not spec.get("namespaceSelector"):
            hint = (
                "write namespaceSelector: has(projectcalico.org/name), or test projectcalico.org/orchestrator == 'k8s'"
            )
        out.append(Finding(check_code(26), path, summary, hint))


def warn_peer(entity: Mapping[str, Any], path: Path, cluster_wide: bool, namespace: str, out: Findings) -> None:
    """Warn of a peer that reaches too far in a global policy (V27) or not as far as meant in another (V28, V29)."""
    if entity.get("namespaceSelector"):
        return
    text = entity.get("selector")
    if not text:
        if not cluster_wide and entity.get("notSelector") and not entity.get("serviceAccounts"):
            summary = "a lone notSelector means the own namespace except those"
            hint = "for everyone except those use a GlobalNetworkPolicy, or write the selector positively"
            out.append(Finding(check_code(29), (*path, "notSelector"), summary, hint))
        return
    if cluster_wide:
        label = _trusted_label(text)
        if label:
            summary = f"the rule trusts any pod, host or set of the cluster with the label {label}"
            hint = "add a namespaceSelector"
            out.append(Finding(check_code(27), (*path, "selector"), summary, hint))
    else:
        foreign = _foreign_namespace(text, namespace)
        if foreign:
            summary = f"the selector asks for {foreign}, but sees the policy's own namespace only"
            hint = "write it as namespaceSelector, with projectcalico.org/name"
            out.append(Finding(check_code(28), (*path, "selector"), summary, hint))


@lru_cache(maxsize=16384)
def _trusted_label(text: str) -> str:
    """Return the app label that a selector relies on, or an empty text when it tests the namespace too."""
    node = read_selector(text)
    if isinstance(node, SelectorError):
        return ""
    labels = [str(getattr(part, "label", "")) for part in walk_selector(node)]
    if any(label.startswith(NAMESPACE_PREFIX) or label == NAMESPACE for label in labels):
        return ""
    return next((label for label in labels if label in _APP_LABELS), "")


@lru_cache(maxsize=16384)
def _foreign_namespace(text: str, namespace: str) -> str:
    """Return the test of another namespace in a plain selector, or an empty text."""
    node = read_selector(text)
    if isinstance(node, SelectorError):
        return ""
    for part in walk_selector(node):
        match part:
            case Equal(label, value) if label == NAMESPACE and value != namespace:
                return f"namespace {shown(value)}"
            case In(label, values) if label == NAMESPACE and namespace not in values:
                return "other namespaces"
            case Equal(label) | In(label) | Has(label) if label in _NAMESPACE_NAMES:
                return f"the namespace label {label}"
            case _:
                pass
    return ""
