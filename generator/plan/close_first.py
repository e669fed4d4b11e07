"""Allows that pass: the order in which everything is closed before anything is opened.

Where a caller that is open today will be closed and a callee that is closed today will be open to it (or the other way
round), old and new may not meet. An allow that passes lets an end do what it does today and will do, and no more: what
it does not match is dropped once the default deny holds, what it matches is decided by what was there before. So all
that closes is written first, and then each Pass becomes an Allow.

In tier `default` a Pass also skips the policies of others that come later there. For pods that those isolate already
the rules are left out instead: these pods need them only once their own policies go.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from generator.calico.applies import policy_selection
from generator.calico.manifest import read_manifest
from generator.calico.names import DEFAULT_TIER, tier_of
from generator.calico.objects import ApiObject, as_api_object
from generator.compare.model import ObjectChange
from generator.foundation.source import SourceMap
from generator.plan.bridge_way import DIRECTIONS
from generator.plan.isolation import Isolation, takes
from generator.plan.model import Manifest
from generator.plan.scoped import read_reach
from generator.plan.stages import DENY_LAYERS
from generator.plan.subject import Subject, layer_of, v3_of
from generator.selectors import evaluate_selector

_NO_SOURCE: Final = SourceMap("plan", "")


def passing_form(manifest: Manifest, subject: Subject) -> dict[str, Any]:
    """Return an allow policy (v3) as it is before cut-over: its ends do what they do today and will do."""
    return _closed(manifest, subject, subject.by_others)


def was_left_passing(change: ObjectChange, subject: Subject) -> bool:
    """Tell whether an earlier run left an allow policy of ours in the form that it has before cut-over."""
    if change.live is None or change.intended is None or layer_of(change) in DENY_LAYERS:
        return False
    return bool(v3_of(change.live).get("spec") == passing_form(v3_of(change.intended), subject)["spec"])


def leaving_form(manifest: Manifest, subject: Subject) -> dict[str, Any]:
    """Return an allow policy (v3) that goes as it is before anything is let go."""
    return _closed(manifest, subject, subject.after)


def _closed(manifest: Manifest, subject: Subject, others: Isolation) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(dict(manifest))
    policy = as_api_object(manifest, _NO_SOURCE)
    assert policy is not None
    spec = dict(found["spec"])
    for direction in DIRECTIONS:
        key = direction.lower()
        if key not in spec:
            continue
        if tier_of(policy) == DEFAULT_TIER and isolates_all(policy, direction, subject, others):
            spec[key] = []
        else:
            spec[key] = [{**rule, "action": "Pass"} if rule.get("action") == "Allow" else rule for rule in spec[key]]
    found["spec"] = spec
    return found


def isolates_all(policy: ApiObject, direction: str, subject: Subject, others: Isolation) -> bool:
    """Tell whether every pod that a policy selects is isolated without it."""
    selection = policy_selection(policy)
    if selection is None:
        return False
    spaces = {policy.namespace} if policy.namespace else read_reach(read_manifest(policy), subject.universe).spaces
    for space in spaces:
        pods = others.pods(space, direction)
        if pods is True:
            continue
        selected = [
            labels
            for labels in map(subject.cluster.pod_labels, subject.cluster.workloads.get(space, ()))
            if evaluate_selector(selection.selector, labels)
        ]
        if pods is False or not selected or not all(takes(pods, labels) for labels in selected):
            return False
    return True
