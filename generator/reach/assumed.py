"""What verdicts take for granted of a partial snapshot: labels of namespaces and accounts that it does not hold.

A namespace that something stands in, but whose object is absent, is assumed with its standard labels (product.md 1), a
service account without any. Where policies ask for other labels of them the verdicts may be wrong, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from generator.calico.rewrite import ACCOUNT_PREFIX, NAME_LABEL, NAMESPACE_PREFIX
from generator.calico.usual_policy import UsualPolicy
from generator.foundation.diagnostics import Diagnostic, problem
from generator.reach.codes import LABELS_ASSUMED
from generator.reach.engine import Engine
from generator.reach.model import TierView
from generator.selectors import Node
from generator.selectors.nodes import walk_selector
from generator.snapshot.model import Snapshot

_STANDARD: Final = frozenset({NAME_LABEL, "kubernetes.io/metadata.name"})
_MOST_NAMES: Final = 6
_REVISION: Final = "controller-revision-hash"
_OF_JOB: Final = frozenset(
    ["controller-uid", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index"]
)
# What controllers give their pods beside the template's labels, and manifests cannot tell.
_MADE_BY: Final[Mapping[str, frozenset[str]]] = {
    "Deployment": frozenset(["pod-template-hash"]),
    "ReplicaSet": frozenset(["pod-template-hash"]),
    "Rollout": frozenset(["rollouts-pod-template-hash"]),
    "StatefulSet": frozenset([_REVISION, "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"]),
    "DaemonSet": frozenset([_REVISION, "pod-template-generation"]),
    "Job": _OF_JOB,
    "CronJob": _OF_JOB | {"job-name", "batch.kubernetes.io/job-name"},
}
_MADE: Final = frozenset[str]().union(*_MADE_BY.values())


def find_assumed_labels(engine: Engine, snapshot: Snapshot) -> list[Diagnostic]:
    """Return a warning for namespaces, service accounts and workloads whose labels policies ask for and nobody gave."""
    if snapshot.complete:
        return []
    spaces = _assumed_namespaces(engine, snapshot)
    accounts = _assumed_accounts(engine, snapshot)
    makers = {pod.workload.kind for pod in engine.inventory.pods.values() if not pod.live} & _MADE_BY.keys()
    if not spaces and not accounts and not makers:
        return []
    lowered, usual = engine.recognised()
    asked = {*_labels_asked(_selectors(lowered.tiers)), *_labels_of_usual(usual)}
    return [
        *_told("namespace", spaces, asked, NAMESPACE_PREFIX),
        *_told("service account", accounts, asked, ACCOUNT_PREFIX),
        *(item for kind in sorted(makers) for item in _told_of_pods(kind, sorted(asked & _MADE_BY[kind]))),
    ]


def _told_of_pods(kind: str, labels: list[str]) -> Iterator[Diagnostic]:
    if labels:
        which = "the label" if len(labels) == 1 else "the labels"
        yield problem(
            LABELS_ASSUMED,
            f"policies ask for {which} {', '.join(labels)}, which pods of a {kind} get when they are made: verdicts "
            "take it that there is none",
            hint="ask for labels of the template, or give a snapshot of the cluster",
        )


def _assumed_namespaces(engine: Engine, snapshot: Snapshot) -> set[str]:
    """Return the namespaces without an object in which a pod or a network set stands."""
    inventory = engine.inventory
    used = {pod.namespace for pod in inventory.pods.values()}
    used |= {group.key.partition("/")[0] for group in inventory.groups if "/" in group.key}
    return {name for name in used if name in snapshot.namespaces and snapshot.namespaces[name].assumed}


def _assumed_accounts(engine: Engine, snapshot: Snapshot) -> set[str]:
    known = {(item.namespace, item.name) for item in snapshot.service_accounts}
    used = {(pod.namespace, pod.workload.service_account) for pod in engine.inventory.pods.values()}
    return {f"{namespace}/{name}" for namespace, name in used - known if name}


def _selectors(tiers: Iterable[TierView]) -> Iterator[Node]:
    """Go through the selectors of all policies in force and of their rules, each object once."""
    seen: set[int] = set()
    for tier in tiers:
        for policy in (policy for policy in tier.policies if not policy.staged):
            sides = (side for rule in (*policy.ingress, *policy.egress) for side in (rule.source, rule.destination))
            for node in (policy.selector, *(node for side in sides for node in (side.members, side.excluded))):
                if node is not None and id(node) not in seen:
                    seen.add(id(node))
                    yield node


def _labels_asked(selectors: Iterable[Node]) -> Iterator[str]:
    for selector in selectors:
        for node in walk_selector(selector):
            label = getattr(node, "label", "")
            if label.startswith((NAMESPACE_PREFIX, ACCOUNT_PREFIX)) or label in _MADE:
                yield label


def _labels_of_usual(policies: Iterable[UsualPolicy]) -> Iterator[str]:
    """Go through the labels that recognised policies ask for, each as Calico's selectors name it."""
    own: set[str] = set()
    spaces: set[str] = set()
    for policy in policies:
        own.update(policy.pods)
        for pods, namespaces in policy.peers:
            own.update(pods or ())
            spaces.update(namespaces or ())
    yield from own
    yield from (f"{NAMESPACE_PREFIX}{label}" for label in spaces)


def _told(what: str, names: set[str], asked: set[str], prefix: str) -> Iterator[Diagnostic]:
    labels = sorted({label.removeprefix(prefix) for label in asked if label.startswith(prefix)} - _STANDARD)
    if not names or not labels:
        return
    shown = sorted(names)[:_MOST_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    whose = f"{what} {', '.join(shown)}{more}" if len(names) == 1 else f"{what}s {', '.join(shown)}{more}"
    yield problem(
        LABELS_ASSUMED,
        f"policies ask for {'the label' if len(labels) == 1 else 'the labels'} {', '.join(labels)} of the {whose}, "
        "which the manifests do not hold: verdicts take it that there is none",
        hint="give the missing manifests, or a snapshot of the cluster",
    )
