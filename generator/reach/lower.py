"""Every policy kind, lowered into one ordered view of tiers, policies and rules (calico.md 1, 2.1, 2.2, 5)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Final

from generator.calico.cluster_policy import AdminNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy
from generator.calico.codec import Resource, decode_object
from generator.calico.defaults import apply_defaults
from generator.calico.kinds import Kind
from generator.calico.kubernetes_policy import (
    KubernetesNetworkPolicy,
    StagedKubernetesNetworkPolicy,
)
from generator.calico.metadata import is_stored_form
from generator.calico.names import DEFAULT_TIER, tier_of
from generator.calico.objects import ApiObject
from generator.calico.ordering import fixed_tier_orders, named_sort_key, sort_tiers
from generator.calico.policy import (
    GlobalNetworkPolicy,
    GlobalNetworkPolicySpec,
    NetworkPolicy,
    StagedGlobalNetworkPolicy,
    StagedNetworkPolicy,
)
from generator.calico.resource import UnknownField
from generator.calico.rule import Rule
from generator.calico.tier import Tier
from generator.calico.usual_policy import Labels, UsualPolicy, read_usual_policy
from generator.calico.versions import Version, has_tiers, knows_kind
from generator.foundation.diagnostics import Diagnostic
from generator.reach.environment import Dataplane
from generator.reach.lower_kubernetes import (
    governed_by,
    isolating_policy,
    lower_cluster_policy,
    lower_kubernetes_policy,
)
from generator.reach.lower_rules import RefusedByFelix, lower_rule
from generator.reach.model import Direction, Isolating, PolicyClass, PolicyId, PolicyView, RuleView, TierView
from generator.reach.question import BetweenPods, Question, WithOnePod, is_elsewhere
from generator.reach.selector_text import UnreadableSelector, global_policy_selector, namespaced_policy_selector
from generator.reach.unknown import UnknownReason

BOTH: Final = frozenset(Direction)
POLICY_KINDS: Final = frozenset(
    {
        Kind.NETWORK_POLICY,
        Kind.GLOBAL_NETWORK_POLICY,
        Kind.STAGED_NETWORK_POLICY,
        Kind.STAGED_GLOBAL_NETWORK_POLICY,
        Kind.STAGED_KUBERNETES_NETWORK_POLICY,
        Kind.KUBERNETES_NETWORK_POLICY,
        Kind.CLUSTER_NETWORK_POLICY,
        Kind.ADMIN_NETWORK_POLICY,
        Kind.BASELINE_ADMIN_NETWORK_POLICY,
    }
)
_STAGED: Final = frozenset(
    {Kind.STAGED_NETWORK_POLICY, Kind.STAGED_GLOBAL_NETWORK_POLICY, Kind.STAGED_KUBERNETES_NETWORK_POLICY}
)
_PASSING_TIERS: Final = frozenset({"kube-admin", "kube-baseline", "adminnetworkpolicy", "baselineadminnetworkpolicy"})


@dataclass(frozen=True, slots=True)
class Refused:
    """A policy object that has no effect because Felix refuses it, and why (calico.md 7.3)."""

    obj: ApiObject
    reason: str


@dataclass(slots=True)
class Lowered:
    """The ordered view, and what did not make it there.

    `undecodable` are objects that stop every reader of their kind (calico.md 7.3): with one of them no verdict that
    hangs on this kind is known.
    """

    tiers: tuple[TierView, ...] = ()
    refused: list[Refused] = field(default_factory=list)
    undecodable: list[Diagnostic] = field(default_factory=list)
    blind_kinds: set[Kind] = field(default_factory=set)


def lower_policies(
    objects: Iterable[ApiObject],
    version: Version,
    *,
    as_stored: bool = False,
    dataplane: Dataplane = Dataplane.IPTABLES,
) -> Lowered:
    """Lower all policies and tiers of a snapshot; see `Lowering`."""
    return Lowering(objects, version, as_stored=as_stored, dataplane=dataplane).lower()


class Lowering:
    """All policies and tiers of a snapshot, decoded, to be lowered as a whole or as far as a question asks for it.

    `as_stored`: nobody fills in `types`, so that a policy without them governs both directions (calico.md 1.4).
    Kinds that the version does not read have no effect and are left out. `like` is what another state of the cluster
    became in the same way: a policy that has the same words there shares its rules.
    """

    def __init__(
        self,
        objects: Iterable[ApiObject],
        version: Version,
        *,
        as_stored: bool = False,
        dataplane: Dataplane = Dataplane.IPTABLES,
        like: Lowered | None = None,
    ) -> None:
        self.undecodable: list[Diagnostic] = []
        self._version = version
        self._as_stored = as_stored
        self._dataplane = dataplane
        self._blind_kinds: set[Kind] = set()
        self._tiers: dict[str, Tier] = {}
        self._read: list[tuple[ApiObject, Resource | UsualPolicy | PolicyView]] = []
        before = _Before(like)
        known = {kind for kind in Kind if knows_kind(version, kind)}
        for obj in objects:
            if obj.kind in known and (obj.kind in POLICY_KINDS or obj.kind is Kind.TIER):
                self._take(obj, before)

    def _take(self, obj: ApiObject, before: _Before) -> None:
        view = before.find(obj)
        if view is not None:
            self._read.append((obj, view))
            return
        usual = read_usual_policy(obj)
        if usual is not None:
            self._read.append((obj, usual))  # it surely decodes, and of most of them a question needs no more
            return
        resource, problems = decode_object(obj)
        if resource is None:
            self.undecodable += problems
            self._blind_kinds.add(obj.kind)
        elif isinstance(resource, Tier):
            self._tiers[obj.name] = resource
        else:
            self._read.append((obj, resource))

    def lower(self, question: Question | None = None) -> Lowered:
        """Return the view of all policies, or of what has a say on the flows of a question."""
        version = self._version
        result = Lowered(undecodable=list(self.undecodable), blind_kinds=set(self._blind_kinds))
        lowered: dict[str, list[tuple[tuple[float, bytes], PolicyView]]] = {}
        isolating: dict[frozenset[Direction], list[tuple[str, Labels]]] = {}
        for obj, read in self._read:
            if type(read) is UsualPolicy and _only_isolates(question, obj, read):
                governs = governed_by(obj, read.types, self._as_stored)
                isolating.setdefault(governs, []).append((read.namespace, read.pods))
                continue
            view = read if isinstance(read, PolicyView) else self._lower_resource(obj, read, result, question)
            if view is not None:
                lowered.setdefault(view.tier, []).append(
                    (named_sort_key(obj, view.id.namespace, view.id.name, version), view)
                )
        if isolating:
            lowered.setdefault(DEFAULT_TIER, [])
        some = tuple(Isolating(isolating_policy(governs), tuple(found)) for governs, found in isolating.items())
        result.tiers = tuple(
            replace(
                tier,
                policies=tuple(view for _, view in sorted(lowered[tier.name], key=itemgetter(0))),
                isolating=some if tier.name == DEFAULT_TIER else (),
            )
            for tier in order_tiers(lowered, self._tiers, version)
        )
        return result

    def recognised(self) -> tuple[Lowered, list[UsualPolicy]]:
        """Return the view of all policies but those that are only recognised, and these as they are."""
        others = copy(self)
        others._read = [(obj, read) for obj, read in self._read if not isinstance(read, UsualPolicy)]
        return others.lower(), [read for _, read in self._read if isinstance(read, UsualPolicy)]

    def _lower_resource(
        self, obj: ApiObject, read: Resource | UsualPolicy, result: Lowered, question: Question | None
    ) -> PolicyView | None:
        one_pod: WithOnePod | None = None
        if question is not None and is_elsewhere(question, obj, read):
            if isinstance(question, BetweenPods):
                return None
            one_pod = question
        return lower_resource(
            obj,
            _decoded(obj) if isinstance(read, UsualPolicy) else read,
            self._version,
            result,
            as_stored=self._as_stored,
            dataplane=self._dataplane,
            question=one_pod,
        )


def _only_isolates(question: Question | None, obj: ApiObject, policy: UsualPolicy) -> bool:
    """Tell whether no rule of a policy, which selects no end of a question's flows, has a say on them."""
    return type(question) is WithOnePod and is_elsewhere(question, obj, policy) and question.names_none(policy)


