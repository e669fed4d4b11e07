"""How far a set is enforced, read from live objects alone: by namespace and direction, counting pods (product.md 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.calico.applies import DIRECTIONS, Selection, pod_labels, policy_selection
from generator.calico.kinds import KINDS, Kind
from generator.calico.metadata import effective_labels
from generator.calico.names import DEFAULT_TIER, effective_name, tier_of
from generator.calico.objects import ApiObject
from generator.layers.model import LABEL_INTENT, LABEL_LAYER
from generator.plan.isolation import Cluster
from generator.plan.observing import OBSERVE_LAYER, is_observing, logs
from generator.plan.scoped import named_spaces
from generator.plan.stages import BRIDGE_LAYER, DEFAULT_DENY_LAYER
from generator.selectors import evaluate_selector
from generator.snapshot.model import Snapshot

Pods = Sequence[tuple[Mapping[str, str], int]]  # labels, and how many have them
PAUSE_PART: Final = "-pause-"  # in the name of a bridge that a pause has made (plan/pauses.py)


class Enforcement(StrEnum):
    """What the set does to a pod in one direction."""

    OFF = "off"  # nothing of the set selects it
    OBSERVED = "observed"  # the set is in place, and what it does not allow fares as without it
    PAUSED = "paused"  # the same, because somebody has paused it
    ENFORCED = "enforced"


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One direction of a namespace: how many pods are in which state.

    `state` is that of all pods, of a pod that could start there where there are none, and None where pods differ.
    `logged` says that what the set would drop is logged.
    """

    namespace: str
    direction: str
    pods: tuple[tuple[Enforcement, int], ...]
    state: Enforcement | None
    logged: bool = False


@dataclass(frozen=True, slots=True)
class _Policy:
    selection: Selection
    namespace: str  # "" for a global one
    layer: str
    own_tier: bool
    decides: bool  # it has not the form in which it decides nothing
    pause: bool
    logging: frozenset[str]


def find_ways(
    snapshot: Snapshot,
    intent: str,
    scope: Iterable[str] = (),
    paused: Iterable[tuple[str, str]] = (),
) -> tuple[Way, ...]:
    """Return the ways of an intent's namespaces: those in `scope`, and those that its live policies name.

    `paused` are the namespaces and directions of which it is recorded that somebody paused them: in a tier of ours the
    objects of a pause look like those before cut-over.
    """
    cluster = Cluster.of(snapshot)
    ours = [obj for obj in snapshot.policies if effective_labels(obj).get(LABEL_INTENT) == intent]
    policies = [found for obj in ours if (found := _read(obj)) is not None]
    known = frozenset(paused)
    ways = []
    for namespace in sorted({*scope, *_named(ours)}):
        pods = _pods_of(cluster, namespace)
        for direction in sorted(DIRECTIONS):
            ways.append(_way(cluster, policies, namespace, direction, pods, (namespace, direction) in known))
    return tuple(ways)


def _way(
    cluster: Cluster,
    policies: Iterable[_Policy],
    namespace: str,
    direction: str,
    pods: Pods,
    paused: bool,
) -> Way:
    here = [item for item in policies if direction in item.selection.directions and item.namespace in ("", namespace)]
    counted: Counter[Enforcement] = Counter()
    for labels, number in pods:
        counted[_state(here, labels, paused)] += number
    if pods:
        state = next(iter(counted)) if len(counted) == 1 else None
    else:
        state = _state(here, pod_labels({}, namespace, cluster.labels_of(namespace)), paused)
    logged = any(direction in item.logging for item in here) and state is not Enforcement.ENFORCED
    return Way(namespace, direction, tuple(sorted(counted.items())), state, logged)


def _state(policies: Iterable[_Policy], labels: Mapping[str, str], paused: bool) -> Enforcement:
    selecting = [item for item in policies if evaluate_selector(item.selection.selector, labels)]
    if not selecting:
        return Enforcement.OFF
    passing = [item for item in selecting if item.layer == BRIDGE_LAYER]
    if any(item.own_tier and item.layer == DEFAULT_DENY_LAYER and item.decides for item in selecting):
        return Enforcement.ENFORCED
    if passing:
        asked = paused or any(item.pause for item in passing)
        return Enforcement.PAUSED if asked else Enforcement.OBSERVED
    if any(item.decides and not item.own_tier and item.layer != OBSERVE_LAYER for item in selecting):
        return Enforcement.ENFORCED  # in tier `default` whatever selects a pod isolates it (calico.md 2.2)
    return Enforcement.PAUSED if paused else Enforcement.OBSERVED


def _read(obj: ApiObject) -> _Policy | None:
    selection = policy_selection(obj)
    if selection is None:
        return None
    own_tier = tier_of(obj) != DEFAULT_TIER
    layer = effective_labels(obj).get(LABEL_LAYER, "")
    return _Policy(
        selection,
        obj.namespace if KINDS[obj.kind].namespaced else "",
        layer,
        own_tier,
        decides=not is_observing(obj),
        pause=layer == BRIDGE_LAYER and PAUSE_PART in effective_name(obj),
        logging=frozenset(direction for direction in DIRECTIONS if logs(obj.manifest, direction)),
    )


def _named(ours: Iterable[ApiObject]) -> Iterable[str]:
    for obj in ours:
        if KINDS[obj.kind].namespaced:
            yield obj.namespace
        elif obj.kind is Kind.GLOBAL_NETWORK_POLICY:
            yield from named_spaces(obj.manifest)


def _pods_of(cluster: Cluster, namespace: str) -> Pods:
    """Return the labels of the pods that are there; where none is shown, of those that workloads would make."""
    workloads = cluster.workloads.get(namespace, ())
    pods = [(cluster.pod_labels(item), 1) for item in workloads if item.kind == "Pod"]
    if pods:
        return pods
    made = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Rollout")
    return [
        (cluster.pod_labels(item), max(item.replicas, 0)) for item in workloads if item.kind in made and not item.owner
    ]
