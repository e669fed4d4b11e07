"""V5: when two policies of equal order in one tier cannot disagree on any packet (calico.md 0, 2.1).

Proven here, and nothing else: they govern no common direction; they are of different classes of host policy; they
cannot select one endpoint; or, in each common direction, one of them has no rule that decides, or all rules of both
that decide have the same action. In the last case the first match gives that action whichever comes first, and a
packet that matches neither goes the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.kinds import Kind
from generator.calico.objects import ApiObject
from generator.calico.validator.scopes import NAMESPACE, rewritten
from generator.calico.validator.traps import effective_types
from generator.selectors import And, Equal, Has, In, Node, Not

KUBERNETES_ORDER: Final = 1000.0
_NONE: Final[frozenset[str]] = frozenset()
_WAYS: Final = ("ingress", "egress")


@dataclass(frozen=True, slots=True)
class Placed:
    """An enforced policy with what its place in the tier depends on; an absent order is infinity."""

    obj: ApiObject
    tier: str
    order: float
    actions: Mapping[str, frozenset[str]]
    host_class: str


def place_policy(obj: ApiObject) -> Placed | None:
    """Return the place of an enforced policy, None for staged ones and for what cannot be read."""
    spec = obj.manifest.get("spec")
    if not isinstance(spec, dict):
        return None
    match obj.kind:
        case Kind.NETWORK_POLICY | Kind.GLOBAL_NETWORK_POLICY:
            order = spec.get("order")
            if order is not None and (isinstance(order, bool) or not isinstance(order, int | float)):
                return None
            types = effective_types(spec)
            actions = {field: _actions(spec.get(field)) for field in ("ingress", "egress") if field.title() in types}
            flags = [flag for flag in ("doNotTrack", "preDNAT") if spec.get(flag) is True]
            tier = spec.get("tier") or "default"
            return Placed(obj, tier, float("inf") if order is None else float(order), actions, "".join(flags[:1]))
        case Kind.KUBERNETES_NETWORK_POLICY:
            types = spec.get("policyTypes") or effective_types(spec)
            actions = {
                field: frozenset(["Allow"]) if spec.get(field) else _NONE
                for field in ("ingress", "egress")
                if field.title() in types
            }
            return Placed(obj, "default", KUBERNETES_ORDER, actions, "")
        case Kind.CLUSTER_NETWORK_POLICY:
            return _place_cluster_policy(obj, spec)
        case _:
            return None


def _place_cluster_policy(obj: ApiObject, spec: Mapping[str, Any]) -> Placed | None:
    priority = spec.get("priority")
    if type(priority) is not int:
        return None
    actions = {way: _actions(spec.get(way)) for way in _WAYS if spec.get(way)}
    tier = "kube-baseline" if spec.get("tier") == "Baseline" else "kube-admin"
    return Placed(obj, tier, float(priority), actions, "")


def _actions(rules: Any) -> frozenset[str]:
    """Return the actions of a rule list that decide; Log never does."""
    if not isinstance(rules, list):
        return _NONE
    return frozenset(str(rule.get("action")) for rule in rules if isinstance(rule, dict)) - {"Log"}


def rivals(group: Sequence[Placed]) -> Iterator[tuple[Placed, Placed]]:
    """Yield pairs of a group of equal order that are not proven to agree; a policy comes second in one pair at most.

    Policies of different namespaces never meet, so the work grows with the square of a namespace only.
    """
    if all(len(frozenset().union(*(item.actions.get(way, _NONE) for item in group))) < 2 for way in _WAYS):
        return
    by_namespace: dict[str, list[Placed]] = {}
    for item in group:
        by_namespace.setdefault(item.obj.namespace, []).append(item)
    everywhere = by_namespace.pop("", [])
    for own in [[], *(by_namespace[name] for name in sorted(by_namespace))]:
        members = everywhere + own
        for position in range(len(everywhere) if own else 1, len(members)):
            second = members[position]
            first = next((other for other in members[:position] if not _agree(other, second)), None)
            if first is not None:
                yield first, second


def _agree(first: Placed, second: Placed) -> bool:
    same = (first.obj.kind, first.obj.name, first.obj.namespace) == (
        second.obj.kind,
        second.obj.name,
        second.obj.namespace,
    )
    if same or first.host_class != second.host_class:
        return True  # one object written twice is not two policies
    ways = [way for way in _WAYS if way in first.actions and way in second.actions]
    if all(_same_action(first.actions[way], second.actions[way]) for way in ways):
        return True
    return _disjoint(first.obj, second.obj)


def _same_action(first: frozenset[str], second: frozenset[str]) -> bool:
    return not first or not second or len(first | second) == 1


def _disjoint(first: ApiObject, second: ApiObject) -> bool:
    """Tell whether no endpoint can be selected by both: a label of which they demand different things."""
    demands: dict[str, frozenset[str] | None] = {}
    for term in (*_terms(first), *_terms(second)):
        match term:
            case Equal(label, value):
                if not _narrow(demands, label, frozenset([value])):
                    return True
            case In(label, values):
                if not _narrow(demands, label, frozenset(values)):
                    return True
            case _:
                pass
    present = {term.label for term in (*_terms(first), *_terms(second)) if isinstance(term, Has)} | set(demands)
    absent = {
        term.operand.label
        for term in (*_terms(first), *_terms(second))
        if isinstance(term, Not) and isinstance(term.operand, Has)
    }
    return bool(present & absent)


def _narrow(demands: dict[str, frozenset[str] | None], label: str, values: frozenset[str]) -> bool:
    known = demands.get(label)
    demands[label] = values if known is None else known & values
    return bool(demands[label])


def _terms(obj: ApiObject) -> list[Node]:
    """Return terms that every endpoint of a policy fulfils, over the labels that Calico gives to endpoints."""
    spec = obj.manifest["spec"]
    terms: list[Node] = []
    if obj.kind is Kind.KUBERNETES_NETWORK_POLICY:
        labels = (spec.get("podSelector") or {}).get("matchLabels") or {}
        terms.extend(Equal(key, str(value)) for key, value in labels.items())
    elif obj.kind is Kind.CLUSTER_NETWORK_POLICY:
        labels = ((spec.get("subject") or {}).get("namespaces") or {}).get("matchLabels") or {}
        terms.extend(Equal(f"pcns.{key}", str(value)) for key, value in labels.items())
    else:
        for field, prefix in (("selector", ""), ("namespaceSelector", "pcns."), ("serviceAccountSelector", "pcsa.")):
            text = spec.get(field)
            node = rewritten(text, prefix, "") if isinstance(text, str) and text else None
            if node is not None:
                terms.extend(node.operands if isinstance(node, And) else [node])
    if obj.namespace:
        terms.append(Equal(NAMESPACE, obj.namespace))
        # Every endpoint of a namespace inherits the name from it too: Calico's label, and Kubernetes' since 1.21.
        terms.append(Equal("pcns.projectcalico.org/name", obj.namespace))
        terms.append(Equal("pcns.kubernetes.io/metadata.name", obj.namespace))
    return terms
