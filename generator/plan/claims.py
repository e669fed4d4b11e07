"""Namespaces that two intents claim: an error, because each would deny what the other allows (product.md 2)."""

from __future__ import annotations

from collections.abc import Sequence

from generator.calico.applies import pod_labels, policy_selection
from generator.calico.metadata import effective_labels
from generator.calico.objects import ApiObject
from generator.compare.model import ObjectDiff, Status
from generator.foundation.diagnostics import Diagnostic, problem
from generator.layers.model import LABEL_LAYER
from generator.plan.codes import CLAIMED_TWICE
from generator.plan.stages import DEFAULT_DENY_LAYER
from generator.selectors import evaluate_selector


def find_claims(diff: ObjectDiff, scope: Sequence[str]) -> list[Diagnostic]:
    """Return an error for each namespace of `scope` and each other intent whose live objects are there too.

    An intent is in the namespaces of its namespaced objects and in those that its default deny reaches.
    """
    found: dict[tuple[str, str], ApiObject] = {}
    for change in diff.with_status(Status.FOREIGN):
        if change.owner and change.live is not None:
            for namespace in _reached(change.live, scope):
                found.setdefault((namespace, change.owner), change.live)
    return [
        problem(
            CLAIMED_TWICE,
            f"namespace '{namespace}' is owned by intent '{owner}' as well: {obj.kind} '{obj.name}' is live",
            place=obj.source.place(),
            hint="let one of the two own it; what the other needs there it declares as needs",
        )
        for (namespace, owner), obj in sorted(found.items(), key=lambda item: item[0])
    ]


def _reached(obj: ApiObject, scope: Sequence[str]) -> Sequence[str]:
    if obj.namespace:
        return [obj.namespace] if obj.namespace in scope else []
    if effective_labels(obj).get(LABEL_LAYER) != DEFAULT_DENY_LAYER:
        return []
    selection = policy_selection(obj)
    if selection is None:
        return []
    return [
        name
        for name in scope
        if evaluate_selector(selection.selector, pod_labels({}, name, {"kubernetes.io/metadata.name": name}))
    ]
