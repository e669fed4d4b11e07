"""Which workloads of a snapshot a selection of the intent means."""

from __future__ import annotations

from generator.intent.model import Labels, PodSelection
from generator.snapshot.model import Snapshot, Workload


def labels_match(wanted: Labels, labels: Labels) -> bool:
    """Tell whether all wanted labels are there with their values."""
    return set(wanted) <= set(labels)


def selected_workloads(snapshot: Snapshot, pods: PodSelection) -> list[Workload]:
    """Return the workloads whose pods the selection means; host-networked ones are the node's (calico.md 1.5)."""
    return [
        workload
        for workload in snapshot.workloads
        if workload.namespace == pods.namespace
        and not workload.host_network
        and labels_match(pods.labels, workload.labels)
        and (not pods.service_account or workload.service_account == pods.service_account)
    ]


def holds_workloads_of(snapshot: Snapshot, namespace: str) -> bool:
    """Tell whether the snapshot shows any workload of a namespace; a partial one may show none."""
    return any(workload.namespace == namespace for workload in snapshot.workloads)