def _decoded(obj: ApiObject) -> Resource:
    """Return what surely decodes."""
    resource, _ = decode_object(obj)
    assert resource is not None
    return resource


class _Before:
    """The policies of another state, found by what they are; what is left of a policy is its place in a file."""

    def __init__(self, lowered: Lowered | None) -> None:
        self._views = {
            (view.origin.kind, view.origin.namespace, view.origin.name): view
            for tier in (lowered.tiers if lowered is not None else ())
            for view in tier.policies
            if view.origin is not None
        }

    def find(self, obj: ApiObject) -> PolicyView | None:
        view = self._views.get((obj.kind, obj.namespace, obj.name)) if self._views else None
        if view is None or view.origin is obj:
            return view
        return replace(view, origin=obj) if view.origin == obj else None


def order_tiers(names: Iterable[str], tiers: Mapping[str, Tier], version: Version) -> list[TierView]:
    """Return the named tiers in the order in which they are looked at, still without policies.

    `tiers` are the Tier objects that are there; the tiers that every cluster of the version has need no object.
    """
    orders = {name: _number(tier.spec.order) for name, tier in tiers.items()}
    known = {*fixed_tier_orders(version), *tiers}
    return [
        TierView(name, _passes(name, tiers, known), (), missing=name not in known)
        for name in sort_tiers(names, orders, version)
    ]


