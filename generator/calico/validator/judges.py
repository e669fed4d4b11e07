"""What Calico 3.32.1 would say of one manifest: its Go validator and its CRDs (calico.md 1.7, column 3.32).

Both answers come from the same findings that a reader is shown, so that they cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.calico.kinds import Kind, find_kind
from generator.calico.validator.codes import (
    MISSING_FIELD,
    NOT_PERMITTED,
    OUT_OF_RANGE,
    REPEATED_VALUE,
    WRONG_TYPE,
    check_code,
)
from generator.calico.validator.endpoints import check_host_endpoint, check_network_set
from generator.calico.validator.findings import ROOT, Finding, Findings, crd_field, merge_findings, shown
from generator.calico.validator.kubernetes import check_staged_kubernetes
from generator.calico.validator.names import check_metadata, check_name, check_profile_labels
from generator.calico.validator.policies import check_policy, check_rules
from generator.calico.validator.schema import POLICY_KINDS, SPECS
from generator.calico.validator.shape import ShapeProblem, Text, Texts
from generator.calico.validator.tiers import check_tier
from generator.calico.validator.unread import Unread, find_unread, only_crd
from generator.foundation.codes import Code
from generator.foundation.source import Path
from generator.foundation.spelling import nearest

CALICO_KINDS: Final = POLICY_KINDS | {
    Kind.STAGED_KUBERNETES_NETWORK_POLICY,
    Kind.NETWORK_SET,
    Kind.GLOBAL_NETWORK_SET,
    Kind.TIER,
    Kind.HOST_ENDPOINT,
    Kind.PROFILE,
}
_TOP_FIELDS: Final = ("apiVersion", "kind", "metadata", "spec", "status")
_WITHOUT_CRD: Final = frozenset([Kind.PROFILE])


def judge_go(manifest: Mapping[str, Any]) -> list[Finding]:
    """Return why Calico's Go validator refuses a manifest of a Calico kind, after its own defaulting; empty: accepted.

    A value that cannot be decoded ends the matter, as in Calico: `go` is "" then.
    """
    found = [item for item in collect_findings(manifest) if item.go is not None]
    undecodable = [item for item in found if item.go == ""]
    return undecodable or found


def judge_crd(manifest: Mapping[str, Any]) -> list[Finding]:
    """Return why the CRD of 3.32.1 refuses a manifest of a Calico kind, schema and CEL together; empty: accepted."""
    return [item for item in collect_findings(manifest) if item.crd is not None]


def collect_findings(manifest: Mapping[str, Any]) -> Findings:
    """Return all findings about a manifest of a Calico kind that do not depend on where it is to live."""
    kind = find_kind(str(manifest.get("apiVersion") or ""), str(manifest.get("kind") or ""))
    if kind is None or kind not in CALICO_KINDS:
        return []
    out: Findings = []
    for field in manifest:
        if field not in _TOP_FIELDS:
            code, summary, hint = _describe_unknown(str(field), ",".join(_TOP_FIELDS))
            out.append(Finding(code, (str(field),), summary, hint))
    metadata = check_metadata_shape(manifest, out)
    written = manifest.get("spec")
    unread = Unread()
    if written is not None:
        problems = SPECS[kind].check(written) or []
        out.extend(shape_finding(problem, kind not in _WITHOUT_CRD) for problem in problems)
        unread = find_unread(kind, problems)
    elif kind not in _WITHOUT_CRD:
        out.append(Finding(MISSING_FIELD, ("spec",), "the object has no spec", crd="spec"))
    if metadata is not None:
        _check_meta(kind, metadata, written, unread, out)
    if () not in unread.entirely:
        found: Findings = []
        _check_spec(kind, metadata or {}, written, unread, found)
        out.extend(only_crd(found) if () in unread.by_go else found)
    return merge_findings(out)


def check_metadata_shape(manifest: Mapping[str, Any], out: Findings) -> Mapping[str, Any] | None:
    """Check the types inside metadata, which the CRD leaves to kube-apiserver; None where they are wrong."""
    metadata = manifest.get("metadata")
    if metadata is None:
        missing = "metadata" not in manifest
        code = MISSING_FIELD if missing else WRONG_TYPE
        out.append(Finding(code, ("metadata",), "the object has no metadata", crd="metadata"))
        return {}
    if not isinstance(metadata, dict):
        summary = "metadata is no mapping"
        out.append(Finding(WRONG_TYPE, ("metadata",), summary, go="", crd="metadata"))
        return None
    sound = True
    for field, shape in (("name", Text()), ("namespace", Text()), ("labels", Texts()), ("annotations", Texts())):
        value = metadata.get(field)
        for problem in (shape.check(value) or []) if value is not None else []:
            if problem.go:
                sound = False
                path = ("metadata", field, *problem.path)
                out.append(Finding(WRONG_TYPE, path, f"{problem.detail}", "quote it", go=""))
    return metadata if sound else None


def _check_meta(kind: Kind, metadata: Mapping[str, Any], spec: Any, unread: Unread, out: Findings) -> None:
    check_name(kind, metadata, out)
    tier = None
    if kind in POLICY_KINDS and () not in unread.entirely:
        tier = (spec or {}).get("tier") or "default"
    check_metadata(metadata, tier, out)


def _check_spec(kind: Kind, metadata: Mapping[str, Any], written: Any, unread: Unread, out: Findings) -> None:
    spec: Mapping[str, Any] = written or {}
    match kind:
        case Kind.TIER:
            check_tier(metadata.get("name") or "", written, out)
        case Kind.NETWORK_SET | Kind.GLOBAL_NETWORK_SET:
            check_network_set(metadata, spec, out)
        case Kind.HOST_ENDPOINT:
            check_host_endpoint(spec, out)
        case Kind.STAGED_KUBERNETES_NETWORK_POLICY:
            check_staged_kubernetes(kind, spec, out)
        case Kind.PROFILE:
            for field in ("ingress", "egress"):
                check_rules(spec.get(field) or [], ("spec", field), "profile", False, unread, out)
            check_profile_labels(spec.get("labelsToApply") or {}, out)
        case _:
            check_policy(kind, spec, unread, out)


def shape_finding(problem: ShapeProblem, with_crd: bool) -> Finding:
    """Turn a problem of shape in a spec into a finding; `with_crd` where 3.32.1 has a CRD of the kind."""
    path = ("spec", *problem.path)
    code, summary, hint = _describe(problem, path)
    go = "" if problem.go else None
    crd = crd_field(path) if problem.crd and with_crd else None
    if problem.kind == "format" and with_crd:
        crd = ROOT  # kube-apiserver does not say where
    return Finding(code, path, summary, hint, go=go, crd=crd)


_CODE_OF_FIELD: Final = {
    ("word", "action"): 9,
    ("missing", "action"): 9,
    ("word", "defaultAction"): 9,
    ("word", "types"): 6,
    ("repeat", "types"): 6,
    ("size", "types"): 6,
    ("repeat", "policyTypes"): 6,
    ("size", "policyTypes"): 6,
    ("repeat", "names"): 43,
    ("size", "methods"): 23,
    ("size", "paths"): 23,
    ("range", "exact"): 23,
    ("range", "prefix"): 23,
    ("range", "type"): 20,
    ("range", "code"): 20,
    ("range", "node"): 31,
    ("range", "interfaceName"): 31,
    ("range", "port"): 31,
}
_CODE_OF_KIND: Final[dict[str, Code]] = {
    "type": WRONG_TYPE,
    "word": NOT_PERMITTED,
    "range": OUT_OF_RANGE,
    "size": OUT_OF_RANGE,
    "repeat": REPEATED_VALUE,
    "missing": MISSING_FIELD,
    "undecodable": check_code(42),
    "format": check_code(42),
    "unknown": check_code(40),
}
_ENTERPRISE_FIELDS: Final = ("domains", "allowedEgressDomains")


def _describe(problem: ShapeProblem, path: Path) -> tuple[Code, str, str]:
    field = next((step for step in reversed(path) if isinstance(step, str)), "")
    number = _CODE_OF_FIELD.get((problem.kind, field))
    code = check_code(number) if number is not None else _CODE_OF_KIND[problem.kind]
    match problem.kind:
        case "unknown":
            return _describe_unknown(str(path[-1]), problem.detail)
        case "missing":
            return code, f"the field {field} is missing", ""
        case "word":
            return code, f"the value of {field} is not permitted", f"permitted are {problem.detail}"
        case "repeat":
            return code, f"a value of {field} stands twice", "remove the second one"
        case "undecodable" | "format":
            return (
                code,
                f"Calico cannot decode {problem.detail}",
                "stored natively it would stop every reader of the kind",
            )
        case _:
            return code, f"{field}: {problem.detail}", ""


def _describe_unknown(field: str, known: str) -> tuple[Code, str, str]:
    if field in _ENTERPRISE_FIELDS:
        hint = "name addresses, or use Calico Enterprise"
        return check_code(33), f"open-source Calico has no field {shown(field)}", hint
    meant = nearest(field, known.split(","))
    return check_code(40), f"there is no field {shown(field)} here", f"did you mean '{meant}'?" if meant else ""
