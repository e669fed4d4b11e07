"""Over clusters full of other people's objects: sets and host endpoints with any labels, odd pods, more addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generator.equality.model import Proven
from generator.equality.prove import prove_equal
from generator.foundation.yaml_writer import write_document
from generator.snapshot.model import Node, Snapshot
from tests.conformance.reach_doors import load_world
from tests.conformance.worlds import parse_world, read_lines
from tests.meaning.proving import build, load

SAMPLE = Path(__file__).parents[1] / "conformance" / "sample"
STEP = 60  # of the worlds in the sample one in so many
CALICOS = ("projectcalico.org/", "pcns.", "pcsa.")  # labels that Calico takes off, or writes itself


def worlds() -> Iterator[Snapshot]:
    for file in ("handmade", "random-1", "random-2"):
        for number, line in enumerate(read_lines(SAMPLE / f"{file}.jsonl.gz")):
            if number % STEP == 0:
                yield load_world(parse_world(line.text))[0]


def intent_for(snapshot: Snapshot, layout: str, isolation: str) -> str:
    """Write an intent that owns the namespaces of a cluster and names some of its pods as services in a ring."""
    named = {
        (item.namespace, item.labels): item
        for item in snapshot.workloads
        if item.labels and not item.host_network and not any(key.startswith(CALICOS) for key, _ in item.labels)
    }
    chosen = list(named.values())[:5]
    names = [f"s{number}" for number in range(len(chosen))]
    services = {
        name: {
            "namespace": item.namespace,
            "select": dict(item.labels),
            "ports": [8080 + number, "53/UDP"],
            "exposed": {"by": "loadbalancer"}
            if number == 0
            else {"by": "cidrs", "cidrs": ["10.0.0.0/24", "fd00::/64"]},
            "needs": [names[(number + 1) % len(names)], "out"],
            "dns": number != 2,
        }
        for number, (name, item) in enumerate(zip(names, chosen, strict=True))
    }
    spaces = sorted({*snapshot.namespaces} - {"kube-system", "kube-public", "kube-node-lease", "calico-system"})
    whole = {
        "version": 1, "name": "ours", "platform": "generic", "layout": layout, "isolation": isolation, "owns": spaces,
        "externals": {"out": {"cidrs": ["10.65.0.0/24", "192.0.2.0/25"], "ports": [443]}},
    }  # fmt: skip
    return write_document({**whole, "services": services} if services else whole)


@pytest.mark.parametrize("isolation", ["strict", "namespace"])
@pytest.mark.parametrize("layout", ["tiers", "single-tier"])
def test_other_peoples_objects_make_no_difference(layout: str, isolation: str, tmp_path: Path) -> None:
    compared = 0
    for snapshot in worlds():
        path = tmp_path / "intent.yaml"
        path.write_text(intent_for(snapshot, layout, isolation), encoding="utf-8")
        intent, profile = load(path)
        for live in (snapshot, replace(snapshot, complete=False)):
            found = prove_equal(intent, profile, build(intent, profile, live), live)
            assert isinstance(found, Proven), (snapshot.origin, found)
            compared += found.pods
    assert compared > 500


def test_each_address_of_a_node_is_looked_at() -> None:
    intent, profile = load()
    snapshot = next(worlds())
    nodes = (Node("one", (), ("192.168.10.9", "10.244.0.1", "fd00:1::9")), Node("two", (), ("192.168.11.5",)))
    live = replace(snapshot, nodes=nodes)
    assert isinstance(prove_equal(intent, profile, build(intent, profile, live), live), Proven)
