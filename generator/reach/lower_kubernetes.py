"""The policies of Kubernetes, its cluster-wide ones too, as views (calico.md 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from generator.calico.cluster_policy import AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy
from generator.calico.defaults import apply_defaults
from generator.calico.kubernetes_policy import (
    EgressRule,
    IngressRule,
    KubernetesNetworkPolicy,
    LabelSelector,
    StagedKubernetesNetworkPolicy,
)
from generator.calico.names import STAGED_KINDS, tier_of
from generator.calico.objects import ApiObject
from generator.calico.usual_policy import UsualPolicy
from generator.reach.cluster_rules import ConvertedRule, convert_cluster_rules, subject_selectors
from generator.reach.environment import Dataplane
from generator.reach.kubernetes_rules import convert_rules, pod_selector_text
from generator.reach.lower_rules import lower_rule
from generator.reach.model import Direction, PolicyClass, PolicyId, PolicyView, RuleView
from generator.reach.question import WithOnePod
from generator.reach.selector_text import global_policy_selector, namespaced_policy_selector

_CLUSTER_TIERS: Final = frozenset({"Admin", "Baseline"})
_INGRESS: Final = frozenset({Direction.INGRESS})
# By whether the two types are named; with neither it is a policy for what comes in.
_GOVERNS: Final = {
    (False, False): _INGRESS,
    (True, False): _INGRESS,
    (False, True): frozenset({Direction.EGRESS}),
    (True, True): frozenset(Direction),
}


def _converted(
    rules: Sequence[IngressRule | EgressRule],
    ingress: bool,
    own_namespace: str,
    way: Dataplane,
    asked: WithOnePod | None,
) -> tuple[RuleView, ...]:
    if not rules:
        return ()
    return tuple(
        lower_rule(rule, index, place, own_namespace, way)
        for index, place, rule in convert_rules(rules, ingress, own_namespace, asked)
    )


def _cluster_converted(rules: Sequence[ConvertedRule], dataplane: Dataplane) -> tuple[RuleView, ...]:
    return tuple(
        lower_rule(found.rule, found.index, place, "", dataplane, found.unsure) for place, found in enumerate(rules)
    )


def lower_kubernetes_policy(
    obj: ApiObject,
    resource: KubernetesNetworkPolicy | StagedKubernetesNetworkPolicy,
    as_stored: bool,
    dataplane: Dataplane,
    question: WithOnePod | None,
) -> PolicyView | None:
    """Return a Kubernetes policy as a view, of its rules those that have a say on a question; None for a deletion."""
    spec = resource.spec
    if isinstance(resource, StagedKubernetesNetworkPolicy) and resource.spec.staged_action == "Delete":
        return None
    namespace = obj.namespace
    ingress = _converted(spec.ingress or (), True, namespace, dataplane, question)
    egress = _converted(spec.egress or (), False, namespace, dataplane, question)
    return _view(obj, spec.pod_selector, spec.policy_types, as_stored, ingress, egress)


def lower_usual_policy(obj: ApiObject, policy: UsualPolicy, as_stored: bool) -> PolicyView:
    """Return a Kubernetes policy of which no rule has a say on a question: whom it selects and what it governs."""
    return _view(obj, LabelSelector(policy.pods), policy.types, as_stored, (), ())


def _view(
    obj: ApiObject,
    selector: LabelSelector,
    types: Sequence[str] | None,
    as_stored: bool,
    ingress: tuple[RuleView, ...],
    egress: tuple[RuleView, ...],
) -> PolicyView:
    if not types and not as_stored:
        written = obj.manifest.get("spec")
        full = apply_defaults(obj.kind, written if isinstance(written, Mapping) else {})
        types = tuple(str(item) for item in full.get("policyTypes") or ())
    id = PolicyId.of(obj)
    return PolicyView(
        id=id,
        tier="default",
        order=1000.0,
        selector=namespaced_policy_selector(pod_selector_text(selector), id.namespace, ""),
        governs=_GOVERNS["Ingress" in types, "Egress" in types] if types else _INGRESS,
        ingress=ingress,
        egress=egress,
        kind=PolicyClass.FORWARD,
        staged=obj.kind in STAGED_KINDS,
        origin=obj,
    )


def lower_cluster_policy(
    obj: ApiObject,
    resource: ClusterNetworkPolicy | AdminNetworkPolicy | BaselineAdminNetworkPolicy,
    dataplane: Dataplane,
) -> PolicyView | None:
    """Return a cluster-wide policy as a view; None where it is malformed or has no rules, and so no effect."""
    spec = resource.spec
    subject = subject_selectors(spec.subject)
    if subject is None or (isinstance(resource, ClusterNetworkPolicy) and resource.spec.tier not in _CLUSTER_TIERS):
        return None  # malformed: ignored (calico.md 5.2)
    ingress = _cluster_converted(convert_cluster_rules(spec.ingress, True), dataplane)
    egress = _cluster_converted(convert_cluster_rules(spec.egress, False), dataplane)
    priority = 0 if isinstance(resource, BaselineAdminNetworkPolicy) else resource.spec.priority
    governs = frozenset(
        direction for direction, rules in ((Direction.INGRESS, ingress), (Direction.EGRESS, egress)) if rules
    )
    if not governs:
        return None
    return PolicyView(
        id=PolicyId.of(obj),
        tier=tier_of(obj),
        order=float(priority or 0),
        selector=global_policy_selector(subject[0], subject[1], ""),
        governs=governs,
        ingress=ingress,
        egress=egress,
        origin=obj,
    )
