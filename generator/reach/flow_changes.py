"""What differs between two snapshots, for people: grouped by workload, each with a flow that was replayed in both.

A difference that was found in sets is shown only after one packet of it was sent through both snapshots, rule by rule,
and met the two verdicts (product.md 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportSet
from generator.reach.decision import Verdict
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.flow import End, Flow, FlowVerdict, evaluate_flow
from generator.reach.inventory import Address
from generator.reach.place_names import Namer
from generator.reach.places import Mask, Place, numbers_in


class ChangeKind(StrEnum):
    """In which way a flow differs; an unknown one is not known in at least one of the snapshots."""

    ALLOWED = "newly allowed"
    DENIED = "newly denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Witness:
    """One flow of a change, with what became of it before and after."""

    flow: Flow
    before: FlowVerdict
    after: FlowVerdict


@dataclass(frozen=True, slots=True)
class FlowChange:
    """All of these sources to all of these destinations, with these packets."""

    kind: ChangeKind
    families: tuple[int, ...]
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    packets: TransportSet
    witness: Witness


class WitnessFailed(Exception):
    """A difference found in sets is none when one packet is followed: a fault of the engine, so nothing is shown."""


_EXPECTED = {
    ChangeKind.ALLOWED: (Verdict.DENY, Verdict.ALLOW),
    ChangeKind.DENIED: (Verdict.ALLOW, Verdict.DENY),
}


def find_flow_changes(before: Engine, after: Engine, families: Iterable[int] = FAMILIES) -> list[FlowChange]:
    """Return all flows that differ, in a fixed order; WitnessFailed if one of them is not so when it is replayed.

    A pod or node that is in one snapshot alone has no row, nor has a pod with its own node: no policy is asked there.
    """
    return flow_changes_of(Differential(before, after, family) for family in families)


def flow_changes_of(differentials: Iterable[Differential]) -> list[FlowChange]:
    """Return the same of differentials of one pair of snapshots, one for each family, that are there already."""
    found: dict[tuple[ChangeKind, tuple[str, ...], tuple[str, ...], TransportSet], FlowChange] = {}
    for differential in differentials:
        family = differential.family
        for change in _of_family(differential):
            key = (change.kind, change.sources, change.destinations, change.packets)
            known = found.get(key)
            if known is not None:
                change = FlowChange(change.kind, (*known.families, family), *key[1:], known.witness)
            found[key] = change
    return sorted(found.values(), key=_order)


def _order(change: FlowChange) -> tuple[object, ...]:
    return (
        list(ChangeKind).index(change.kind),
        change.destinations,
        change.sources,
        change.families,
        change.packets.form,
    )


def _of_family(differential: Differential) -> Iterator[FlowChange]:
    if not differential.places.pods | differential.places.hosts:
        return
    groups: dict[tuple[ChangeKind, TransportSet, Mask], Mask] = {}
    for change in differential.changes():
        for kind, row in (
            (ChangeKind.ALLOWED, change.newly_allowed),
            (ChangeKind.DENIED, change.newly_denied),
            (ChangeKind.UNKNOWN, change.unknown),
        ):
            for packets, sources in row.items():
                key = (kind, packets, sources)
                groups[key] = groups.get(key, 0) | change.place.bit
    namer = Namer(differential.places)
    for (kind, packets, sources), destinations in groups.items():
        witness = _replay(differential, kind, packets, sources, destinations)
        names = namer.names(sources), namer.names(destinations)
        yield FlowChange(kind, (differential.family,), *names, packets, witness)


def _replay(
    differential: Differential, kind: ChangeKind, packets: TransportSet, sources: Mask, destinations: Mask
) -> Witness:
    packet = packets.witness()
    for source, destination in _candidates(differential, sources, destinations):
        flows = [Flow(first, last, packet) for first, last in zip(source, destination, strict=True)]
        before, after = (evaluate_flow(engine, flow) for engine, flow in zip(differential.engines, flows, strict=True))
        expected = _EXPECTED.get(kind)
        met = (before.verdict, after.verdict) == expected if expected else _unknown_in(before, after)
        if not met:
            raise WitnessFailed(f"{kind}: {flows[0].source.name} to {flows[0].destination.name}, {packet}")
        return Witness(flows[0], before, after)
    raise WitnessFailed(f"{kind}: no two ends stand for it")


def _unknown_in(before: FlowVerdict, after: FlowVerdict) -> bool:
    return Verdict.UNKNOWN in (before.verdict, after.verdict)


def _candidates(differential: Differential, sources: Mask, destinations: Mask) -> Iterator[tuple[list[End], list[End]]]:
    """Yield ends of both snapshots, first before and then after, that stand for the places."""
    both = (differential.places.places, differential.after.places.places)
    for last in numbers_in(destinations):
        for first in numbers_in(sources):
            chosen = [
                ends_at(side[first], side[last], engine, differential.family)
                for side, engine in zip(both, differential.engines, strict=True)
            ]
            pairs = [pair for pair in chosen if pair is not None]
            if len(pairs) == len(chosen):
                yield [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def ends_at(source: Place, destination: Place, engine: Engine, family: int) -> tuple[End, End] | None:
    """Return two ends that stand for two places, on different nodes where one is a node; None where there are none.

    Two pods of which a node is not known may be on one node, and the sets say so.
    """
    not_on = destination.node if destination.is_host else ""
    first = end_at(source, engine, family, not_on=not_on, apart=destination.is_host)
    not_on = source.node if source.is_host else ""
    last = end_at(destination, engine, family, not_on=not_on, apart=source.is_host)
    return (first, last) if first is not None and last is not None else None


def end_at(place: Place, engine: Engine, family: int, *, not_on: str = "", apart: bool = True) -> End | None:
    """Return an end that stands for a place, none of a pod on the node `not_on`; None where there is none.

    `apart`: a pod whose node is not known is surely not on the node of the other end.
    """
    if place.pods:
        for pod in place.pods:
            address = pod.address(family)
            if address is not None and not (not_on and pod.node == not_on):
                return End(pod.key, address, pod, pod.node, apart=apart)
        return None
    if place.node:
        address = _node_address(engine, place.node, family)
        return None if address is None else End(f"host:{place.node}", address, node=place.node)
    address = (family, place.outside.pick(family))
    return End("", address)


def _node_address(engine: Engine, node: str, family: int) -> Address | None:
    return next((address for address in engine.inventory.nodes.get(node, ()) if address[0] == family), None)
