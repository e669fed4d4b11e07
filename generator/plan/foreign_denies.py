"""Denies of others that an Allow of ours comes before: an Allow is final, so what they denied may pass (product.md 3).

By rule alone it is not known which flows these are: two policies are named where ours allows, theirs denies, both in
one direction and for the same workload, and ours is looked at first. Rules that no packet can match both, by protocol,
ports or addresses, are passed over. What is not accepted by name is an error, and stands in the way of a plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.calico.applies import DIRECTIONS, label_selector_parts, policy_selection
from generator.calico.kinds import Kind
from generator.calico.manifest import read_manifest
from generator.calico.names import TIERED_KINDS
from generator.calico.objects import ApiObject, Identity
from generator.calico.ordering import sort_into_tiers
from generator.calico.versions import parse_version
from generator.compare.model import ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean
from generator.intent.problems import ValueProblem
from generator.intent.replaced import parse_replaced
from generator.plan.codes import ACCEPTED_DENY, ACCEPTS_NOTHING, ACCEPTS_WRONG, FOREIGN_DENY
from generator.plan.isolation import Cluster
from generator.plan.meeting import Extent, extents, may_meet
from generator.plan.subject import Subject
from generator.selectors import evaluate_selector
from generator.snapshot.model import Workload

_CLUSTER_WIDE: Final = (
    Kind.CLUSTER_NETWORK_POLICY,
    Kind.ADMIN_NETWORK_POLICY,
    Kind.BASELINE_ADMIN_NETWORK_POLICY,
)
_FLOW: Final = "a flow is named as the refusal names it: cut:FROM:TO, opened:FROM:TO or management:FROM:TO"
_SHOWN: Final = 5
Accepted = frozenset[str]  # identities as text: Kind/namespace/name
NOTHING: Final[Accepted] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Override:
    """A deny of others and a policy of ours that allows before it, in one direction."""

    theirs: Identity
    ours: Identity
    direction: str


def read_accepted(texts: Iterable[str]) -> Accepted:
    """Read the names of policies; InputError with all that are none."""
    found: set[str] = set()
    problems: list[Diagnostic] = []
    for text in texts:
        try:
            name, selector = parse_replaced(text, "accepted")
        except ValueProblem as error:
            flow = ":" in text  # meant as the name of a harm
            problems.append(problem(ACCEPTS_WRONG, error.summary, hint=_FLOW if flow else error.hint))
            continue
        if selector:
            hint = "name one policy: Kind/namespace/name, or Kind/name for what is cluster-wide"
            problems.append(problem(ACCEPTS_WRONG, f"'{text}' is a selector, not the name of a policy", hint=hint))
        found.add(name)
    if problems:
        raise InputError(problems)
    return frozenset(found)


def find_overrides(subject: Subject, diff: ObjectDiff) -> tuple[Override, ...]:
    """Return the pairs in the state that the plan leads to, as far as the workloads of the snapshot show them."""
    ours = {item.identity: item.intended for item in subject.ours(*Status) if item.intended is not None}
    theirs = {
        item.identity: item.live
        for item in diff.with_status(Status.FOREIGN)
        if item.live is not None and item.identity not in subject.replaced
    }
    if not any(_rules(obj, way, "Deny") for obj in theirs.values() for way in DIRECTIONS):
        return ()
    identities = {id(obj): identity for identity, obj in (*ours.items(), *theirs.items())}
    tiers = sort_into_tiers([*ours.values(), *theirs.values()], parse_version(subject.target.version))
    found: list[Override] = []
    for direction in DIRECTIONS:
        before: list[tuple[Identity, tuple[Extent, ...], frozenset[tuple[str, int]]]] = []
        for obj in (policy for _, policies in tiers for policy in policies):
            identity = identities[id(obj)]
            if identity in ours:
                allows = extents(_rules(obj, direction, "Allow"))
                if allows:
                    before.append((identity, allows, _selected(obj, direction, subject)))
                continue
            denies = extents(_rules(obj, direction, "Deny"))
            if not denies:
                continue
            selected = _selected(obj, direction, subject)
            found += [
                Override(identity, mine, direction)
                for mine, allows, pods in before
                if not selected.isdisjoint(pods) and may_meet(allows, denies)
            ]
    return tuple(sorted(found))


def judge_overrides(overrides: Iterable[Override], diff: ObjectDiff, accepted: Accepted = NOTHING) -> list[Diagnostic]:
    """Say once for each deny of others which policies of ours come before it: an error, or a note where accepted.

    A name in `accepted` that no such deny has is a warning.
    """
    places = {item.identity: item.live.source.place() for item in diff.changes if item.live is not None}
    by_theirs: dict[tuple[Identity, str], list[str]] = {}
    for item in overrides:
        by_theirs.setdefault((item.theirs, item.direction), []).append(str(item.ours))
    found: list[Diagnostic] = []
    for (theirs, direction), names in by_theirs.items():
        shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        summary = f"{theirs} denies {direction.lower()} after it is allowed by {shown}"
        if str(theirs) in accepted:
            found.append(problem(ACCEPTED_DENY, summary, place=places[theirs]))
        else:
            hint = f"give its tier an order before ours, or accept it with --accept {theirs}"
            found.append(problem(FOREIGN_DENY, summary, place=places[theirs], hint=hint))
    known = {str(theirs) for theirs, _ in by_theirs}
    for name in sorted(accepted - known):
        summary = f"{name} is no deny of others that an allow of ours comes before, so nothing is accepted"
        found.append(problem(ACCEPTS_NOTHING, summary, hint=did_you_mean(name, known)))
    return found


def _rules(obj: ApiObject, direction: str, action: str) -> list[Mapping[str, Any]]:
    spec = read_manifest(obj).get("spec") if obj.kind in TIERED_KINDS else obj.manifest.get("spec")
    if obj.kind not in (Kind.NETWORK_POLICY, Kind.GLOBAL_NETWORK_POLICY, *_CLUSTER_WIDE):
        return []
    rules = spec.get(direction.lower()) if isinstance(spec, Mapping) else None
    return [
        rule for rule in rules or () if isinstance(rule, Mapping) and str(rule.get("action")).lower() == action.lower()
    ]


def _selected(obj: ApiObject, direction: str, subject: Subject) -> frozenset[tuple[str, int]]:
    """Return which workloads a policy selects, by namespace and number."""
    cluster = subject.cluster
    spaces = (obj.namespace,) if obj.namespace else tuple(cluster.workloads)
    selection = policy_selection(obj) if obj.kind not in _CLUSTER_WIDE else None
    if selection is not None and direction not in selection.directions:
        return frozenset()
    found = set()
    for space in spaces:
        for number, workload in enumerate(cluster.workloads.get(space, ())):
            if selection is not None:
                takes = evaluate_selector(selection.selector, cluster.pod_labels(workload))
            else:
                takes = obj.kind in _CLUSTER_WIDE and _is_subject(obj, workload, cluster)
            if takes:
                found.add((space, number))
    return frozenset(found)


def _is_subject(obj: ApiObject, workload: Workload, cluster: Cluster) -> bool:
    """Tell whether a cluster-wide Kubernetes policy has the workload's pods as its subject (calico.md 5.2)."""
    spec = obj.manifest.get("spec")
    subject = spec.get("subject") if isinstance(spec, Mapping) else None
    if not isinstance(subject, Mapping):
        return False
    space = cluster.labels_of(workload.namespace)
    pods = subject.get("pods")
    if isinstance(pods, Mapping):
        return _meets(pods.get("namespaceSelector"), space) and _meets(pods.get("podSelector"), dict(workload.labels))
    return "namespaces" in subject and _meets(subject["namespaces"], space)


def _meets(selector: Any, labels: Mapping[str, str]) -> bool:
    return all(evaluate_selector(part, labels) for part in label_selector_parts(selector))
