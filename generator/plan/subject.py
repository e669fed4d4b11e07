"""What is planned: the live objects, the objects they are to become, and whose each is; every part reads this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator.calico.kinds import Kind
from generator.calico.manifest import read_manifest
from generator.calico.metadata import effective_labels
from generator.calico.names import DEFAULT_TIER, TIERED_KINDS, tier_of
from generator.calico.objects import ApiObject, Identity
from generator.compare.model import ObjectChange, Status
from generator.intent.model import Intent
from generator.layers.model import LABEL_LAYER, Target
from generator.plan.isolation import Cluster, Isolation
from generator.plan.model import Manifest
from generator.plan.scoped import Form
from generator.plan.stages import BRIDGE_LAYER, DEFAULT_DENY_LAYER
from generator.snapshot.model import Snapshot


@dataclass(frozen=True, slots=True)
class Subject:
    """All that the parts of the planner read.

    `changes` are ours and what is handed over, with the status that they have for this plan: with `--to none` all of
    ours is REMOVED; of what is handed over REMOVED too, and its identity is in `replaced`.
    """

    intent: Intent
    target: Target
    form: Form
    changes: tuple[ObjectChange, ...]
    replaced: frozenset[Identity]
    scope: tuple[str, ...]
    system_namespaces: tuple[str, ...]  # of the platform; `*` ends a prefix
    rest: bool  # the set, or the live one, also reaches namespaces that are not known by name
    snapshot: Snapshot
    cluster: Cluster
    before: Isolation  # by what is live
    before_without_bridge: Isolation  # the same without a bridge of ours, under which pods are as if not isolated
    by_others: Isolation  # by what is live and not ours
    after: Isolation  # by what will be there
    universe: Mapping[str, Mapping[str, str]]  # every namespace that anything names, with its labels
    ranks: Mapping[str, int]  # the place of each of them in the order of cut-over

    def ours(self, *statuses: Status) -> tuple[ObjectChange, ...]:
        """Return our own objects, without what is handed over, in any of these states."""
        return tuple(item for item in self.changes if item.status in statuses and item.identity not in self.replaced)


def object_of(change: ObjectChange) -> ApiObject:
    """Return the object that a change leads to, or the live one where it leads to none."""
    found = change.intended if change.intended is not None else change.live
    assert found is not None
    return found


def layer_of(change: ObjectChange) -> str:
    """Return the layer in an object's label."""
    return effective_labels(object_of(change)).get(LABEL_LAYER, "")


def v3_of(obj: ApiObject) -> Manifest:
    """Return an object's v3 manifest."""
    return read_manifest(obj)


def in_own_tier(change: ObjectChange) -> bool:
    """Tell whether a policy is in a tier other than `default`."""
    obj = object_of(change)
    return obj.kind in TIERED_KINDS and tier_of(obj) != DEFAULT_TIER


def is_default_deny(change: ObjectChange) -> bool:
    """Tell whether an object is a global policy of the default deny."""
    return change.identity.kind is Kind.GLOBAL_NETWORK_POLICY and layer_of(change) == DEFAULT_DENY_LAYER


def is_bridge(change: ObjectChange) -> bool:
    """Tell whether an object is a bridge that an earlier run has left."""
    return change.identity.kind is Kind.GLOBAL_NETWORK_POLICY and layer_of(change) == BRIDGE_LAYER
