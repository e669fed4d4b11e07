"""What makes pods: controllers, jobs and live pods; and which of them belong to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from generator.intent.model import Labels
from generator.snapshot.containers import ConfigMaps, read_containers
from generator.snapshot.fields import Fields
from generator.snapshot.model import Workload
from generator.snapshot.secrets import cut_secrets

# Where the pod template stands in each kind; a Pod is its own template.
TEMPLATES: Final[dict[str, tuple[str, ...]]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "DeploymentConfig": ("spec", "template"),
    "Rollout": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
FINISHED: Final = "Succeeded"  # the phase of a pod that has no address any more
_NOTED_ADDRESSES: Final = ("cni.projectcalico.org/podIPs", "cni.projectcalico.org/podIP", "vpc.amazonaws.com/pod-ips")
_EMPTIED: Final = _NOTED_ADDRESSES[1:]
# A copy of whole manifests, environment and all; nothing asks for it.
_COPIES: Final = frozenset(["kubectl.kubernetes.io/last-applied-configuration"])


@dataclass(frozen=True, slots=True)
class Owned:
    """A workload with the controller that its object names, if any: (kind, name)."""

    workload: Workload
    controller: tuple[str, str] | None


def read_workload(fields: Fields, kind: str, namespace: str, name: str, config_maps: ConfigMaps) -> Owned:
    """Read one workload; `fields` is the whole object."""
    spec = fields.mapping("spec")
    template = fields.way(*TEMPLATES[kind])
    metadata = template.mapping("metadata")
    pod = template.mapping("spec")
    status = fields.mapping("status") if kind == "Pod" else Fields({}, fields.source, fields.problems)
    workload = Workload(
        kind=kind,
        namespace=namespace,
        name=name,
        labels=metadata.labels("labels"),
        service_account=pod.text("serviceAccountName") or pod.text("serviceAccount") or "default",
        host_network=pod.flag("hostNetwork"),
        replicas=_replicas(kind, spec),
        schedule=spec.text("schedule") if kind == "CronJob" else "",
        containers=read_containers(pod, namespace, config_maps),
        annotations=read_annotations(metadata),
        source=fields.source,
        addresses=_addresses(status, metadata) if kind == "Pod" else (),
        node=pod.text("nodeName") if kind == "Pod" else "",
        phase=FINISHED if kind == "Pod" and _has_lost_addresses(metadata) else status.text("phase"),
        service_name=spec.text("serviceName") if kind == "StatefulSet" else "",
    )
    return Owned(workload, _controller(fields))


def read_annotations(metadata: Fields) -> Labels:
    """Read annotations without copies of manifests and without what looks like a secret."""
    return tuple(
        (key, cut_secrets(key, value)[0]) for key, value in metadata.labels("annotations") if key not in _COPIES
    )


def settle_owners(found: Iterable[Owned]) -> list[Workload]:
    """Leave out what a controller in the input makes: a ReplicaSet of a Deployment, a Job of a CronJob, a Pod.

    A live Pod with an address stays, with the topmost controller as its owner: policy is about such pods.
    """
    every = list(found)
    by_name = {(item.workload.namespace, item.workload.kind, item.workload.name): item for item in every}
    kept: list[Workload] = []
    for item in every:
        owner = _topmost(item, by_name)
        if owner is None:
            kept.append(item.workload)
        elif item.workload.kind == "Pod" and item.workload.addresses:
            kept.append(replace(item.workload, owner=f"{owner.kind}/{owner.name}"))
    return kept


def _topmost(item: Owned, by_name: Mapping[tuple[str, str, str], Owned]) -> Workload | None:
    owner: Workload | None = None
    seen: set[int] = set()
    while item.controller is not None and id(item) not in seen:
        seen.add(id(item))
        above = by_name.get((item.workload.namespace, *item.controller))
        if above is None or above is item:
            break
        owner, item = above.workload, above
    return owner


def _controller(fields: Fields) -> tuple[str, str] | None:
    for owner in fields.mapping("metadata").items("ownerReferences"):
        if owner.flag("controller"):
            return owner.text("kind"), owner.text("name")
    return None


def _replicas(kind: str, spec: Fields) -> int:
    if kind in ("Pod", "DaemonSet", "CronJob"):
        return 1
    return max(spec.number("parallelism" if kind == "Job" else "replicas", 1), 0)


def _addresses(status: Fields, metadata: Fields) -> tuple[str, ...]:
    """Return the addresses of a pod: those of its status or, until the kubelet has written it, those the CNI noted.

    In Calico's order (libcalico-go conversion, getPodIPs); a note may be a range of one address.
    """
    found = [item.text("ip") for item in status.items("podIPs")] or [status.text("podIP")]
    if not any(found):
        notes = dict(metadata.labels("annotations"))
        noted = next((notes[key] for key in _NOTED_ADDRESSES if notes.get(key)), "")
        found = [text.strip().partition("/")[0] for text in noted.split(",")]
    return tuple(dict.fromkeys(address for address in found if address))


def _has_lost_addresses(metadata: Fields) -> bool:
    """Tell whether a pod is being deleted and the CNI has taken its addresses away (Calico's IsFinished)."""
    if not metadata.value.get("deletionTimestamp"):
        return False
    notes = dict(metadata.labels("annotations"))
    return any(notes.get(key) == "" for key in _EMPTIED)
