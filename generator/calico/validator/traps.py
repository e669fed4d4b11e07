"""What is legal in a policy or profile and still a trap: V5 to V8, V19, V22, V23, V34 and the calls to others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.objects import ApiObject
from generator.calico.validator.codes import check_code
from generator.calico.validator.context import ValidationContext
from generator.calico.validator.dataplanes import warn_dataplane
from generator.calico.validator.findings import Finding, Findings, shown
from generator.calico.validator.nets import check_lone_family
from generator.calico.validator.policies import DIRECTIONS
from generator.calico.validator.schema import GLOBAL_POLICY_KINDS
from generator.calico.validator.scopes import warn_host_scope, warn_peer
from generator.calico.validator.tiers import OPERATOR_TIERS
from generator.foundation.diagnostics import Severity
from generator.foundation.source import Path

_SPEC: Final[Path] = ("spec",)


def effective_types(spec: Mapping[str, Any]) -> list[str]:
    """Return the directions that a policy governs: those it writes, else by the number of its rules (calico.md 1.4)."""
    if spec.get("types"):
        return list(spec["types"])
    if not spec.get("egress"):
        return ["Ingress"]
    return ["Ingress", "Egress"] if spec.get("ingress") else ["Egress"]


def warn_policy(obj: ApiObject, spec: Mapping[str, Any], context: ValidationContext, out: Findings) -> None:
    """Warn about a policy of a Calico kind whose values have the right types."""
    if spec.get("stagedAction") == "Delete":
        return
    if spec.get("order") is None:
        summary = "the policy has no order, so it comes last in its tier, by name"
        out.append(Finding(check_code(5), _SPEC, summary, "write the order"))
    if context.ours and spec.get("tier") in OPERATOR_TIERS:
        summary = f"the tier {shown(spec['tier'])} belongs to the operator"
        out.append(Finding(check_code(3), ("spec", "tier"), summary, "use a tier of your own"))
    _warn_types(spec, out)
    cluster_wide = obj.kind in GLOBAL_POLICY_KINDS
    if cluster_wide:
        warn_host_scope(spec, effective_types(spec), out)
    for field, _ in DIRECTIONS:
        rules = spec.get(field)
        if not rules:
            continue
        has_not_nets = False
        for position, rule in enumerate(rules):
            if isinstance(rule, dict):
                _warn_rule(rule, ("spec", field, position), cluster_wide, obj.namespace, context, out)
                has_not_nets = has_not_nets or any(
                    (rule.get(side) or {}).get("notNets") for side in ("source", "destination")
                )
        if has_not_nets:
            check_lone_family(rules, ("spec", field), out)


def _warn_types(spec: Mapping[str, Any], out: Findings) -> None:
    if not spec.get("types"):
        summary = "types is not written, so it is guessed from the rules"
        hint = f"write types: [{', '.join(effective_types(spec))}]"
        out.append(Finding(check_code(6), _SPEC, summary, hint, severity=Severity.WARNING))
    for field, entry in DIRECTIONS:
        if field not in spec:
            continue
        if not spec[field]:
            hint = "leave the key out; types says what is governed"
            out.append(Finding(check_code(8), ("spec", field), f"an empty list of {field} rules", hint))
        elif spec.get("types") and entry not in spec["types"]:
            summary = f"{field} rules, but types does not list {entry}: they are not used"
            hint = f"add {entry} to types, or take the rules out"
            out.append(Finding(check_code(7), ("spec", field), summary, hint))


def _warn_rule(
    rule: Mapping[str, Any], path: Path, cluster_wide: bool, namespace: str, context: ValidationContext, out: Findings
) -> None:
    warn_dataplane(rule, path, context, out)
    if rule.get("http") is not None and not context.application_layer:
        summary = "without the application layer the rule matches as if http were not there"
        out.append(Finding(check_code(23), (*path, "http"), summary, severity=Severity.WARNING))
    for side in ("source", "destination"):
        entity = rule.get(side)
        if not entity:
            continue
        warn_peer(entity, (*path, side), cluster_wide, namespace, out)
        if entity.get("services") is not None and context.datastore != "kubernetes":
            summary = "services match in the Kubernetes datastore only"
            out.append(Finding(check_code(22), (*path, side, "services"), summary))


def warn_profile(spec: Mapping[str, Any], out: Findings) -> None:
    """Warn of actions in a profile on which the dataplanes disagree (V34)."""
    for field, _ in DIRECTIONS:
        for position, rule in enumerate(spec.get(field) or []):
            action = rule.get("action") if isinstance(rule, dict) else None
            if action in ("Pass", "Log"):
                summary = f"{action} in the rule of a profile"
                path = ("spec", field, position, "action")
                out.append(Finding(check_code(34), path, summary, "a profile allows or denies"))
