"""The checks of a Calico policy as a whole, and of its staged twins (calico.md 1.1, 1.4, 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.validator.codes import NOT_PERMITTED, REPEATED_VALUE, check_code
from generator.calico.validator.findings import Finding, Findings, crd_field, shown
from generator.calico.validator.names import is_subdomain
from generator.calico.validator.rules import MOST_RULES, check_rule
from generator.calico.validator.schema import GLOBAL_POLICY_KINDS, HINTS, SPECS, STAGED_ACTIONS, STAGED_KINDS, TYPES
from generator.calico.validator.selectors_check import check_policy_selectors
from generator.calico.validator.unread import Unread, only_crd
from generator.foundation.source import Path
from generator.foundation.spelling import did_you_mean

DIRECTIONS: Final = (("ingress", "Ingress"), ("egress", "Egress"))
_SPEC: Final = ("spec",)


def check_policy(kind: Kind, spec: Mapping[str, Any], unread: Unread, out: Findings) -> None:
    """Check the spec of a policy of one of the four Calico kinds, save rules with values of a wrong type."""
    cluster_wide = kind in GLOBAL_POLICY_KINDS
    kind_field = "GlobalNetworkPolicySpec" if cluster_wide else "NetworkPolicySpec"
    tier = spec.get("tier")
    if tier and not is_subdomain(tier):
        out.append(Finding(check_code(2), ("spec", "tier"), f"{shown(tier)} is no name of a tier", go="Tier"))
    elif tier and "." in tier:
        out.append(Finding(check_code(2), ("spec", "tier"), f"{shown(tier)} has a dot, and no tier can"))
    deletes = kind in STAGED_KINDS and spec.get("stagedAction") == "Delete"
    check_staged_action(kind, spec, out)
    if deletes:
        check_delete(spec, kind, out)
    _check_types(spec, None if deletes else f"{kind_field}.Types", out)
    check_policy_selectors(spec, None if deletes else kind_field, cluster_wide, out)
    _check_hints(spec, out)
    if cluster_wide:
        _check_flags(spec, None if deletes else "PolicySpec", out)
    for field, _ in DIRECTIONS:
        rules = spec.get(field)
        if rules:
            check_rules(rules, ("spec", field), field, cluster_wide, unread, out)


def check_rules(
    rules: list[Any], path: Path, direction: str, cluster_wide: bool, unread: Unread, out: Findings
) -> None:
    """Check each rule of a list whose values have the right types, and the length of the list."""
    if len(rules) > MOST_RULES:
        summary = f"{len(rules)} {direction} rules, {MOST_RULES} are allowed"
        out.append(Finding(check_code(15), path, summary, "split the policy"))
    for position, rule in enumerate(rules):
        at = (*path, position)
        if at in unread.by_go and at not in unread.entirely:
            found: Findings = []
            check_rule(rule or {}, at, direction, cluster_wide, found)
            out.extend(only_crd(found))
        elif at not in unread.entirely:
            check_rule(rule or {}, at, direction, cluster_wide, out)


def _check_types(spec: Mapping[str, Any], go: str | None, out: Findings) -> None:
    seen: set[str] = set()
    for position, written in enumerate(spec.get("types") or []):
        entry = written or ""
        path = ("spec", "types", position)
        if entry not in TYPES:
            hint = did_you_mean(entry, TYPES) or "permitted are Ingress and Egress"
            summary = f"{shown(entry)} is no policy type"
            out.append(Finding(check_code(6), path, summary, hint, go=f"Types[{position}]"))
        if entry in seen:
            out.append(Finding(check_code(6), path, f"the type {entry} stands twice", go=go))
        seen.add(entry)


def _check_hints(spec: Mapping[str, Any], out: Findings) -> None:
    hints = spec.get("performanceHints") or []
    if len(set(hints)) != len(hints):
        path = ("spec", "performanceHints")
        out.append(Finding(REPEATED_VALUE, path, "a performance hint stands twice", go="PerformanceHints"))
        return
    for position, hint in enumerate(hints):
        if hint not in HINTS:
            at = ("spec", "performanceHints", position)
            summary = f"{shown(hint or '')} is no performance hint"
            out.append(
                Finding(NOT_PERMITTED, at, summary, f"permitted is {HINTS[0]}", go=f"PerformanceHints[{position}]")
            )


def _check_flags(spec: Mapping[str, Any], go_spec: str | None, out: Findings) -> None:
    """Check doNotTrack, preDNAT and applyOnForward (V24); a staged deletion is not looked at by the Go validator."""
    untracked, pre_dnat, forward = (spec.get(flag) is True for flag in ("doNotTrack", "preDNAT", "applyOnForward"))

    def add(field: str, go_field: str, summary: str, hint: str) -> None:
        go = f"{go_spec}.{go_field}" if go_spec else None
        out.append(Finding(check_code(24), ("spec", field), summary, hint, go=go, crd=crd_field(_SPEC)))

    if untracked and pre_dnat:
        add("preDNAT", "PreDNAT", "doNotTrack and preDNAT in one policy", "write two policies")
    if pre_dnat and spec.get("egress"):
        add("egress", "Egress", "a preDNAT policy with egress rules", "preDNAT acts on ingress only")
    if pre_dnat and "Egress" in (spec.get("types") or []):
        add("types", "Types", "a preDNAT policy with type Egress", "write types: [Ingress]")
    if (untracked or pre_dnat) and not forward:
        flag = "doNotTrack" if untracked else "preDNAT"
        add("applyOnForward", "ApplyOnForward", f"{flag} without applyOnForward", "write applyOnForward: true")


def check_staged_action(kind: Kind, spec: Mapping[str, Any], out: Findings) -> None:
    """Check the stagedAction of a staged kind; calicoctl fills in Set for an empty one."""
    action = spec.get("stagedAction")
    if kind in STAGED_KINDS and action and action not in STAGED_ACTIONS:
        hint = did_you_mean(action, STAGED_ACTIONS) or f"permitted are {', '.join(STAGED_ACTIONS)}"
        path = ("spec", "stagedAction")
        out.append(Finding(NOT_PERMITTED, path, f"{shown(action)} is no staged action", hint, go="StagedAction"))


_SPEC_FIELD: Final = {
    Kind.STAGED_NETWORK_POLICY: "StagedNetworkPolicySpec",
    Kind.STAGED_GLOBAL_NETWORK_POLICY: "StagedGlobalNetworkPolicySpec",
    Kind.STAGED_KUBERNETES_NETWORK_POLICY: "StagedKubernetesNetworkPolicySpec",
}
_KEPT: Final = frozenset(["stagedAction", "tier"])


def check_delete(spec: Mapping[str, Any], kind: Kind, out: Findings) -> None:
    """Check that a staged deletion says nothing but its tier (V32); an empty list counts as content, as in Go.

    What Calico does not know is dropped before it looks.
    """
    for field, value in spec.items():
        if field in _KEPT or field not in SPECS[kind].fields or value is None or value is False or value == "":
            continue
        if field == "podSelector" and not any(part is not None for part in value.values()):
            continue
        summary = f"stagedAction Delete beside {field}"
        hint = "leave only stagedAction and tier"
        out.append(Finding(check_code(32), ("spec", field), summary, hint, go=_SPEC_FIELD[kind]))
