"""On random worlds the engine's three doors and the obvious evaluator agree, and every feature decides something."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.flow import Flow, evaluate_flow
from tests.conformance.compare import agrees, compare
from tests.conformance.doors import ENGINES, ObviousDoor
from tests.conformance.reach_doors import load_engine, transport_of
from tests.conformance.worlds import World
from tests.reach.deciding_features import LISTED, features_of
from tests.reach.random_worlds import Builder, Manifest

EXAMPLES = 1_300
FLOWS = 50
WANTED = 50
STAGED = "staged policy, not enforced"
POLICIES = ("Policy", "Tier", "Set", "HostEndpoint")


def world_of(objects: Sequence[Mapping[str, Any]], flows: Sequence[Manifest]) -> World:
    return World("random", "", (), (), True, True, (), tuple(objects), tuple(flows), ())


def first_disagreement(world: World) -> tuple[str, Mapping[str, Any], object] | None:
    obvious = ObviousDoor()
    cluster = obvious.load(world)
    expected = [obvious.answer(cluster, flow) for flow in world.flows]
    for name, door in ENGINES["reach"].items():
        loaded = door.load(world)
        for flow, entry in zip(world.flows, expected, strict=True):
            answer = door.answer(loaded, flow)
            if not agrees(entry, answer, door.fields):
                return name, flow, compare(entry, answer, door.fields)
    return None


def smallest(objects: list[Manifest], flow: Mapping[str, Any]) -> list[Manifest]:
    """Leave out policies, tiers, sets and host endpoints as long as the flow is still answered in two ways."""
    for item in [item for item in objects if item["kind"].endswith(POLICIES)]:
        fewer = [other for other in objects if other is not item]
        if first_disagreement(world_of(fewer, [dict(flow)])):
            objects = fewer
    return [item for item in objects if item["kind"].endswith(POLICIES) or item["kind"] == "Pod"]


def enforced(objects: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the same world with the staged policies that have a twin of their own API enforced."""
    found: list[Mapping[str, Any]] = []
    for item in objects:
        kind = item["kind"]
        if kind.startswith("Staged") and kind != "StagedKubernetesNetworkPolicy":
            item = {**item, "kind": kind.removeprefix("Staged")}
        found.append(item)
    return found


def traced(engine: Engine, flow: Mapping[str, Any]) -> tuple[Flow, Any]:
    source, destination = (resolve_end(engine, flow[side], flow["family"]) for side in ("src", "dst"))
    asked = Flow(source, destination, transport_of(flow))
    return asked, evaluate_flow(engine, asked, trace=True)


def count_features(world: World, on_host: Sequence[str], counts: Counter[str]) -> None:
    engine = load_engine(world)
    changed = [item["kind"] for item in world.objects if item["kind"].startswith("Staged")]
    other = load_engine(world_of(enforced(world.objects), ())) if changed else None
    for flow in world.flows:
        asked, found = traced(engine, flow)
        counts.update(features_of(engine, asked, found))
        if {flow["src"], flow["dst"]}.intersection(on_host) and (found.egress or found.ingress or found.note):
            counts["hostNetwork pod"] += 1
        if other is not None and traced(other, flow)[1].verdict != found.verdict:
            counts[STAGED] += 1


def test_engine_and_obvious_evaluator_agree_and_every_feature_decides() -> None:
    counts: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.integers(0, 1 << 40))
    def agree(seed: int) -> None:
        builder = Builder(seed)
        objects = builder.build()
        world = world_of(objects, builder.flows(FLOWS))
        wrong = first_disagreement(world)
        assert wrong is None, (seed, wrong, smallest(objects, wrong[1]))
        count_features(world, builder.on_host, counts)

    agree()
    table = "\n".join(f"{count:7}  {name}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"\n{table}\n")
    assert [f"{name}: {counts[name]}" for name in sorted({*LISTED, STAGED}) if counts[name] < WANTED] == []
