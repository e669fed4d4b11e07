"""What a plan will cut and open: the flows that differ between what is live and the state that it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from generator.calico.objects import ApiObject, Identity
from generator.packets.addresses import FAMILIES
from generator.packets.printing import describe_packet, describe_transport
from generator.plan.end_names import end_name
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow_changes import ChangeKind, FlowChange, flow_changes_of
from generator.reach.flow_counts import PairCounts, count_pairs
from generator.snapshot.model import Snapshot


class Effect(StrEnum):
    """What becomes of flows once the plan has been carried out."""

    CUT = "cut"
    OPENED = "opened"
    UNKNOWN = "unknown"  # what the snapshot holds does not tell


_EFFECTS = {ChangeKind.DENIED: Effect.CUT, ChangeKind.ALLOWED: Effect.OPENED, ChangeKind.UNKNOWN: Effect.UNKNOWN}


@dataclass(frozen=True, slots=True)
class FlowEffect:
    """Flows from all of these sources to all of these destinations, with these packets; one of them as an example."""

    effect: Effect
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    packets: str
    example: str


def find_effects(
    snapshot: Snapshot,
    before: Mapping[Identity, ApiObject],
    after: Mapping[Identity, ApiObject],
    environment: Environment,
) -> tuple[FlowEffect, ...]:
    """Return what differs, grouped by workload: what is cut first. Nothing where what is live cannot be decoded.

    Where no pod of a whole cluster runs, the pods that its workloads will have are asked about, as the proof does:
    else nothing would seem to be cut.
    """
    return _group(_compare(snapshot, before, after, environment))


def find_effects_and_pairs(
    snapshot: Snapshot,
    before: Mapping[Identity, ApiObject],
    after: Mapping[Identity, ApiObject],
    environment: Environment,
) -> tuple[tuple[FlowEffect, ...], PairCounts]:
    """Return the same, and how many pairs of ends lose, get and keep flows."""
    differentials = _compare(snapshot, before, after, environment)
    return _group(differentials), count_pairs(differentials)


def _compare(
    snapshot: Snapshot,
    before: Mapping[Identity, ApiObject],
    after: Mapping[Identity, ApiObject],
    environment: Environment,
) -> list[Differential]:
    first = _engine(snapshot, before, environment)
    if not first.inventory.pods and snapshot.complete:
        snapshot = replace(snapshot, complete=False)
        first = _engine(snapshot, before, environment)
    last = _engine(snapshot, after, environment, like=first)
    if first.blind_to or last.blind_to:
        return []
    return [Differential(first, last, family) for family in FAMILIES]


def _group(differentials: Sequence[Differential]) -> tuple[FlowEffect, ...]:
    describe = cache(describe_transport)  # a few kinds of packets come again and again
    found = [_effect(change, describe(change.packets)) for change in flow_changes_of(differentials)]
    return tuple(sorted(found, key=lambda item: list(Effect).index(item.effect)))


def _engine(
    snapshot: Snapshot, objects: Mapping[Identity, ApiObject], environment: Environment, like: Engine | None = None
) -> Engine:
    policies = tuple(objects[identity] for identity in sorted(objects))
    return Engine(replace(snapshot, policies=policies), environment, like=like)


def _effect(change: FlowChange, packets: str) -> FlowEffect:
    flow = change.witness.flow
    return FlowEffect(
        _EFFECTS[change.kind],
        change.sources,
        change.destinations,
        f"{packets} (IPv6 only)" if change.families == (6,) else packets,  # "everything outside" would say more
        f"{end_name(flow.source)} to {end_name(flow.destination)}, {describe_packet(flow.transport)}",
    )
