"""The forms in which policies of the set observe: what they deny is logged, what they allow passes, nothing is decided.

In a tier of ours every rule may pass, for the tier passes too: what was there before decides as it did. In tier
`default` a Pass would skip the policies of others that isolate a pod. So there a Deny becomes a Log alone, and an Allow
becomes a Pass for the pods that are bridged; for the others its policy has no rules, or does not select them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.calico.applies import policy_selection
from generator.calico.manifest import read_manifest
from generator.calico.names import DEFAULT_TIER, tier_of
from generator.calico.objects import ApiObject, as_api_object
from generator.calico.rewrite import NAMESPACE_LABEL
from generator.foundation.source import SourceMap
from generator.layers.scope import MAX_SELECTOR
from generator.plan.bridge_way import DIRECTIONS
from generator.plan.close_first import isolates_all
from generator.plan.isolation import Pods, takes
from generator.plan.model import Manifest
from generator.plan.observing import ANNOTATION_OBSERVING, ANNOTATION_UNTIL, LOG, logs
from generator.plan.scoped import read_reach
from generator.plan.subject import Subject
from generator.selectors import evaluate_selector, print_selector

_NO_SOURCE: Final = SourceMap("plan", "")
_SUFFIX: Final = "-observe"
_LONGEST: Final = 63
Rule = Mapping[str, Any]


class NotObservable(Exception):
    """A policy has no form that decides nothing; the argument says why."""


def observing_form(policy: ApiObject, subject: Subject, until: str = "") -> tuple[dict[str, Any], ...]:
    """Return a policy of the set (v3) in the form that observes; NotObservable where it has none.

    In tier `default` it takes two policies where others isolate not the same of its pods in both directions.
    """
    found = _noted(read_manifest(policy), until)
    if tier_of(policy) != DEFAULT_TIER:
        for key, rules in _rules(found):
            found["spec"] = {**found["spec"], key: [out for rule in rules for out in _passing(rule)]}
        return (found,)
    spec = dict(found["spec"])
    apart: dict[str, list[str]] = {}
    for key, rules in _rules(found):
        selector = _apart(policy, key.capitalize(), subject) if _allows(rules) else ""
        spec[key] = [] if selector is None else [out for rule in rules for out in _logging(rule)]
        if selector is not None:
            apart.setdefault(selector, []).append(key)
    found["spec"] = spec
    if len(apart) < 2:
        return tuple(_narrowed(found, selector) for selector in apart) or (found,)
    (first, _), (second, (key,)) = apart.items()
    rest = {name: value for name, value in spec.items() if name != key}
    one = {**found, "spec": {**rest, "types": [item for item in spec["types"] if item.lower() != key]}}
    rest = {name: value for name, value in spec.items() if name.capitalize() not in DIRECTIONS or name == key}
    other = {**found, "metadata": {**found["metadata"], "name": _beside(found)}}
    return _narrowed(one, first), _narrowed({**other, "spec": {**rest, "types": [key.capitalize()]}}, second)


def _rules(manifest: Manifest) -> list[tuple[str, list[Rule]]]:
    """Return the directions that a policy governs and has rules for, as the keys of its spec, egress first."""
    spec = manifest["spec"]
    keys = [item.lower() for item in DIRECTIONS if item in (spec.get("types") or ())]
    return [(key, list(spec[key])) for key in keys if spec.get(key)]


def _allows(rules: list[Rule]) -> bool:
    return any(rule.get("action") == "Allow" for rule in rules)


def _narrowed(manifest: Manifest, apart: str) -> dict[str, Any]:
    """Return a policy that selects only the pods which others do not isolate."""
    if not apart:
        return dict(manifest)
    selector = f"({manifest['spec'].get('selector') or 'all()'}) && {apart}"
    if len(selector) > MAX_SELECTOR:
        raise NotObservable("no selector within 1,024 characters leaves out the pods that others isolate")
    return {**manifest, "spec": {**manifest["spec"], "selector": selector}}


def _beside(manifest: Manifest) -> str:
    tier, dot, label = str(manifest["metadata"]["name"]).rpartition(".")
    return f"{tier}{dot}{label[: _LONGEST - len(_SUFFIX)]}{_SUFFIX}"


def log_rules(rules: list[Rule]) -> list[Rule]:
    """Return what the rules of a default deny log; what they allow passes."""
    return [out for rule in rules for out in _logging(rule)]


def with_log(manifest: Manifest, direction: str, until: str = "") -> dict[str, Any]:
    """Return a bridge (v3) that logs what it passes; one that does so already gets the day alone."""
    found = _noted(manifest, until)
    if not logs(found, direction):
        found["spec"] = {**found["spec"], direction.lower(): [{"action": LOG}, *found["spec"][direction.lower()]]}
    return found


def _noted(manifest: Manifest, until: str) -> dict[str, Any]:
    """Return a copy that says of itself that it observes."""
    found: dict[str, Any] = copy.deepcopy(dict(manifest))
    notes = {**(found["metadata"].get("annotations") or {}), ANNOTATION_OBSERVING: "true", ANNOTATION_UNTIL: until}
    notes = {key: value for key, value in notes.items() if value or key != ANNOTATION_UNTIL}
    found["metadata"] = {**found["metadata"], "annotations": dict(sorted(notes.items()))}
    return found


def _passing(rule: Rule) -> Iterator[Rule]:
    match rule.get("action"):
        case "Deny":
            yield {**rule, "action": LOG}
            yield {**rule, "action": "Pass"}
        case "Allow":
            yield {**rule, "action": "Pass"}
        case _:
            yield rule


def _logging(rule: Rule) -> Iterator[Rule]:
    match rule.get("action"):
        case "Deny":
            yield {**rule, "action": LOG}
        case "Allow":
            yield {**rule, "action": "Pass"}
        case _:
            yield rule


def _apart(policy: ApiObject, direction: str, subject: Subject) -> str | None:
    """Return the selector of the pods that others do not isolate, "" if these are all; None if others isolate all."""
    if isolates_all(policy, direction, subject, subject.by_others):
        return None
    selection = policy_selection(policy)
    if selection is None:
        return ""
    spaces = {policy.namespace} if policy.namespace else read_reach(read_manifest(policy), subject.universe).spaces
    terms = []
    for space in sorted(spaces):
        pods = subject.by_others.pods(space, direction)
        known = [subject.cluster.pod_labels(item) for item in subject.cluster.workloads.get(space, ())]
        if pods is True or any(evaluate_selector(selection.selector, one) and takes(pods, one) for one in known):
            terms.append(_selector_of(pods, "" if policy.namespace else space))
    return " && ".join(f"!({term})" for term in terms)


def _selector_of(pods: Pods, namespace: str) -> str:
    term = f"{NAMESPACE_LABEL} == '{namespace}'" if namespace else ""
    text = "" if isinstance(pods, bool) else f"({print_selector(pods)})"
    return " && ".join(part for part in (term, text) if part)


def manifest_object(manifest: Manifest) -> ApiObject:
    """Return a manifest of the planner's own as an object."""
    found = as_api_object(manifest, _NO_SOURCE)
    assert found is not None
    return found
