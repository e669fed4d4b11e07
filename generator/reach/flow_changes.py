"""What differs between two snapshots, for people: grouped by workload, each with a flow that was replayed in both.

A difference that was found in sets is shown only after one packet of it was sent through both snapshots, rule by rule,
and met the two verdicts (product.md 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from generator.packets.addresses import FAMILIES
from generator.packets.transport import TransportSet
from generator.reach.decision import Verdict
from generator.reach.differential import Change, Differential
from generator.reach.engine import Engine
from generator.reach.flow import End, Flow, FlowVerdict, evaluate_flow
from generator.reach.inventory import Address, Pod
from generator.reach.place_names import Namer
from generator.reach.places import Mask, Place, numbers_in

OWN_NODE: Final = "its own node"  # among destinations: for each source that one on which it is


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

    A pod or node that is in one snapshot alone has no row. What pods send to the node they are on has rows of its
    own, with `OWN_NODE` as destination; what a node sends to its own pods no policy stops.
    """
    return flow_changes_of(Differential(before, after, family) for family in families)


def flow_changes_of(differentials: Iterable[Differential]) -> list[FlowChange]:
    """Return the same of differentials of one pair of snapshots, one for each family, that are there already."""
    found: dict[tuple[ChangeKind, tuple[str, ...], tuple[str, ...], TransportSet], FlowChange] = {}
    for differential in differentials:
        family = differential.family
        for change in (*_of_family(differential), *_to_own_nodes(differential)):
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


def _to_own_nodes(differential: Differential) -> Iterator[FlowChange]:
    """Yield what differs between pods and the node that each is on, one row for all nodes alike."""
    masks: dict[tuple[ChangeKind, TransportSet], Mask] = {}
    single: dict[tuple[ChangeKind, TransportSet], list[str]] = {}
    examples: dict[tuple[ChangeKind, TransportSet], tuple[Pod, Pod]] = {}
    for place, twin in zip(differential.places.places, differential.after.places.places, strict=True):
        pods = [
            (pod, later)
            for pod, later in zip(place.pods, twin.pods, strict=True)
            if pod.node and pod.node == later.node and pod.node in differential.places.of_node
        ]
        nodes = dict.fromkeys(pod.node for pod, _ in pods)
        found = {node: differential.to_own_node(place.number, node) for node in nodes}
        alike = len(pods) == len(place.pods) and len(set(map(_kinds, found.values()))) == 1
        for pod, later in pods[:1] if alike else pods:
            for key in _kinds(found[pod.node]):
                examples.setdefault(key, (pod, later))
                if alike:
                    masks[key] = masks.get(key, 0) | place.bit
                else:
                    single.setdefault(key, []).append(pod.key)
    namer = Namer(differential.places)
    for key, pods_of in examples.items():
        names = (*(namer.names(masks[key]) if key in masks else ()), *sorted(single.get(key, ())))
        witness = _replay_to_own_node(differential, key[0], key[1], pods_of)
        yield FlowChange(key[0], (differential.family,), names, (OWN_NODE,), key[1], witness)


def _kinds(change: Change) -> tuple[tuple[ChangeKind, TransportSet], ...]:
    """Return the parts of a change that are not empty, by kind."""
    parts = ((ChangeKind.ALLOWED, change.newly_allowed), (ChangeKind.DENIED, change.newly_denied))
    return tuple((kind, packets) for kind, packets in (*parts, (ChangeKind.UNKNOWN, change.unknown)) if packets)


def _replay_to_own_node(
    differential: Differential, kind: ChangeKind, packets: TransportSet, pods: Sequence[Pod]
) -> Witness:
    flows: list[Flow] = []
    for engine, pod in zip(differential.engines, pods, strict=True):
        flow = flow_to_own_node(engine, pod, packets, differential.family)
        if flow is None:
            raise WitnessFailed(f"{kind}: no two ends stand for it")
        flows.append(flow)
    return _met(differential, kind, flows)


def flow_to_own_node(engine: Engine, pod: Pod, packets: TransportSet, family: int) -> Flow | None:
    """Return one flow of a pod to the node that it is on; None where one of the two has no address of the family."""
    address, host = pod.address(family), _node_address(engine, pod.node, family)
    if address is None or host is None:
        return None
    return Flow(End(pod.key, address, pod, pod.node), End(f"host:{pod.node}", host, node=pod.node), packets.witness())


def _met(differential: Differential, kind: ChangeKind, flows: Sequence[Flow]) -> Witness:
    before, after = (evaluate_flow(engine, flow) for engine, flow in zip(differential.engines, flows, strict=True))
    expected = _EXPECTED.get(kind)
    if not ((before.verdict, after.verdict) == expected if expected else _unknown_in(before, after)):
        ends = f"{flows[0].source.name} to {flows[0].destination.name}"
        raise WitnessFailed(f"{kind}: {ends}, {flows[0].transport}")
    return Witness(flows[0], before, after)


def _replay(
    differential: Differential, kind: ChangeKind, packets: TransportSet, sources: Mask, destinations: Mask
) -> Witness:
    packet = packets.witness()
    for source, destination in _candidates(differential, sources, destinations):
        flows = [Flow(first, last, packet) for first, last in zip(source, destination, strict=True)]
        return _met(differential, kind, flows)
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
