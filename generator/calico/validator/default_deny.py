"""V35 and V39: default denies that deny nothing, or that cut DNS and the API server off (calico.md 9.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject
from generator.calico.validator.codes import check_code
from generator.calico.validator.context import ValidationContext
from generator.calico.validator.findings import Finding, shown
from generator.calico.validator.ports import decode_port, protocol_of
from generator.calico.validator.shape import NamedPort
from generator.calico.validator.tiers import DEFAULT_ORDER, fixed_tiers
from generator.calico.validator.traps import effective_types

_ENFORCED: Final = (Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY)
_DNS_PORTS: Final = (53, 5353)
_API_PORTS: Final = (443, 6443)


def check_default_denies(
    objects: Sequence[ApiObject], context: ValidationContext, report: Callable[[ApiObject, Finding], None]
) -> None:
    """Look at each enforced Calico policy that denies by having no rule that allows or passes."""
    denies = [obj for obj in objects if obj.kind in _ENFORCED and _directions_denied(obj)]
    if not denies:
        return
    rules = list(_egress_rules(objects))
    dns = any(_lets_through(rule, ("UDP", 17), _DNS_PORTS) for rule in rules)
    api = any(_lets_through(rule, ("TCP", 6), _API_PORTS) for rule in rules)
    passing = _passing_tiers(objects, context)
    last = max((_tier_order(objects, tier, context) for tier in _tiers_in_use(objects)), default=0.0)
    for obj in denies:
        spec = obj.manifest["spec"]
        tier = spec.get("tier") or "default"
        if tier in passing and not _has_rules(spec) and _tier_order(objects, tier, context) >= last:
            summary = f"the policy has no rules, and its tier {shown(tier)} passes: it denies nothing"
            hint = "write a rule with action Deny, or let the tier end in Deny"
            report(obj, Finding(check_code(35), ("spec",), summary, hint))
        if "egress" in _directions_denied(obj) and _selects_all(spec) and tier not in passing:
            missing = [] if dns else ["DNS (UDP 53)"]
            missing += [] if api or obj.kind is not Kind.GLOBAL_NETWORK_POLICY else ["the API server (TCP 443, 6443)"]
            if missing:
                summary = f"a default deny of egress, and no rule lets {' and '.join(missing)} through"
                report(obj, Finding(check_code(39), ("spec",), summary, "allow it before the default deny"))


def _directions_denied(obj: ApiObject) -> list[str]:
    spec = obj.manifest.get("spec")
    if not isinstance(spec, dict):
        return []
    governed = [str(entry).lower() for entry in effective_types(spec)]
    return [way for way in governed if not any(_opens(rule) for rule in _list(spec.get(way)))]


def _opens(rule: Any) -> bool:
    return isinstance(rule, dict) and rule.get("action") in ("Allow", "Pass", "Accept")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _has_rules(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("ingress") or spec.get("egress"))


def _selects_all(spec: Mapping[str, Any]) -> bool:
    text = spec.get("selector")
    return not isinstance(text, str) or text.replace(" ", "") in ("", "all()")


def _egress_rules(objects: Sequence[ApiObject]) -> Iterator[Mapping[str, Any]]:
    """Give every enforced egress rule that lets something through, Kubernetes' rules in Calico's words."""
    for obj in objects:
        spec = obj.manifest.get("spec")
        if not isinstance(spec, dict):
            continue
        if obj.kind in _ENFORCED:
            yield from (rule for rule in _list(spec.get("egress")) if _opens(rule))
        elif obj.kind is Kind.KUBERNETES_NETWORK_POLICY:
            for rule in _list(spec.get("egress")):
                ports = _list(rule.get("ports")) if isinstance(rule, dict) else []
                if not ports:
                    yield {"action": "Allow"}
                for port in ports:
                    protocol = port.get("protocol") or "TCP"
                    numbers = [port["port"]] if port.get("port") is not None else []
                    yield {"action": "Allow", "protocol": protocol, "destination": {"ports": numbers}}


def _lets_through(rule: Mapping[str, Any], protocols: tuple[str, int], ports: tuple[int, ...]) -> bool:
    protocol = protocol_of(rule.get("protocol"))
    if protocol is not None and protocol not in protocols:
        return False
    entity = rule.get("destination")
    written = _list(entity.get("ports")) if isinstance(entity, dict) else []
    if not written:
        return True
    for value in written:
        port = decode_port(value)
        if isinstance(port, NamedPort) or (port is not None and any(port.first <= one <= port.last for one in ports)):
            return True
    return False


def _passing_tiers(objects: Sequence[ApiObject], context: ValidationContext) -> set[str]:
    passing = {name for name, (_, action) in fixed_tiers(context.release).items() if action == "Pass"}
    for obj in objects:
        spec = obj.manifest.get("spec")
        if obj.kind is Kind.TIER and isinstance(spec, dict) and spec.get("defaultAction") == "Pass":
            passing.add(obj.name)
    return passing


def _tiers_in_use(objects: Sequence[ApiObject]) -> set[str]:
    specs = [obj.manifest.get("spec") for obj in objects if obj.kind in _ENFORCED]
    return {spec.get("tier") or "default" for spec in specs if isinstance(spec, dict)}


def _tier_order(objects: Sequence[ApiObject], name: str, context: ValidationContext) -> float:
    for obj in objects:
        if obj.kind is Kind.TIER and obj.name == name:
            spec = obj.manifest.get("spec")
            order = spec.get("order") if isinstance(spec, dict) else None
            return float(order) if isinstance(order, int | float) else float(DEFAULT_ORDER)
    fixed = fixed_tiers(context.release).get(name)
    return float(fixed[0]) if fixed else float(DEFAULT_ORDER)
