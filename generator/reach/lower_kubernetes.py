"""The policies of Kubernetes, its cluster-wide ones too, as views (calico.md 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from generator.calico.cluster_policy import AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy
from generator.calico.defaults import apply_defaults
from generator.calico.kinds import Kind
from generator.calico.kubernetes_policy import (
    EgressRule,
    IngressRule,
    KubernetesNetworkPolicy,
    StagedKubernetesNetworkPolicy,
)
from generator.calico.names import DEFAULT_TIER, STAGED_KINDS, tier_of
from generator.calico.objects import ApiObject
from generator.calico.ordering import KUBERNETES_ORDER
from generator.reach.cluster_rules import ConvertedRule, convert_cluster_rules, subject_selectors
from generator.reach.environment import Dataplane
from generator.reach.kubernetes_rules import convert_rules, pod_selector_text
from generator.reach.lower_rules import lower_rule
from generator.reach.model import Direction, PolicyClass, PolicyId, PolicyView, RuleView
from generator.reach.question import WithOnePod
from generator.reach.selector_text import global_policy_selector, namespaced_policy_selector
from generator.selectors import All

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
    id = PolicyId.of(obj)
    return PolicyView(
        id=id,
        tier=DEFAULT_TIER,
        order=KUBERNETES_ORDER,
        selector=namespaced_policy_selector(pod_selector_text(spec.pod_selector), id.namespace, ""),
        governs=governed_by(obj, spec.policy_types, as_stored),
        ingress=ingress,
        egress=egress,
        kind=PolicyClass.FORWARD,
        staged=obj.kind in STAGED_KINDS,
        origin=obj,
    )


@lru_cache(maxsize=8)
def isolating_policy(governs: frozenset[Direction]) -> PolicyView:
    """Return the view that stands for Kubernetes policies of which no rule has a say on a question."""
    return PolicyView(
        id=PolicyId(Kind.KUBERNETES_NETWORK_POLICY.value, "", ""),
        tier=DEFAULT_TIER,
        order=KUBERNETES_ORDER,
        selector=All(),
        governs=governs,
        ingress=(),
        egress=(),
        kind=PolicyClass.FORWARD,
    )


def governed_by(obj: ApiObject, types: Sequence[str] | None, as_stored: bool) -> frozenset[Direction]:
    """Return the directions that a Kubernetes policy governs, of which `types` are written."""
    if not types and not as_stored:
        written = obj.manifest.get("spec")
        full = apply_defaults(obj.kind, written if isinstance(written, Mapping) else {})
        types = tuple(str(item) for item in full.get("policyTypes") or ())
    return _GOVERNS["Ingress" in types, "Egress" in types] if types else _INGRESS


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