def _number(order: int | float | None) -> float | None:
    return None if order is None else float(order)


def _passes(name: str, tiers: Mapping[str, Tier], known: set[str]) -> bool:
    if name in tiers:
        # Anything but Pass in storage is Deny (calico.md 1.3).
        return tiers[name].spec.default_action == "Pass"
    return name in known and name in _PASSING_TIERS


def lower_policy(
    obj: ApiObject,
    version: Version,
    result: Lowered,
    *,
    as_stored: bool,
    dataplane: Dataplane = Dataplane.IPTABLES,
) -> PolicyView | None:
    """Lower one policy object; None where it has no effect, and then `result` says why if somebody should know."""
    resource, problems = decode_object(obj)
    if resource is None:
        result.undecodable += problems
        result.blind_kinds.add(obj.kind)
        return None
    return lower_resource(obj, resource, version, result, as_stored=as_stored, dataplane=dataplane)


def lower_resource(
    obj: ApiObject,
    resource: Resource,
    version: Version,
    result: Lowered,
    *,
    as_stored: bool,
    dataplane: Dataplane,
    question: WithOnePod | None = None,
) -> PolicyView | None:
    """Do the same with what the object was decoded as; of a policy that `question` does not select only some rules."""
    try:
        match resource:
            case NetworkPolicy() | GlobalNetworkPolicy():
                view = _calico_policy(obj, resource, version, as_stored, dataplane)
                return _with_domains(view, resource.unknown) if resource.unknown else view
            case KubernetesNetworkPolicy() | StagedKubernetesNetworkPolicy():
                return lower_kubernetes_policy(obj, resource, as_stored, dataplane, question)
            case ClusterNetworkPolicy() | AdminNetworkPolicy() | BaselineAdminNetworkPolicy():
                return lower_cluster_policy(obj, resource, dataplane)
            case StagedNetworkPolicy() | StagedGlobalNetworkPolicy():
                # A staged deletion is never sent to Felix (calico.md 6.2).
                staged = resource.spec.staged_action != "Delete"
                return _calico_policy(obj, resource, version, as_stored, dataplane) if staged else None
            case _:
                return None
    except RefusedByFelix as fault:
        result.refused.append(Refused(obj, str(fault)))
    except UnreadableSelector as fault:
        result.refused.append(Refused(obj, f"selector '{fault}'"))
    return None


