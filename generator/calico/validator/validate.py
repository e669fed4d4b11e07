"""All that a reader should know about one object: errors of either validator, and traps (calico.md 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from generator.calico.kinds import KINDS, Kind
from generator.calico.metadata import effective_labels
from generator.calico.objects import ApiObject
from generator.calico.validator.codes import NOT_IN_EDITION, WRONG_TYPE, check_code
from generator.calico.validator.context import OWNER_LABEL, ValidationContext
from generator.calico.validator.endpoints import warn_posing
from generator.calico.validator.findings import Finding, Findings, merge_findings, shown, to_diagnostic
from generator.calico.validator.judges import CALICO_KINDS, check_metadata_shape, collect_findings, shape_finding
from generator.calico.validator.kubernetes import check_cluster_policy, check_ports_and_blocks
from generator.calico.validator.names import check_name, check_name_by_version
from generator.calico.validator.ports import check_named_ports_alone
from generator.calico.validator.schema import POLICY_KINDS, SPECS
from generator.calico.validator.tiers import warn_tier
from generator.calico.validator.traps import warn_policy, warn_profile
from generator.calico.versions import NAMED_PORTS_ALONE_SINCE, Version, knows_kind
from generator.foundation.diagnostics import Diagnostic, Severity, sort_diagnostics

_CATCH_ALL_SINCE: Final = {29: 6, 30: 3}
_ENTERPRISE_FIELD: Final = check_code(33)


def validate_object(obj: ApiObject, context: ValidationContext) -> list[Diagnostic]:
    """Return the diagnostics of one policy object, in the order for people.

    What the Go validator or the CRD refuses at the version of the context is an error; traps are warnings. Checks that
    need other objects are those of `validate_set`.
    """
    found = merge_findings(object_findings(obj, context))
    return sort_diagnostics(to_diagnostic(item, obj.source, severity_of(item, context)) for item in found)


def object_findings(obj: ApiObject, context: ValidationContext) -> Findings:
    """Return the findings about one object in its context, before they get a place."""
    out: Findings = []
    spec = obj.manifest.get("spec")
    context = replace(context, ours=True) if is_ours(obj, context) else context
    if obj.kind in CALICO_KINDS:
        out.extend(_for_edition(collect_findings(obj.manifest), obj, context))
        if isinstance(spec, dict) and not any(item.go == "" for item in out):
            _warn_calico(obj, spec, context, out)
    else:
        _check_kubernetes(obj, spec, out)
    _check_version(obj, context, out)
    _check_namespace(obj, context, out)
    return out


def is_ours(obj: ApiObject, context: ValidationContext) -> bool:
    """Tell whether an object was rendered by us: the context says so of all, or it carries our label."""
    return context.ours or OWNER_LABEL in effective_labels(obj)


def severity_of(finding: Finding, context: ValidationContext) -> Severity:
    """Weigh a finding: what nothing enforces at the target version is a warning (calico.md 1.7)."""
    if finding.severity is not None:
        return finding.severity
    _, minor, patch = context.release
    if finding.go is None and finding.crd is not None and minor < 32:
        return Severity.WARNING  # the CRDs before 3.32 check types only
    if finding.code is check_code(18) and (minor < 29 or patch < _CATCH_ALL_SINCE.get(minor, 0)):
        return Severity.WARNING
    return finding.code.severity


def _warn_calico(obj: ApiObject, spec: Mapping[str, Any], context: ValidationContext, out: Findings) -> None:
    match obj.kind:
        case Kind.TIER:
            warn_tier(obj.name, effective_labels(obj), spec, context, context.ours, out)
        case Kind.HOST_ENDPOINT | Kind.GLOBAL_NETWORK_SET:
            warn_posing(obj.kind, {"labels": effective_labels(obj)}, spec, out)
        case Kind.PROFILE:
            warn_profile(spec, out)
        case kind if kind in POLICY_KINDS:
            tier = spec.get("tier") or "default"
            if obj.api_version.startswith("projectcalico.org/"):
                check_name_by_version(kind, obj.metadata, tier, context.release, out)
            if context.release[:2] < (NAMED_PORTS_ALONE_SINCE.major, NAMED_PORTS_ALONE_SINCE.minor):
                _check_named_ports(spec, out)
            warn_policy(obj, spec, context, out)
        case _:
            pass


def _check_named_ports(spec: Mapping[str, Any], out: Findings) -> None:
    for direction in ("ingress", "egress"):
        for position, rule in enumerate(spec.get(direction) or ()):
            check_named_ports_alone(rule or {}, ("spec", direction, position), out)


def _for_edition(found: Findings, obj: ApiObject, context: ValidationContext) -> Findings:
    """Let the fields of Calico Enterprise pass where that is the target, save domains on the wrong side."""
    if context.edition != "enterprise":
        return found
    kept: Findings = []
    for item in found:
        if item.code is not _ENTERPRISE_FIELD:
            kept.append(item)
        elif item.path[-1] == "domains" and not _allows_egress(obj, item):
            summary = "domains stand only in the destination of an egress rule that allows"
            kept.append(item._replace(summary=summary, hint="name addresses"))
    return kept


def _allows_egress(obj: ApiObject, finding: Finding) -> bool:
    path = finding.path
    if len(path) < 5 or path[1] != "egress" or path[3] != "destination":
        return False
    rule = obj.manifest["spec"]["egress"][path[2]]
    return bool(rule.get("action") == "Allow")


def _check_kubernetes(obj: ApiObject, spec: Any, out: Findings) -> None:
    if check_metadata_shape(obj.manifest, out) is not None:
        check_name(obj.kind, obj.metadata, out)
    if not isinstance(spec, dict):
        out.append(Finding(WRONG_TYPE, ("spec",), "the object has no spec"))
        return
    shape = SPECS.get(obj.kind)
    problems = (shape.check(spec) or []) if shape is not None else []
    out.extend(shape_finding(problem, False) for problem in problems)
    if any(problem.go for problem in problems):
        return
    if obj.kind is Kind.KUBERNETES_NETWORK_POLICY:
        check_ports_and_blocks(spec, None, out)
    else:
        check_cluster_policy(obj.kind, spec, out)


def _check_version(obj: ApiObject, context: ValidationContext, out: Findings) -> None:
    major, minor, patch = context.release
    if context.edition == "oss" and not knows_kind(Version(major, minor, patch), obj.kind):
        summary = f"Calico {major}.{minor} does not know the kind {KINDS[obj.kind].manifest_kind}"
        out.append(Finding(NOT_IN_EDITION, ("kind",), summary))


def _check_namespace(obj: ApiObject, context: ValidationContext, out: Findings) -> None:
    if KINDS[obj.kind].namespaced and context.namespaces is not None and obj.namespace not in context.namespaces:
        summary = f"the namespace {shown(obj.namespace)} is not among the known ones; its pods would have no profile"
        path = ("metadata", "namespace") if "namespace" in obj.metadata else ("metadata",)
        out.append(Finding(check_code(47), path, summary, "add the Namespace object"))
