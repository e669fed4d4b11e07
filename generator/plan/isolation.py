"""Which pods the live policies isolate: by namespace and direction, as a selector over the pods' own labels.

A pod is isolated in a direction when a live policy of tier `default` selects it and governs that direction; what no
rule allows is then denied by the end of the tier (calico.md 2.2). The answer is a selector rather than a list of pods,
so that it also holds for pods that appear later. It hangs on the namespace's labels: where a partial snapshot assumes
a namespace, they are only the standard ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from generator.calico.applies import Selection, fold_selector, namespace_view, pod_labels, policy_selection
from generator.calico.kinds import KINDS
from generator.calico.names import DEFAULT_TIER, tier_of
from generator.calico.objects import ApiObject
from generator.calico.rewrite import NAMESPACE_LABEL, NAMESPACE_PREFIX, ORCHESTRATOR_LABEL
from generator.selectors import And, Node, Not, Or, evaluate_selector, print_selector
from generator.snapshot.model import Snapshot, Workload

Pods = Node | bool  # True: every pod of the namespace, False: none, else those that the selector takes


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the planner asks of a snapshot: labels of namespaces and accounts, and the workloads by namespace."""

    namespaces: Mapping[str, Mapping[str, str]]
    accounts: Mapping[tuple[str, str], Mapping[str, str]]
    workloads: Mapping[str, tuple[Workload, ...]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Cluster:
        """Index a snapshot; pods on the host's network are the node's and no policy selects them (calico.md 1.5)."""
        by_namespace: dict[str, list[Workload]] = {}
        for item in snapshot.workloads:
            if not item.host_network and item.phase not in ("Succeeded", "Failed"):
                by_namespace.setdefault(item.namespace, []).append(item)
        return cls(
            {name: dict(item.labels) for name, item in snapshot.namespaces.items()},
            {(item.namespace, item.name): dict(item.labels) for item in snapshot.service_accounts},
            {name: tuple(items) for name, items in by_namespace.items()},
        )

    def labels_of(self, namespace: str) -> Mapping[str, str]:
        """Return the labels of a namespace; of one that is not in the snapshot those which Kubernetes gives it."""
        return self.namespaces.get(namespace, {"kubernetes.io/metadata.name": namespace})

    def pod_labels(self, workload: Workload) -> dict[str, str]:
        """Return the labels by which selectors see the pods of a workload."""
        account = workload.service_account or "default"
        return pod_labels(
            dict(workload.labels),
            workload.namespace,
            self.labels_of(workload.namespace),
            account,
            self.accounts.get((workload.namespace, account)),
        )


@dataclass(frozen=True, slots=True)
class Isolation:
    """Asks of a set of policies whom they isolate; policies of other tiers than `default` are passed over."""

    cluster: Cluster
    namespaced: Mapping[str, tuple[Selection, ...]]
    everywhere: tuple[Selection, ...]
    _known: dict[tuple[str, str], Pods] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, policies: Iterable[ApiObject], cluster: Cluster) -> Isolation:
        """Read the policies once; the many questions are then cheap."""
        namespaced: dict[str, list[Selection]] = {}
        everywhere: list[Selection] = []
        for obj in policies:
            if tier_of(obj) != DEFAULT_TIER:
                continue
            selection = policy_selection(obj)
            if selection is None:
                continue
            if KINDS[obj.kind].namespaced:
                namespaced.setdefault(obj.namespace, []).append(selection)
            else:
                everywhere.append(selection)
        return cls(cluster, {name: tuple(items) for name, items in namespaced.items()}, tuple(everywhere))

    def pods(self, namespace: str, direction: str) -> Pods:
        """Return the isolated pods of a namespace in one direction (`Ingress`, `Egress`)."""
        key = (namespace, direction)
        if key not in self._known:
            self._known[key] = self._ask(namespace, direction)
        return self._known[key]

    def _ask(self, namespace: str, direction: str) -> Pods:
        found: dict[str, Node] = {}
        for left in self._parts(namespace, direction):
            if left is True:
                return True
            if not isinstance(left, bool):
                found[print_selector(left)] = left
        parts = tuple(found[text] for text in sorted(found))
        if not parts:
            return False
        if any(_is_the_rest(part, found) for part in parts):
            return True
        return parts[0] if len(parts) == 1 else Or(parts)

    def _parts(self, namespace: str, direction: str) -> Iterator[Pods]:
        known = namespace_view(namespace, self.cluster.labels_of(namespace))
        known |= {NAMESPACE_LABEL: namespace, ORCHESTRATOR_LABEL: "k8s"}
        for selection in (*self.namespaced.get(namespace, ()), *self.everywhere):
            if direction in selection.directions:
                yield fold_selector(selection.selector, known, _is_known)

    def count(self, namespace: str, direction: str) -> int:
        """Return how many policies isolate any pod of a namespace in one direction."""
        return sum(left is not False for left in self._parts(namespace, direction))

    def isolates(self, workload: Workload, direction: str) -> bool:
        """Tell whether the pods of a workload are isolated in one direction."""
        return takes(self.pods(workload.namespace, direction), self.cluster.pod_labels(workload))


def takes(pods: Pods, labels: Mapping[str, str]) -> bool:
    """Tell whether a pod with these labels is among the pods."""
    return pods if isinstance(pods, bool) else evaluate_selector(pods, labels)


def alternatives(pods: Node) -> tuple[Node, ...]:
    """Return the selectors of which a pod meets at least one."""
    return pods.operands if isinstance(pods, Or) else (pods,)


def _is_the_rest(part: Node, found: Mapping[str, Node]) -> bool:
    """Tell whether a selector takes all that the others do not: none of them, said one by one, as a bridge says it."""
    terms = part.operands if isinstance(part, And) else (part,)
    return all(isinstance(term, Not) and print_selector(term.operand) in found for term in terms)


def _is_known(label: str) -> bool:
    return label in (NAMESPACE_LABEL, ORCHESTRATOR_LABEL) or label.startswith(NAMESPACE_PREFIX)
