"""The engine's three doors: the single flow, the all-pairs packet sets, the differential against no policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from generator.foundation.diagnostics import Severity
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.packets.transport import TransportPacket, TransportSet
from generator.reach.decision import Decision
from generator.reach.differential import Differential
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.flow import Flow, evaluate_flow
from generator.reach.lower import POLICY_KINDS
from generator.reach.pairs import Pairs, compute_pairs
from generator.snapshot.build import build_snapshot
from generator.snapshot.model import Snapshot
from tests.conformance.compare import FIELDS
from tests.conformance.worlds import Entry, World

_PROTOCOLS: Final = {"TCP": 6, "UDP": 17, "SCTP": 132, "ICMP": 1, "ICMPv6": 58, "UDPLite": 136}
_CONVERTED: Final = ("KubernetesNetworkPolicy", "KubernetesClusterNetworkPolicy")


def load_world(world: World) -> tuple[Snapshot, Environment]:
    """Return a world as a complete snapshot, and the environment that the vectors assume."""
    documents = [Document(dict(manifest), SourceMap(world.id, "{}")) for manifest in world.objects]
    snapshot, problems = build_snapshot(documents, namespace="default", complete=True, origin=world.id)
    refused = [str(problem) for problem in problems if problem.severity is Severity.ERROR]
    if refused:
        raise ValueError("; ".join(refused))
    return snapshot, Environment(interface="eth0", loaded_as_stored=not world.defaulted)


def load_engine(world: World) -> Engine:
    """Return the engine of a world; ValueError where an object cannot be decoded."""
    engine = Engine(*load_world(world))
    if engine.undecodable:
        raise ValueError(str(engine.undecodable))
    return engine


def transport_of(flow: Entry) -> TransportPacket:
    """Return the part of a flow above the addresses."""
    protocol = flow["protocol"]
    return TransportPacket(
        int(_PROTOCOLS.get(protocol, protocol)),
        flow.get("sport", 0),
        flow.get("dport", 0),
        flow.get("icmpType", 0),
        flow.get("icmpCode", 0),
    )


def entry_of(decision: Decision | None) -> dict[str, Any] | None:
    """Return a decision in the form of the vectors."""
    if decision is None:
        return None
    entry: dict[str, Any] = {"verdict": str(decision.verdict), "reason": str(decision.reason)}
    entry |= {"tier": decision.tier, "profile": decision.profile}
    if decision.policy is not None:
        entry["policy"] = str(decision.policy)
        if decision.policy.kind not in _CONVERTED:
            entry["rule"] = decision.rule
    if decision.stage is not None:
        entry |= {
            "endpoint": f"HostEndpoint/{decision.endpoint}",
            "stage": str(decision.stage),
            "node": decision.node,
        }
    return {key: value for key, value in entry.items() if value not in ("", None)}


class FlowDoor:
    """One flow, decided place by place."""

    fields = FIELDS

    def load(self, world: World) -> Engine:
        return load_engine(world)

    def answer(self, loaded: Engine, flow: Entry) -> Mapping[str, Any]:
        family = flow["family"]
        ends = [resolve_end(loaded, flow[side], family) for side in ("src", "dst")]
        found = evaluate_flow(loaded, Flow(ends[0], ends[1], transport_of(flow)))
        answer: dict[str, Any] = {"verdict": str(found.verdict)}
        answer |= {"egress": entry_of(found.egress), "ingress": entry_of(found.ingress)}
        if found.host:
            answer["host"] = [entry_of(decision) for decision in found.host]
        if found.note:
            answer["note"] = found.note
        return answer


@dataclass(slots=True)
class _Sets:
    engine: Engine
    pairs: dict[int, Pairs] = field(default_factory=dict)


class SetsDoor:
    """Membership in the packet set between the two ends."""

    fields = frozenset({"verdict"})

    def load(self, world: World) -> _Sets:
        return _Sets(load_engine(world))

    def answer(self, loaded: _Sets, flow: Entry) -> Mapping[str, Any]:
        family = flow["family"]
        if family not in loaded.pairs:
            loaded.pairs[family] = compute_pairs(loaded.engine, family)
        ends = [resolve_end(loaded.engine, flow[side], family) for side in ("src", "dst")]
        fate = loaded.pairs[family].between(ends[0], ends[1])
        packet = transport_of(flow)
        return {"verdict": _verdict(fate.allowed, fate.unknown, packet)}


@dataclass(slots=True)
class _Compared:
    without: Engine
    engine: Engine
    differentials: dict[int, Differential] = field(default_factory=dict)


class DiffDoor:
    """Membership in the differential from the same world without policies: a flow that it does not hold is as there."""

    fields = frozenset({"verdict"})

    def load(self, world: World) -> _Compared:
        snapshot, environment = load_world(world)
        bare = replace(snapshot, policies=tuple(obj for obj in snapshot.policies if obj.kind not in POLICY_KINDS))
        return _Compared(Engine(bare, environment), load_engine(world))

    def answer(self, loaded: _Compared, flow: Entry) -> Mapping[str, Any]:
        family = flow["family"]
        if family not in loaded.differentials:
            loaded.differentials[family] = Differential(loaded.without, loaded.engine, family)
        ends = [
            (resolve_end(loaded.without, flow[side], family), resolve_end(loaded.engine, flow[side], family))
            for side in ("src", "dst")
        ]
        change = loaded.differentials[family].between(ends[0], ends[1])
        packet = transport_of(flow)
        if change.unknown.contains(packet):
            return {"verdict": "unknown"}
        found = evaluate_flow(loaded.without, Flow(ends[0][0], ends[1][0], packet))
        allowed = str(found.verdict) == "allow"
        if change.newly_denied.contains(packet):
            return {"verdict": "deny" if allowed else "denied twice"}
        if change.newly_allowed.contains(packet):
            return {"verdict": "allow" if not allowed else "allowed twice"}
        return {"verdict": str(found.verdict)}


def _verdict(allowed: TransportSet, unknown: TransportSet, packet: TransportPacket) -> str:
    if unknown.contains(packet):
        return "unknown"
    return "allow" if allowed.contains(packet) else "deny"
