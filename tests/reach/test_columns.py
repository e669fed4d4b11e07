"""The pairs turned round say the same as each pair asked by itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from generator.packets.transport import TransportSet
from generator.reach.columns import Columns
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.flow import End
from generator.reach.pairs import Pairs, compute_pairs
from generator.reach.places import Place
from generator.reach.rows import at_place
from tests.conformance.reach_doors import DiffDoor, load_engine
from tests.conformance.worlds import World, parse_world, read_lines, vectors_folder


def some_worlds(name: str, every: int, most: int) -> Iterator[World]:
    lines = islice(read_lines(vectors_folder() / f"{name}.jsonl.gz"), 0, None, every)
    return (parse_world(line.text) for line in islice(lines, most))


def ends(place: Place, engine: Engine, family: int, other: Place) -> End | None:
    """Return an end for a place, a pod on another node than where the other place wholly is."""
    if place.pods:
        for pod in place.pods:
            address = pod.address(family)
            if address is not None and not (other.is_host and pod.node == other.node):
                return End(pod.key, address, pod, pod.node)
        return None
    if place.node:
        number = next(number for kind, number in engine.inventory.nodes[place.node] if kind == family)
        return End(place.node, (family, number), node=place.node)
    return End("", (family, place.outside.pick(family)))


def check_columns(engine: Engine, pairs: Pairs) -> int:
    columns = Columns(pairs)
    checked = 0
    for destination in pairs.places.places:
        allowed, unknown = columns.allowed_into(destination)
        for source in pairs.places.places:
            first = ends(source, engine, pairs.family, destination)
            last = ends(destination, engine, pairs.family, source)
            if first is None or last is None or (source is destination and source.is_host):
                assert not at_place(allowed, source.number)
                continue
            if not (first.node or first.pod or last.node or last.pod):
                continue  # both outside
            fate = pairs.between(first, last)
            assert at_place(allowed, source.number) == fate.allowed
            assert at_place(unknown, source.number) == fate.unknown
            checked += 1
    return checked


@pytest.mark.parametrize(("name", "every"), [("handmade", 1), ("random-1", 40), ("random-2", 40)])
def test_columns_agree_with_pairs(name: str, every: int) -> None:
    checked = 0
    for world in some_worlds(name, every, 100):
        engine = load_engine(world)
        for family in (4, 6):
            checked += check_columns(engine, compute_pairs(engine, family))
    assert checked > 1000


def test_changes_are_those_between_all_pairs() -> None:
    found = 0
    for world in some_worlds("random-2", 60, 60):
        loaded = DiffDoor().load(world)
        for family in (4, 6):
            differential = Differential(loaded.without, loaded.engine, family)
            found += compare_all(differential)
    assert found > 300


def compare_all(differential: Differential) -> int:
    changed = {change.place.number: change for change in differential.changes()}
    places = differential.places.places
    twins = differential.after.places.places
    count = 0
    nothing = TransportSet.nothing()
    for destination in places:
        for source in places:
            first = [
                ends(side[source.number], engine, differential.family, side[destination.number])
                for side, engine in zip((places, twins), differential.engines, strict=True)
            ]
            last = [
                ends(side[destination.number], engine, differential.family, side[source.number])
                for side, engine in zip((places, twins), differential.engines, strict=True)
            ]
            if None in (*first, *last) or (source is destination and source.is_host):
                continue
            if not (source.pods or source.node or destination.pods or destination.node):
                continue
            change = differential.between((first[0], first[1]), (last[0], last[1]))  # type: ignore[arg-type]
            listed = changed.get(destination.number)
            for wanted, row in (
                (change.newly_allowed, listed.newly_allowed if listed else {}),
                (change.newly_denied, listed.newly_denied if listed else {}),
                (change.unknown, listed.unknown if listed else {}),
            ):
                assert (at_place(row, source.number) or nothing) == wanted
                count += bool(wanted)
    return count
