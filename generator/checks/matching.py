"""Which workloads and Services of a snapshot are meant, found without going through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from generator.intent.model import Labels, PodSelection
from generator.snapshot.model import KubeService, Snapshot, Workload

_NONE: Final[tuple[Workload, ...]] = ()


def labels_match(wanted: Labels, labels: Labels) -> bool:
    """Tell whether all wanted labels are there with their values."""
    return set(wanted) <= set(labels)


class Matching:
    """The workloads of a snapshot by namespace and label, and its Services by namespace; made once for all checks."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._by_namespace: dict[str, list[Workload]] = {}
        self._by_label: dict[tuple[str, tuple[str, str]], list[Workload]] = {}
        self._services: dict[str, list[KubeService]] = {}
        for workload in snapshot.workloads:
            self._by_namespace.setdefault(workload.namespace, []).append(workload)
            for label in workload.labels:
                self._by_label.setdefault((workload.namespace, label), []).append(workload)
        for service in snapshot.services:
            self._services.setdefault(service.namespace, []).append(service)

    def selected(self, pods: PodSelection) -> list[Workload]:
        """Return the workloads whose pods the selection means; host-networked ones are the node's (calico.md 1.5)."""
        return [
            workload
            for workload in self._candidates(pods)
            if not workload.host_network
            and labels_match(pods.labels, workload.labels)
            and (not pods.service_account or workload.service_account == pods.service_account)
        ]

    def workloads_of(self, namespace: str) -> Sequence[Workload]:
        """Return all workloads of a namespace; a partial snapshot may show none."""
        return self._by_namespace.get(namespace, _NONE)

    def services_of(self, namespace: str) -> Sequence[KubeService]:
        """Return the Services of a namespace."""
        return self._services.get(namespace, ())

    def _candidates(self, pods: PodSelection) -> Sequence[Workload]:
        """Return those with the rarest label that is asked for; of none, all of the namespace."""
        with_label = [self._by_label.get((pods.namespace, label), _NONE) for label in pods.labels]
        return min(with_label, key=len, default=self.workloads_of(pods.namespace))