CalicoPolicy = NetworkPolicy | GlobalNetworkPolicy | StagedNetworkPolicy | StagedGlobalNetworkPolicy


def _calico_policy(
    obj: ApiObject, resource: CalicoPolicy, version: Version, as_stored: bool, dataplane: Dataplane
) -> PolicyView:
    spec = resource.spec
    _check_hints(spec.performance_hints)
    if isinstance(spec, GlobalNetworkPolicySpec):
        selector = global_policy_selector(spec.selector, spec.namespace_selector, spec.service_account_selector)
    else:
        selector = namespaced_policy_selector(spec.selector, obj.namespace, spec.service_account_selector)
    types = spec.types or (() if as_stored or is_stored_form(obj) else _default_types(obj))
    return PolicyView(
        id=PolicyId.of(obj),
        tier=tier_of(obj) if has_tiers(version) else "default",
        order=math.inf if spec.order is None else float(spec.order),
        selector=selector,
        governs=_governed(types) if types else BOTH,
        ingress=lower_rules(spec.ingress or (), obj.namespace, dataplane, version),
        egress=lower_rules(spec.egress or (), obj.namespace, dataplane, version),
        kind=_policy_class(spec) if isinstance(spec, GlobalNetworkPolicySpec) else PolicyClass.FORWARD,
        staged=obj.kind in _STAGED,
        origin=obj,
    )


def _with_domains(view: PolicyView, unknown: Iterable[UnknownField]) -> PolicyView:
    """Mark rules that name domains: Enterprise resolves them; where the field is dropped the rule is broader (8)."""
    found = {
        (match[1], int(match[2])) for field in unknown if field.value and (match := _DOMAINS.fullmatch(field.path))
    }
    if not found:
        return view
    ingress, egress = (
        tuple(
            replace(rule, unsure=UnknownReason.DOMAINS) if (name, rule.index) in found else rule
            for rule in view.rules(direction)
        )
        for name, direction in (("ingress", Direction.INGRESS), ("egress", Direction.EGRESS))
    )
    return replace(view, ingress=ingress, egress=egress)


_HINTS: Final = frozenset(["AssumeNeededOnEveryNode"])
_DOMAINS: Final = re.compile(r"spec\.(ingress|egress)\[(\d+)\]\.(?:source|destination)\.domains")


def _default_types(obj: ApiObject) -> Sequence[str]:
    spec = obj.manifest.get("spec")
    types = apply_defaults(obj.kind, spec if isinstance(spec, Mapping) else {}).get("types")
    return tuple(str(item) for item in types) if isinstance(types, list | tuple) else ()


def _check_hints(hints: Sequence[str]) -> None:
    """Felix takes hints that it knows, each once (libcalico-go model.Policy)."""
    if hints and (len(set(hints)) < len(hints) or not {*hints} <= _HINTS):
        raise RefusedByFelix(f"performanceHints {', '.join(hints)}")


def _governed(types: Sequence[str]) -> frozenset[Direction]:
    """Return the directions that stored types name, as Felix reads them: in any case, and no others."""
    written = {item.lower() for item in types}
    return frozenset(item for item in Direction if item.value.lower() in written)


def _policy_class(spec: GlobalNetworkPolicySpec) -> PolicyClass:
    if spec.do_not_track:
        return PolicyClass.UNTRACKED
    if spec.pre_dnat:
        return PolicyClass.PRE_DNAT
    return PolicyClass.FORWARD if spec.apply_on_forward else PolicyClass.NORMAL


def lower_rules(
    rules: Sequence[Rule], own_namespace: str, dataplane: Dataplane, version: Version
) -> tuple[RuleView, ...]:
    """Lower a list of Calico's rules."""
    return tuple(
        lower_rule(rule, index, index, own_namespace, dataplane, version=version) for index, rule in enumerate(rules)
    )
