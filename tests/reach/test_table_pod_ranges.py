"""Where a pod's address may lie that the snapshot does not tell: in IP pools and stated ranges, if they are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.cli.main import run_command
from generator.foundation.yaml_writer import write_document
from generator.packets.addresses import AddressSet
from generator.reach import inventory
from generator.reach.ends import resolve_end
from generator.reach.engine import Engine
from generator.reach.environment import Environment
from generator.reach.pod_ranges import POSSIBLE_POD_RANGES, possible_ranges
from generator.snapshot.store import read_saved, write_snapshot
from tests.reach.small_world import (
    CLUSTER,
    DEPLOYMENT,
    Manifest,
    ask,
    calico,
    in_pairs,
    packet,
    pod,
    snapshot_of,
)

WEB = pod("shop/web", ["10.1.0.7", "fd00::7"])
BASE = [item for item in CLUSTER if item["kind"] != "Pod"]
V4, V6 = "10.1.0.0/24", "fd00:1::/64"


def pool(net: str, group: str = "projectcalico.org/v3", **spec: Any) -> Manifest:
    return calico("IPPool", net.replace(".", "-").replace(":", "-").replace("/", "-"), cidr=net, **spec) | {
        "apiVersion": group
    }


def to(net: str) -> Manifest:
    rule = {"action": "Allow", "destination": {"nets": [net]}}
    return calico("NetworkPolicy", "out", "shop", selector="app == 'web'", types=["Egress"], egress=[rule])


Row = tuple[str, list[Manifest], tuple[str, ...], str, int, str]
ROWS: list[Row] = [
    ("nothing is known", [], (), V4, 4, "unknown"),
    ("nothing is known, a net that no pod is in", [], (), "203.0.113.0/24", 4, "deny"),
    ("a pool inside the net", [pool("10.1.0.0/25")], (), V4, 4, "allow"),
    ("the very net", [pool("10.1.0.0/24")], (), V4, 4, "allow"),
    ("a pool around it", [pool("10.1.0.0/16")], (), V4, 4, "unknown"),
    ("a pool elsewhere beside that of the known pods", [pool("10.1.0.0/28"), pool("10.2.0.0/16")], (),
     "10.3.0.0/16", 4, "deny"),
    ("a disabled pool counts", [pool("10.1.0.0/28"), pool("10.3.0.0/16", disabled=True)], (),
     "10.3.0.0/16", 4, "unknown"),
    ("as it is stored", [pool("10.1.0.0/25", "crd.projectcalico.org/v1")], (), V4, 4, "allow"),
    ("a known pod outside of it: not relied on", [pool("10.2.0.0/16")], (), "10.3.0.0/16", 4, "unknown"),
    ("public addresses", [pool("10.1.0.0/28"), pool("203.0.113.0/24")], (), "203.0.113.0/24", 4, "unknown"),
    ("a pool of IPv4 says nothing of IPv6", [pool("10.1.0.0/24")], (), V6, 6, "unknown"),
    ("a pool of IPv6", [pool("fd00::/64")], (), V6, 6, "deny"),
    ("stated by the intent", [], ("10.1.0.0/25",), V4, 4, "allow"),
    ("stated, and a pool that is elsewhere", [pool("10.2.0.0/16")], ("10.1.0.0/25",), V4, 4, "unknown"),
    ("stated, a net elsewhere", [], ("10.1.0.0/16",), "10.2.0.0/16", 4, "deny"),
]  # fmt: skip


def check_row(objects: list[Manifest], stated: tuple[str, ...], net: str, family: int, said: str) -> None:
    snapshot = snapshot_of([*BASE, WEB, DEPLOYMENT, to(net), *objects], complete=False)
    engine = Engine(snapshot, Environment(interface="eth0", pod_ranges=AddressSet.of_cidrs(stated)))
    assert ask(engine, "shop/web", "shop/api", packet(), family).verdict == said
    ends = [resolve_end(engine, name, family) for name in ("shop/web", "shop/api")]
    assert in_pairs(engine, ends, packet(), family) == said


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: Row) -> None:
    check_row(*row[1:])


def test_a_saved_snapshot_keeps_the_pools() -> None:
    snapshot = snapshot_of([*BASE, pool("10.1.0.0/24"), pool("fd00::/64")], complete=False)
    assert snapshot.extra == {"ipPools": ["10.1.0.0/24", "fd00::/64"]}
    assert read_saved(json.loads(write_snapshot(snapshot)), "saved.json").extra == snapshot.extra


def test_possible_ranges_are_those_of_each_family() -> None:
    stated = AddressSet.of_cidrs(["10.1.0.0/16"])
    found = possible_ranges(stated, [])
    assert found.family(4) == stated.family(4)
    assert found.family(6) == POSSIBLE_POD_RANGES.family(6)
    assert possible_ranges(stated, [(4, 1)]) == POSSIBLE_POD_RANGES


def test_explain_knows_what_the_intent_states(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = tmp_path / "live.yaml"
    live.write_text("---\n".join(write_document(item) for item in (*BASE, WEB, DEPLOYMENT, to(V4))), encoding="utf-8")
    intent = tmp_path / "intent.yaml"
    text = "version: 1\nname: apps\nplatform: generic\nnamespace: apps\nservices: {front: {ports: [80]}}\n"
    for stated, said in (("", "now unknown"), (f"cluster: {{pods: [{V4}]}}\n", "now allowed")):
        intent.write_text(text + stated, encoding="utf-8")
        arguments = ["explain", "shop/web", "shop/api:80", "--live", str(live), "--intent", str(intent)]
        assert run_command([*arguments, "--as-of", "2026-01-15"]) == 0
        assert capsys.readouterr().out.startswith(said)


def test_pools_that_are_not_read_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "possible_ranges", lambda stated, seen: POSSIBLE_POD_RANGES)
    with pytest.raises(AssertionError):
        check_all()


def test_pools_that_known_pods_disprove_are_not_relied_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "possible_ranges", lambda stated, seen: possible_ranges(stated, ()))
    with pytest.raises(AssertionError):
        check_all()


def check_all() -> None:
    for row in ROWS:
        check_row(*row[1:])
