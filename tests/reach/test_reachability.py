"""What `reach` lists is what each pair allows, read back from the names that people see."""

from __future__ import annotations

import json

import pytest

from generator.cli.main import run_command
from generator.packets.transport import TransportSet
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.pairs import Pairs, compute_pairs
from generator.reach.place_names import ALL_PODS
from generator.reach.reachability import Reach, find_reach
from tests.conformance.reach_doors import load_engine
from tests.reach.test_columns import some_worlds
from tests.reach.test_flow_changes import named

LIVE = ("--live", "examples/online-boutique/live")


def listed(found: list[Reach], source: str, destination: str, everyone: set[str]) -> TransportSet:
    packets = TransportSet.nothing()
    for item in found:
        if source in named(pods_among(item.sources), everyone) and destination in named(
            pods_among(item.destinations), everyone
        ):
            packets = packets | item.packets
    return packets


def pods_among(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name.startswith(ALL_PODS) or ("/" in name and name[0].isalpha()))


def check_pods(engine: Engine, pairs: Pairs, found: list[Reach], subject: str = "") -> int:
    everyone = set(pairs.places.of_pod)
    checked = 0
    for source in sorted(everyone):
        for destination in sorted(everyone):
            if subject and subject not in (source, destination):
                continue
            first, last = (resolve_end(engine, name, pairs.family) for name in (source, destination))
            assert listed(found, source, destination, everyone) == pairs.between(first, last).allowed
            checked += 1
    return checked


def test_what_is_listed_is_what_each_pair_allows() -> None:
    checked = 0
    for world in some_worlds("random-1", 80, 30):
        engine = load_engine(world)
        pairs = compute_pairs(engine, 4)
        checked += check_pods(engine, pairs, find_reach(engine, families=(4,)))
        for subject in sorted(pairs.places.of_pod)[:1]:
            checked += check_pods(engine, pairs, find_reach(engine, subject, families=(4,)), subject)
    assert checked > 500


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["reach", "boutique/redis-cart", *LIVE, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["subject"]) == ("ringfence.reach", "boutique/redis-cart")
    assert all("boutique/redis-cart" in str((row["sources"], row["destinations"])) for row in found["reach"]) or any(
        name.startswith(ALL_PODS) for row in found["reach"] for name in (*row["sources"], *row["destinations"])
    )
    for format, start in (("text", "2 groups"), ("markdown", "### ringfence reach: 2 groups")):
        assert run_command(["reach", "boutique/redis-cart", *LIVE, "--format", format]) == 0
        assert capsys.readouterr().out.startswith(start)


def test_a_wrong_name_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["reach", "boutique/redis-crt", *LIVE]) == 2
    assert "did you mean 'boutique/redis-cart'?" in capsys.readouterr().err
    assert run_command(["reach"]) == 2
    assert "--live" in capsys.readouterr().err
