"""The plan as data: ordered steps, each with its inverse; shown, saved and carried out from the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from generator.calico.kinds import Kind
from generator.calico.objects import Identity
from generator.flows.result import ObservedFlows
from generator.foundation.diagnostics import Diagnostic
from generator.layers.model import Target
from generator.plan.effects import FlowEffect
from generator.plan.observed import Observing
from generator.plan.record import Method, ProofRecord
from generator.plan.stages import Stage
from generator.reach.flow_counts import PairCounts

Manifest = Mapping[str, Any]


class Verb(StrEnum):
    """What a write does to an object."""

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"


class RiskClass(StrEnum):
    """What a reviewer should look at first, as far as the objects tell (product.md 6)."""

    NEWLY_ISOLATED = "newly-isolated-workload"
    MANAGEMENT_PLANE = "management-plane"
    CROSS_NAMESPACE = "new-cross-namespace-path"
    INTERNET_EGRESS = "new-internet-egress"
    FOREIGN_DENY = "overrides-foreign-deny"


@dataclass(frozen=True, slots=True, order=True)
class Risk:
    """One risk of a step: its class and what it is about, in a few words."""

    risk: RiskClass
    detail: str


@dataclass(frozen=True, slots=True)
class Write:
    """One write of one object with its full content before and after; None where it is not there."""

    identity: Identity
    before: Manifest | None
    after: Manifest | None

    def __post_init__(self) -> None:
        if self.before is None and self.after is None:
            raise ValueError(f"a write of {self.identity} that writes nothing")

    @property
    def verb(self) -> Verb:
        """Return what the write does."""
        if self.before is None:
            return Verb.CREATE
        return Verb.DELETE if self.after is None else Verb.REPLACE

    def inverse(self) -> Write:
        """Return the write that restores what was there, byte for byte."""
        return Write(self.identity, self.after, self.before)


@dataclass(frozen=True, slots=True)
class WriteStep:
    """A step that writes one object. `namespace` and `direction` are set where it moves one of them over."""

    id: str
    stage: Stage
    purpose: str
    write: Write
    namespace: str = ""
    direction: str = ""
    risks: tuple[Risk, ...] = ()

    @property
    def rollback(self) -> Write:
        """Return the write that takes this step back."""
        return self.write.inverse()


@dataclass(frozen=True, slots=True)
class WaitStep:
    """A step that ends when every node has every write so far of these kinds; its way back is the same wait."""

    id: str
    stage: Stage  # the stage that may begin afterwards
    purpose: str
    kinds: tuple[Kind, ...]


class Check(StrEnum):
    """What a check looks at; it writes nothing, so there is nothing to take back."""

    NOTHING_FREEZES = "nothing-freezes"  # no live object that freezes or kills Felix (dataplane.md 4)
    NODES_READY = "nodes-ready"  # calico-node and Typha ready, and not restarted since the last wait
    AS_PLANNED = "as-planned"  # each object that the plan writes is as the plan saw it
    SET_IN_PLACE = "set-in-place"  # the live objects are those of the set


@dataclass(frozen=True, slots=True)
class CheckStep:
    """A step that looks and stops the run where it does not hold."""

    id: str
    stage: Stage
    purpose: str
    checks: tuple[Check, ...]


Step = WriteStep | WaitStep | CheckStep


@dataclass(frozen=True, slots=True)
class Pause:
    """What takes one direction of a namespace out of enforcement once the plan is done; the inverse ends it.

    `note` says where it changes nothing, or not for all pods.
    """

    namespace: str
    direction: str
    writes: tuple[Write, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Digests:
    """What the plan was made from; a plan whose inputs have changed is stale. "" where there was none."""

    intent: str
    templates: str
    profile: str
    snapshot: str
    set: str
    tool: str  # version of ringfence


@dataclass(frozen=True, slots=True)
class Left:
    """An object of the set that is live already and that the plan does not write; the digest is of its meaning."""

    identity: Identity
    digest: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many objects of the set are created, changed, removed and left; how many are others'."""

    created: int
    changed: int
    removed: int
    same: int
    foreign: int
    replaced: int  # old policies that are handed over and removed


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered steps from what is live to the set.

    `complete`: made from a whole cluster. `errored`: something is unresolved, so that the steps may not be safe or
    not reach the set. `applyable`: may be carried out as it is, once its proof has been renewed on the cluster.
    A plan that could not be proven holds no steps. `to_none` takes the whole set off.
    """

    intent: str
    target: Target
    to_none: bool
    complete: bool
    applyable: bool
    errored: bool
    proof: ProofRecord
    effects: tuple[FlowEffect, ...]  # what will be cut and opened
    digests: Digests
    summary: Summary
    steps: tuple[Step, ...]
    warnings: tuple[Diagnostic, ...]
    unresolved: tuple[Diagnostic, ...]
    scope: tuple[str, ...]  # owned namespaces that are known by name
    # By name: policies of others whose Deny may come after an Allow of ours, and flows that may come to harm.
    accepted: tuple[str, ...] = ()
    api_servers: tuple[str, ...] = ()  # host:port, for the way out that needs no DNS
    pauses: tuple[Pause, ...] = ()
    pod_ranges: tuple[str, ...] = ()  # where the intent says that pods have their addresses
    system_namespaces: tuple[str, ...] = ()  # of the platform; `*` ends a prefix
    observing: Observing = Observing()  # noqa: RUF009 - immutable; what a plan that only observes has logged
    pairs: PairCounts = PairCounts()  # noqa: RUF009 - immutable; what becomes of flows, pair by pair
    observed: ObservedFlows = ObservedFlows()  # noqa: RUF009 - immutable; what becomes of flows that logs have shown
    left: tuple[Left, ...] = ()  # what of the set is there and not written: a plan that lost it leads elsewhere

    @property
    def writes(self) -> tuple[WriteStep, ...]:
        """Return the steps that write."""
        return tuple(step for step in self.steps if isinstance(step, WriteStep))

    @property
    def is_refused(self) -> bool:
        """Tell whether no steps are given because none were proven."""
        return self.proof.method is Method.REFUSED

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to write."""
        return not self.writes


@dataclass(frozen=True, slots=True)
class Move:
    """A write that a part of the planner asks for; what stood there before is known when all are in order."""

    stage: Stage
    identity: Identity
    after: Manifest | None
    purpose: str
    namespace: str = ""
    direction: str = ""
