"""Where the snapshot does not tell a pod's address, one flow, all pairs and the pairs turned round say the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from generator.reach.columns import Columns
from generator.reach.ends import NoSuchEnd, resolve_end
from generator.reach.engine import Engine
from generator.reach.flow import Flow, evaluate_flow
from generator.reach.pairs import compute_pairs
from generator.reach.rows import at_place
from tests.conformance.reach_doors import load_world, transport_of
from tests.conformance.worlds import World
from tests.faults.unknown import a_rule_that_may_match_does, columns_forget_what_is_unknown
from tests.reach.test_columns import check_columns, some_worlds


def without_addresses(world: World) -> Engine:
    """Return the world as a partial snapshot in which every second pod has no address yet."""
    snapshot, environment = load_world(world)
    workloads = tuple(
        replace(workload, addresses=()) if number % 2 else workload
        for number, workload in enumerate(snapshot.workloads)
    )
    return Engine(replace(snapshot, complete=False, workloads=workloads), environment)


@pytest.mark.parametrize(("name", "every"), [("handmade", 2), ("random-1", 10), ("random-2", 10)])
def test_one_flow_and_all_pairs_agree(name: str, every: int) -> None:
    verdicts: Counter[str] = Counter()
    for world in some_worlds(name, every, 360):
        engine = without_addresses(world)
        pairs = {family: compute_pairs(engine, family) for family in (4, 6)}
        for asked in world.flows:
            try:
                ends = [resolve_end(engine, asked[side], asked["family"]) for side in ("src", "dst")]
            except NoSuchEnd:
                continue
            packet = transport_of(asked)
            one = str(evaluate_flow(engine, Flow(ends[0], ends[1], packet)).verdict)
            fate = pairs[asked["family"]].between(ends[0], ends[1])
            two = "unknown" if fate.unknown.contains(packet) else "allow" if fate.allowed.contains(packet) else "deny"
            assert one == two, (world.id, asked)
            verdicts[one] += 1
    assert verdicts["allow"] > 500
    assert name == "handmade" or verdicts["unknown"] > 100


@pytest.mark.parametrize(("name", "every"), [("handmade", 2), ("random-1", 20), ("random-2", 20)])
def test_columns_agree_with_pairs(name: str, every: int) -> None:
    unknown = 0
    for world in some_worlds(name, every, 120):
        engine = without_addresses(world)
        for family in (4, 6):
            pairs = compute_pairs(engine, family)
            check_columns(engine, pairs)
            columns = Columns(compute_pairs(engine, family))
            for place in pairs.places.places:
                row = columns.allowed_into(place)[1]
                unknown += sum(bool(at_place(row, source.number)) for source in pairs.places.places)
    assert name == "handmade" or unknown > 100


def test_what_is_unknown_and_shown_as_known_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        columns_forget_what_is_unknown(patch)
        with pytest.raises(AssertionError):
            test_columns_agree_with_pairs("random-1", 20)
    with monkeypatch.context() as patch:
        a_rule_that_may_match_does(patch)
        with pytest.raises(AssertionError):
            test_one_flow_and_all_pairs_agree("random-1", 10)
