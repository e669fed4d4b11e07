"""One concrete flow of a breach, sent through the rules, with its trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from generator.expect.model import Outcome, WitnessFailed
from generator.packets.transport import TransportSet
from generator.reach.decision import Verdict
from generator.reach.engine import Engine
from generator.reach.flow import End, Flow, FlowVerdict, evaluate_flow, is_unplaced
from generator.reach.places import Mask, Place, Places, numbers_in
from generator.reach.to_service import node_port_packets
from generator.reach.unknown import UnknownReason

if TYPE_CHECKING:
    from generator.expect.judge import Ends

TO_NODE_PORT: Final = "a NodePort leads to pods; state the expectation of those"
UNADDRESSED: Final = "the address of a pod is not in the snapshot, so it may or may not lie in the range that is named"


def follow(
    engine: Engine,
    places: Places,
    family: int,
    must: bool,
    outcome: Outcome,
    packets: TransportSet,
    sources: Mask,
    members: Sequence[tuple[Place, Ends]],
) -> tuple[Flow, FlowVerdict, str]:
    """Return one flow of a group, its verdict, and why it is not known; WitnessFailed where that is another one."""
    packet = packets.witness()
    for place, ends in members:
        for number in numbers_in(sources):
            for source, destination in _pairs(engine, family, places.places[number], place, ends):
                flow = Flow(source, destination, packet)
                verdict = evaluate_flow(engine, flow, trace=True)
                expected = _expected(must, outcome)
                doubt = _doubt(engine, ends, flow) if outcome is Outcome.UNKNOWN else ""
                why = "; ".join(verdict.unknown) or doubt
                if verdict.verdict is not expected and not doubt:
                    raise WitnessFailed(f"{source.name} to {destination.name}, {packet}: not {expected}")
                return flow, verdict, why if outcome is Outcome.UNKNOWN else ""
    raise WitnessFailed("no two ends stand for a group of flows")


def _expected(must: bool, outcome: Outcome) -> Verdict:
    if outcome is Outcome.UNKNOWN:
        return Verdict.UNKNOWN
    return Verdict.DENY if must else Verdict.ALLOW


def _doubt(engine: Engine, ends: Ends, flow: Flow) -> str:
    """Return why a flow whose fate is known may still not be one that an expectation means; "" where it surely is."""
    if ends.source.perhaps or ends.destination.perhaps:
        return UNADDRESSED
    if flow.destination.is_host and node_port_packets(engine).contains(flow.transport):
        return TO_NODE_PORT
    if flow.source.is_host and is_unplaced(flow.destination):
        return UnknownReason.POD_NODE
    return ""


def _pairs(engine: Engine, family: int, first: Place, last: Place, ends: Ends) -> Iterator[tuple[End, End]]:
    """Yield the pairs of ends that stand for two places on a way; a node is another one than the pod's own."""
    own = ends.way == "own node"
    for source in ends.source.ends(first, engine, family):
        for destination in ends.destination.ends(last, engine, family):
            together = bool(source.node) and source.node == destination.node
            if destination.is_host and source.pod is not None:
                if together is own:
                    yield source, destination
            elif source.is_host and destination.pod is not None:
                if not together:
                    yield source, replace(destination, apart=True)
            elif not _is_same(source, destination):
                yield source, destination


def _is_same(source: End, destination: End) -> bool:
    """Tell whether the two are one live pod or one node; what is not live stands for several pods."""
    if source.pod is not None and destination.pod is not None:
        return source.pod.key == destination.pod.key and source.pod.live
    return source.is_host and destination.is_host and source.node == destination.node
