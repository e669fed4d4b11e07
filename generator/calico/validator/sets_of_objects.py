"""The checks that need more than one object: tiers, orders, hosts, namespaces, default denies (calico.md 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from generator.calico.kinds import Kind
from generator.calico.metadata import effective_labels
from generator.calico.objects import ApiObject
from generator.calico.validator.codes import check_code
from generator.calico.validator.context import ValidationContext
from generator.calico.validator.default_deny import check_default_denies
from generator.calico.validator.findings import Finding, shown, to_diagnostic
from generator.calico.validator.judges import check_metadata_shape
from generator.calico.validator.order_proof import place_policy, rivals
from generator.calico.validator.schema import GLOBAL_POLICY_KINDS, POLICY_KINDS, SPECS
from generator.calico.validator.scopes import is_host_policy, selects_host
from generator.calico.validator.selectors_check import read_selector
from generator.calico.validator.tiers import DEFAULT_ORDER, fixed_tiers
from generator.calico.validator.validate import is_ours
from generator.foundation.diagnostics import Diagnostic, Severity, sort_diagnostics
from generator.selectors import SelectorError, evaluate_selector


class SetFinding(NamedTuple):
    """A finding about one object of a set."""

    obj: ApiObject
    finding: Finding


Report = Callable[[ApiObject, Finding], None]


def validate_set(objects: Sequence[ApiObject], context: ValidationContext) -> list[Diagnostic]:
    """Return the diagnostics that only a set of objects shows; those of each object come from `validate_object`.

    V2 (tier exists), V4 and V5 (orders), V26 and V46 (host endpoints of the set), V28 (global sets of the set), V35 and
    V39 (default denies) and V47 (namespaces of pods, as far as the context knows them).
    """
    found: list[SetFinding] = []

    def report(obj: ApiObject, finding: Finding) -> None:
        found.append(SetFinding(obj, finding))

    objects = [obj for obj in objects if _is_sound(obj)]
    _check_tiers(objects, context, report)
    _check_orders(objects, context, report)
    _check_hosts(objects, context, report)
    _check_global_sets(objects, report)
    check_default_denies(objects, context, report)
    _check_pods(objects, context, report)
    return sort_diagnostics(
        to_diagnostic(finding, obj.source, finding.severity or finding.code.severity) for obj, finding in found
    )


def _is_sound(obj: ApiObject) -> bool:
    """Tell whether all values have the types that Calico decodes; the others are for `validate_object` to report."""
    spec = obj.manifest.get("spec")
    shape = SPECS.get(obj.kind)
    if not isinstance(spec, dict) or shape is None:
        return False
    return (
        not any(problem.go for problem in shape.check(spec) or ())
        and check_metadata_shape(obj.manifest, []) is not None
    )


def _spec(obj: ApiObject) -> Mapping[str, Any]:
    spec = obj.manifest.get("spec")
    return spec if isinstance(spec, dict) else {}


def _check_tiers(objects: Sequence[ApiObject], context: ValidationContext, report: Report) -> None:
    tiers = [obj for obj in objects if obj.kind is Kind.TIER]
    known = {obj.name for obj in tiers} | set(fixed_tiers(context.release)) | context.tiers
    for obj in objects:
        tier = _spec(obj).get("tier") if obj.kind in POLICY_KINDS else None
        if isinstance(tier, str) and tier and tier not in known and "." not in tier:
            severity = Severity.ERROR if is_ours(obj, context) else Severity.WARNING
            hint = f"add a Tier named {shown(tier)}, or choose one of {', '.join(sorted(known))}"
            summary = f"the tier {shown(tier)} is not among the objects, nor known to exist"
            report(obj, Finding(check_code(2), ("spec", "tier"), summary, hint, severity=severity))
    by_order: dict[float, ApiObject] = {}
    names = {obj.name for obj in tiers}
    taken = {order: name for name, (order, _) in fixed_tiers(context.release).items() if name not in names}
    for obj in sorted(tiers, key=lambda tier: tier.name):
        order = _spec(obj).get("order")
        order = DEFAULT_ORDER if order is None else order
        if isinstance(order, bool) or not isinstance(order, int | float):
            continue
        other = by_order[order].name if order in by_order else taken.get(int(order)) if order == int(order) else None
        if other is not None and other != obj.name:
            summary = f"the tier {shown(obj.name)} has the order of the tier {shown(other)}, so the names decide"
            report(obj, Finding(check_code(4), ("spec", "order"), summary, "give each tier an order of its own"))
        by_order.setdefault(order, obj)


def _check_orders(objects: Sequence[ApiObject], context: ValidationContext, report: Report) -> None:
    groups: dict[tuple[str, float], list[Any]] = {}
    for obj in objects:
        placed = place_policy(obj)
        if placed is not None:
            groups.setdefault((placed.tier, placed.order), []).append(placed)
    for (tier, order), group in sorted(groups.items()):
        if len(group) < 2:
            continue
        group.sort(key=lambda item: (item.obj.name, item.obj.namespace, item.obj.kind))
        for first, second in rivals(group):
            ours = is_ours(first.obj, context) and is_ours(second.obj, context)
            written = "no order" if order == float("inf") else f"order {order:g}"
            summary = f"{written} in tier {shown(tier)} as {_name(first.obj)}, and the two can disagree"
            field = next((name for name in ("order", "priority") if name in _spec(second.obj)), "")
            path = ("spec", field) if field else ("spec",)
            severity = Severity.ERROR if ours else Severity.WARNING
            report(second.obj, Finding(check_code(5), path, summary, "give them different orders", severity=severity))


def _name(obj: ApiObject) -> str:
    name = f"{obj.namespace}/{obj.name}" if obj.namespace else obj.name
    return f"{obj.kind.value} {shown(name)}"


def _check_hosts(objects: Sequence[ApiObject], context: ValidationContext, report: Report) -> None:
    hosts = [(obj, effective_labels(obj)) for obj in objects if obj.kind is Kind.HOST_ENDPOINT]
    wildcards = [item for item in hosts if _spec(item[0]).get("interfaceName") == "*"]
    if not hosts and not context.auto_host_endpoints:
        return
    for obj in objects:
        if obj.kind not in GLOBAL_POLICY_KINDS or not _spec(obj):
            continue
        spec = _spec(obj)
        if any(spec.get(flag) is True for flag in ("applyOnForward", "preDNAT")):
            host = next((host.name for host, labels in wildcards if selects_host(spec, labels)), "")
            if not host and context.auto_host_endpoints and selects_host(spec, _AUTO_LABELS):
                host = "<node>-auto-hep"
            if host:
                summary = (
                    f"the policy selects the * host endpoint {shown(host)}, so it polices the traffic of local pods too"
                )
                hint = "select host endpoints with a named interface, or mean it"
                report(obj, Finding(check_code(46), _selector_path(spec), summary, hint))
        elif not is_host_policy(spec) and not selects_host(spec, {}):
            host = next((host.name for host, labels in hosts if selects_host(spec, labels)), "")
            if host:
                summary = f"the policy selects the host endpoint {shown(host)}"
                hint = "add a namespaceSelector if only pods are meant"
                report(obj, Finding(check_code(26), _selector_path(spec), summary, hint))


_AUTO_LABELS: Final = {"projectcalico.org/created-by": "calico-kube-controllers"}


def _selector_path(spec: Mapping[str, Any]) -> tuple[str, ...]:
    return ("spec", "selector") if "selector" in spec else ("spec",)


def _check_global_sets(objects: Sequence[ApiObject], report: Report) -> None:
    """Report rules of namespaced policies whose selector means a global set but cannot reach it (V28)."""
    sets = [(obj.name, effective_labels(obj)) for obj in objects if obj.kind is Kind.GLOBAL_NETWORK_SET]
    if not sets:
        return
    for obj in objects:
        if obj.kind not in (Kind.NETWORK_POLICY, Kind.STAGED_NETWORK_POLICY):
            continue
        for direction in ("ingress", "egress"):
            rules = _spec(obj).get(direction)
            for position, rule in enumerate(rules if isinstance(rules, list) else []):
                for side in ("source", "destination"):
                    entity = rule.get(side) if isinstance(rule, dict) else None
                    name = _missed_set(entity, sets) if isinstance(entity, dict) else ""
                    if name:
                        path = ("spec", direction, position, side, "selector")
                        summary = f"the selector fits the global network set {shown(name)}, which it does not reach"
                        report(obj, Finding(check_code(28), path, summary, "add namespaceSelector: global()"))


def _missed_set(entity: Mapping[str, Any], sets: list[tuple[str, dict[str, str]]]) -> str:
    text = entity.get("selector")
    if not isinstance(text, str) or not text or entity.get("namespaceSelector"):
        return ""
    node = read_selector(text)
    if isinstance(node, SelectorError) or evaluate_selector(node, {}):
        return ""
    return next((name for name, labels in sets if evaluate_selector(node, labels)), "")


def _check_pods(objects: Sequence[ApiObject], context: ValidationContext, report: Report) -> None:
    """Report namespaces of pods that are not among the known ones, at the first object of the set (V47)."""
    if context.namespaces is None or not objects:
        return
    missing = sorted(context.pod_namespaces - set(context.namespaces))
    named = {obj.namespace for obj in objects}
    for namespace in missing:
        if namespace in named:
            continue  # each object of that namespace is told
        summary = (
            f"pods run in the namespace {shown(namespace)}, whose Namespace object is missing: they have no profile"
        )
        report(objects[0], Finding(check_code(47), (), summary, "add the Namespace object"))
