"""V3 and V4: tiers (calico.md 1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.validator.codes import check_code
from generator.calico.validator.context import ValidationContext
from generator.calico.validator.findings import ROOT, Finding, Findings, shown
from generator.calico.validator.schema import TIER_ACTIONS
from generator.foundation.diagnostics import Severity
from generator.foundation.spelling import did_you_mean

DEFAULT_TIER: Final = "default"
DEFAULT_ORDER: Final = 1_000_000
OPERATOR_TIERS: Final = ("calico-system", "allow-tigera")
SYSTEM_LABEL: Final = "projectcalico.org/system-tier"
_FIXED: Final = {
    DEFAULT_TIER: (1_000_000, "Deny"),
    "kube-admin": (1_000, "Pass"),
    "kube-baseline": (10_000_000, "Pass"),
}
# The tiers of AdminNetworkPolicy are ordinary names from 3.32 on.
_FIXED_BEFORE_3_32: Final = {"adminnetworkpolicy": (1_000, "Pass"), "baselineadminnetworkpolicy": (10_000_000, "Pass")}


def fixed_tiers(release: tuple[int, int, int]) -> dict[str, tuple[int, str]]:
    """Return the built-in tiers of a version with their order and default action."""
    if release >= (3, 32, 0):
        return dict(_FIXED)
    fixed = {DEFAULT_TIER: _FIXED[DEFAULT_TIER]}
    if release >= (3, 29, 0):
        fixed["adminnetworkpolicy"] = _FIXED_BEFORE_3_32["adminnetworkpolicy"]
    if release >= (3, 30, 0):
        fixed["baselineadminnetworkpolicy"] = _FIXED_BEFORE_3_32["baselineadminnetworkpolicy"]
    return fixed


def check_tier(name: str, spec: Mapping[str, Any] | None, out: Findings) -> None:
    """Check order and default action of a tier as 3.32.1 does: the Go validator one half, the CRD the other."""
    written = spec or {}
    order, action = written.get("order"), written.get("defaultAction")
    if action is not None and action not in TIER_ACTIONS:
        hint = did_you_mean(action, TIER_ACTIONS) or "permitted are Pass and Deny"
        summary = f"{shown(action)} is no default action of a tier"
        out.append(Finding(check_code(9), ("spec", "defaultAction"), summary, hint, go="DefaultAction"))
    if name not in _FIXED:
        return
    fixed_order, fixed_action = _FIXED[name]
    if (DEFAULT_ORDER if order is None else order) != fixed_order:
        summary = f"the tier {name} has the fixed order {fixed_order}"
        out.append(
            Finding(check_code(3), ("spec", "order"), summary, f"write order: {fixed_order}", go="TierSpec.Order")
        )
    if spec is not None and ("Deny" if action is None else action) != fixed_action:
        summary = f"the tier {name} has the fixed default action {fixed_action}"
        hint = f"write defaultAction: {fixed_action}"
        out.append(Finding(check_code(3), ("spec", "defaultAction"), summary, hint, crd=ROOT))


def warn_tier(
    name: str, labels: Mapping[str, Any], spec: Mapping[str, Any], context: ValidationContext, ours: bool, out: Findings
) -> None:
    """Say what is legal at 3.32.1 and still a trap: orders left out, tiers of the operator, tiers of other versions."""
    fixed = fixed_tiers(context.release).get(name)
    if spec.get("order") is None and (fixed is None or fixed[0] == DEFAULT_ORDER):
        code = check_code(3) if fixed else check_code(4)
        summary = f"the tier {shown(name)} has no order, so it gets 1000000, the order of tier default"
        out.append(Finding(code, ("spec",), summary, "write the order", severity=Severity.WARNING))
    if fixed is not None and spec.get("defaultAction") is None and fixed[1] == "Deny":
        summary = f"the tier {shown(name)} does not write its default action"
        out.append(Finding(check_code(3), ("spec",), summary, "write defaultAction: Deny", severity=Severity.WARNING))
    if fixed is not None and name not in _FIXED:
        _warn_admin_tier(name, fixed, spec, out)
    if name in OPERATOR_TIERS and labels.get(SYSTEM_LABEL) is None:
        severity = Severity.ERROR if ours else Severity.WARNING
        summary = f"the tier {name} belongs to the operator"
        hint = "leave it to the operator, and order your own tiers after 100"
        out.append(Finding(check_code(3), ("metadata", "name"), summary, hint, severity=severity))


def _warn_admin_tier(name: str, fixed: tuple[int, str], spec: Mapping[str, Any], out: Findings) -> None:
    order, action = fixed
    if spec.get("order") != order:
        summary = f"up to 3.31 the tier {name} has the fixed order {order}"
        out.append(Finding(check_code(3), ("spec", "order"), summary, f"write order: {order}"))
    if spec.get("defaultAction") != action:
        summary = f"up to 3.31 the tier {name} has the fixed default action {action}"
        out.append(Finding(check_code(3), ("spec", "defaultAction"), summary, f"write defaultAction: {action}"))
