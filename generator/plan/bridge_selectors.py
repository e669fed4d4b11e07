"""Selectors of the pods that are to be bridged: all that the isolating policies do not select.

The negation of what isolates is exact for every pod, also one that appears later. Where it grows too long, the pods
that the snapshot shows are named instead, by their labels, and it is checked that no isolated one is meant with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from generator.calico.rewrite import ACCOUNT_LABEL, ACCOUNT_PREFIX, NAMESPACE_PREFIX
from generator.foundation.diagnostics import Diagnostic, problem
from generator.layers.peers import PODS_ONLY
from generator.layers.scope import MAX_SELECTOR
from generator.plan.codes import BRIDGE_IMPOSSIBLE, BRIDGE_KNOWN_PODS
from generator.plan.isolation import Cluster, Pods, alternatives, takes
from generator.selectors import labels_selector, print_selector

_OWN_PREFIXES: Final = (NAMESPACE_PREFIX, ACCOUNT_PREFIX, "projectcalico.org/")


def bridge_selectors(isolated: Pods) -> tuple[str, ...]:
    """Return the selector of all pods that are not among the isolated ones; none where all are."""
    if isinstance(isolated, bool):
        return () if isolated else (PODS_ONLY,)
    # An `all()` would be rewritten, and a joined selector prints its own parentheses (calico.md 3.3, 3.5).
    negated = [f"!({print_selector(item)})" for item in alternatives(isolated)]
    return (" && ".join([PODS_ONLY, *negated]),)


def selectors_for_pods(
    cluster: Cluster, namespace: str, isolated: Pods, direction: str, problems: list[Diagnostic]
) -> tuple[str, ...]:
    """Return selectors within 1,024 characters that together take the pods of a namespace that are not isolated."""
    found = bridge_selectors(isolated)
    if all(len(selector) <= MAX_SELECTOR for selector in found):
        return found
    return _by_known_pods(cluster, namespace, isolated, direction, problems)


def _by_known_pods(
    cluster: Cluster, namespace: str, isolated: Pods, direction: str, problems: list[Diagnostic]
) -> tuple[str, ...]:
    open_pods: list[dict[str, str]] = []
    closed_pods: list[dict[str, str]] = []
    for workload in cluster.workloads.get(namespace, ()):
        labels = cluster.pod_labels(workload)
        (closed_pods if takes(isolated, labels) else open_pods).append(labels)
    keys = sorted({key for labels in closed_pods for key in labels if not key.startswith(_OWN_PREFIXES)})
    clauses: set[str] = set()
    for labels in open_pods:
        clause = _clause(labels, keys)
        if len(_joined([clause])) > MAX_SELECTOR:
            summary = f"{direction.lower()} of namespace '{namespace}': isolated pods cannot be told from others"
            problems.append(problem(BRIDGE_IMPOSSIBLE, summary, hint="give the pods a label that tells them apart"))
            return ()
        clauses.add(clause)
    if not clauses:
        return ()
    summary = f"{direction.lower()} of namespace '{namespace}' is bridged for the pods that are known"
    problems.append(problem(BRIDGE_KNOWN_PODS, summary, hint="start no pods with other labels before cut-over"))
    return _batches(sorted(clauses))


def _clause(labels: Mapping[str, str], keys: list[str]) -> str:
    """Return a selector of these labels and account that leaves out every pod with one of the other keys.

    So the only isolated pod that it could take has the very same labels, and then it would not be isolated.
    """
    own = {key: value for key, value in labels.items() if not key.startswith(_OWN_PREFIXES)}
    if ACCOUNT_LABEL in labels:
        own[ACCOUNT_LABEL] = labels[ACCOUNT_LABEL]
    text = labels_selector(own)
    return " && ".join([text, *(f"!has({key})" for key in keys if key not in own)])


def _batches(clauses: list[str]) -> tuple[str, ...]:
    batches: list[str] = []
    batch: list[str] = []
    for clause in clauses:
        if batch and len(_joined([*batch, clause])) > MAX_SELECTOR:
            batches.append(_joined(batch))
            batch = []
        batch.append(clause)
    return (*batches, _joined(batch)) if batch else tuple(batches)


def _joined(clauses: list[str]) -> str:
    return f"{PODS_ONLY} && (" + " || ".join(f"({clause})" for clause in clauses) + ")"
