"""Rules that iptables and nftables make broader than written (calico.md 4.9): found in live objects, never rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from generator.calico.validator import divergent, find_divergent
from generator.checks.codes import FARES_OTHERWISE
from generator.checks.divergent import as_rendered, check_divergent
from generator.cli.main import run_command
from generator.foundation.yaml_writer import write_document
from generator.intent import load_intent
from generator.intent.model import Layout
from generator.layers import render, render_set
from generator.platforms import list_profiles, load_profile
from generator.reach.engine import Engine
from tests.conformance.reach_doors import FlowDoor, load_world
from tests.conformance.worlds import SAMPLE, World, parse_world, read_lines, vectors_folder
from tests.reach.small_world import Manifest, calico
from tests.support.objects import api_object

ROOT = Path(__file__).parents[2]
INTENTS = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "examples").glob("*/*.yaml")
    if "services:" in path.read_text(encoding="utf-8")
)


def worlds() -> list[World]:
    path = vectors_folder() / "divergent.jsonl.gz"
    return [parse_world(line.text) for line in read_lines(path if path.exists() else SAMPLE / "divergent.jsonl.gz")]


def policies(world: World) -> list[Any]:
    return [api_object(item) for item in world.objects if item["kind"] in ("GlobalNetworkPolicy", "NetworkPolicy")]


@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.id)
def test_a_rule_is_named_where_the_rendered_one_does_something_else(world: World) -> None:
    differs = any("rendered" in entry for entry in world.expected)
    found = find_divergent(policies(world))
    assert bool(found) == differs
    assert all("ingress[" in item.summary or "egress[" in item.summary for item in found)


@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.id)
def test_flows_that_fare_otherwise_are_those_of_the_vectors(world: World) -> None:
    """There are examples where written and rendered rules differ, and the rendered ones say what the vectors say."""
    snapshot, _ = load_world(world)
    found = [item for item in check_divergent(snapshot) if item.code == FARES_OTHERWISE.id]
    assert len(found) <= 3
    assert bool(found) == ("three" in world.id)
    if found:
        here, there = Engine(snapshot), Engine(replace(snapshot, policies=tuple(as_rendered(snapshot.policies))))
        door = FlowDoor()
        for flow, expected in zip(world.flows, world.expected, strict=True):
            said = [door.answer(engine, flow)["verdict"] for engine in (here, there)]
            assert said == [expected["verdict"], expected.get("rendered", expected["verdict"])]


def rule(**more: Any) -> Manifest:
    sides = {"source": {"nets": ["10.1.0.0/16", "10.2.0.0/16"]}, "destination": {"nets": ["10.3.0.0/16"]}}
    rules = [{"action": "Deny", "protocol": "TCP", **sides, **more}]
    return calico("NetworkPolicy", "p", "shop", types=["Egress"], egress=rules)


MANY = {"ports": ["http", 80], "nets": ["10.3.0.0/16", "10.4.0.0/16"]}
TABLE: list[tuple[Manifest, tuple[str, ...]]] = [
    (rule(destination=MANY), ("destination.nets",)),
    (rule(destination=MANY | {"nets": ["10.3.0.0/16"]}), ()),
    (rule(destination=MANY | {"ports": [80, 81]}), ()),
    (rule(destination=MANY | {"ports": list(range(2000, 2032, 2))}), ("destination.nets",)),
    (rule(destination=MANY | {"ports": list(range(2000, 2030, 2))}), ()),
    (rule(destination=MANY | {"ports": [f"{port}:{port + 1}" for port in range(2000, 2028, 4)]}), ()),
    (
        rule(destination=MANY | {"ports": [f"{port}:{port + 1}" for port in range(2000, 2032, 4)]}),
        ("destination.nets",),
    ),
    (rule(destination=MANY | {"nets": ["10.3.0.0/16", "fd00::/8"]}), ()),
    (rule(destination={"notPorts": ["http", 80], "notNets": MANY["nets"], "nets": MANY["nets"]}), ()),
    (rule(source=MANY, destination=MANY), ("source.nets", "destination.nets")),
]


@pytest.mark.parametrize(("made", "fields"), TABLE)
def test_untested_fields(made: Manifest, fields: tuple[str, ...]) -> None:
    assert divergent.untested_fields(made["spec"]["egress"][0]) == fields
    found = find_divergent([api_object(made)])
    assert len(found) == bool(fields)
    assert all(item.code == "RF4041" and all(name in item.summary for name in fields) for item in found)


def test_a_staged_policy_is_not_enforced() -> None:
    made = rule(destination=MANY)
    assert find_divergent([api_object({**made, "kind": "StagedNetworkPolicy"})]) == []


def rendered() -> Iterator[tuple[str, list[Any]]]:
    for name in INTENTS:
        loaded = load_intent([str(ROOT / name)])
        for platform in list_profiles():
            for layout in Layout:
                intent = replace(loaded.intent, platform=platform, layout=layout)
                found = render_set(intent, load_profile(platform), as_of=date(2026, 11, 1))
                yield f"{name} {platform} {layout}", [item.object for item in found.objects]


def test_nothing_that_is_rendered_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "_prove", lambda *args: None, raising=False)  # not what is asked here
    count = 0
    for name, objects in rendered():
        assert find_divergent(objects) == [], name
        count += len(objects)
    assert count > 500


def test_validate_and_plan_report_it(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    live = tmp_path / "policy.yaml"
    live.write_text(write_document(rule(destination=MANY)), encoding="utf-8")
    folder = "examples/two-tier"
    intent = next(name for name in INTENTS if name.startswith(folder))
    call = [intent, "--live", f"{folder}/live", "--live", str(live), "--as-of", "2026-11-01"]
    for command in ("validate", "plan"):
        run_command([command, *call])
        captured = capsys.readouterr()
        assert "do not test destination.nets" in captured.out + captured.err, command


def test_a_finder_that_counts_wrongly_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(divergent, "_TESTED", 3)
    with pytest.raises(AssertionError):
        test_untested_fields(*TABLE[0])
