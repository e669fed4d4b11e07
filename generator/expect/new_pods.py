"""Pods that do not exist yet, added to a snapshot so that the engine can answer for them.

A namespace that does not exist yet gets the label that Kubernetes itself sets. The address of such a pod is not known,
and neither is its node: what hangs on them is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from generator.foundation.source import SourceMap
from generator.intent.model import Labels, PodSelection
from generator.reach.engine import Engine
from generator.reach.inventory import UNKNOWN_ADDRESS, Address, Inventory, Pod, take_inventory
from generator.reach.members import Directory
from generator.snapshot.cluster import NAME_LABEL
from generator.snapshot.model import Namespace, Snapshot, Workload

# On the workload alone: no policy ever sees it, and a selection by it means this very pod.
_MARK: Final = "ringfence/new-pod"
_BEYOND: Final = UNKNOWN_ADDRESS + (
    1 << 64
)  # the addresses that the snapshot does not tell are numbered from its start


@dataclass(frozen=True, slots=True)
class NewPod:
    """A pod that may come; without labels nobody wrote a policy for it."""

    namespace: str
    labels: Labels = ()
    service_account: str = "default"

    @property
    def key(self) -> str:
        """Return the name by which it can be asked for, which no real pod can have."""
        said = [f"{key}={value}" for key, value in self.labels]
        if self.service_account != "default":
            said.append(f"account {self.service_account}")
        return f"{self.namespace}/(new pod{' ' if said else ''}{', '.join(said)})"

    @property
    def selection(self) -> PodSelection:
        """Return the selection that means this pod and no other."""
        return PodSelection(self.namespace, ((_MARK, self.key),))


def with_new_pods(engine: Engine, snapshot: Snapshot, pods: Iterable[NewPod]) -> Engine:
    """Return an engine for the same snapshot with these pods in it."""
    wanted = {pod.key: pod for pod in pods}
    spaces = dict(snapshot.namespaces)
    for pod in wanted.values():
        spaces.setdefault(pod.namespace, Namespace(pod.namespace, ((NAME_LABEL, pod.namespace),)))
    coming = replace(
        snapshot,
        complete=False,
        namespaces=spaces,
        workloads=tuple(_workload(pod) for _, pod in sorted(wanted.items())),
        nodes=(),
        endpoint_slices=(),
        policies=(),
    )
    found = take_inventory(coming)
    inventory = replace(
        engine.inventory,
        pods=engine.inventory.pods | _placed(found, wanted, _families(engine.inventory)),
        profiles=engine.inventory.profiles | found.profiles,
    )
    return Engine.of_parts(engine.environment, inventory, Directory(inventory), engine.lowered)


def _workload(pod: NewPod) -> Workload:
    return Workload(
        kind="Deployment",
        namespace=pod.namespace,
        name=pod.key.partition("/")[2],
        labels=pod.labels,
        service_account=pod.service_account,
        host_network=False,
        replicas=1,
        schedule="",
        containers=(),
        annotations=(),
        source=SourceMap("", "{}"),
    )


def _placed(found: Inventory, wanted: dict[str, NewPod], families: Sequence[int]) -> dict[str, Pod]:
    pods: dict[str, Pod] = {}
    for number, (key, pod) in enumerate(sorted(found.pods.items())):
        workload = replace(pod.workload, labels=(*pod.workload.labels, (_MARK, wanted[key].key)))
        pods[key] = replace(pod, addresses=_addresses(families, number), workload=workload)
    return pods


def _addresses(families: Sequence[int], number: int) -> tuple[Address, ...]:
    return tuple((family, _BEYOND + number) for family in families)


def _families(inventory: Inventory) -> list[int]:
    """Return the families in which pods of the snapshot have addresses; both where it has no pods."""
    return sorted({kind for pod in inventory.pods.values() for kind, _ in pod.addresses}) or [4, 6]
