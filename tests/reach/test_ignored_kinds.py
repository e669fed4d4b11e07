"""A policy of a kind that the version does not read has no effect, and that is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.calico.versions import Version
from generator.cli.main import run_command
from generator.reach import ignored_kinds
from generator.reach.engine import Engine
from generator.reach.environment import Environment, Staged
from generator.reach.ignored_kinds import find_ignored_kinds
from tests.reach.small_world import CLUSTER, Manifest, ask, calico, manifest, packet, snapshot_of

NEW, BETWEEN, BEFORE = Version(3, 32), Version(3, 30), Version(3, 28)
_RULE = {"action": "Deny", "from": [{"namespaces": {}}]}
_SPEC = {"priority": 1, "subject": {"namespaces": {}}, "ingress": [_RULE]}
ADMIN = manifest("AdminNetworkPolicy", "a", api="policy.networking.k8s.io/v1alpha1", spec=_SPEC)
CLUSTER_WIDE = manifest("ClusterNetworkPolicy", "c", api="policy.networking.k8s.io/v1alpha2",
                        spec={**_SPEC, "tier": "Admin"})  # fmt: skip
TIER = calico("Tier", "sec", order=1)
STAGED = calico("StagedNetworkPolicy", "s", "shop", types=["Ingress"])
PLAIN = calico("NetworkPolicy", "p", "shop", types=["Egress"], egress=[{"action": "Allow"}])
# What is there, for which version, whether staged policies count, which kinds are named, and what becomes of a flow.
ROWS: list[tuple[str, list[Manifest], Version, Staged, list[str], str]] = [
    ("an admin policy today", [ADMIN], NEW, Staged.IGNORED, ["AdminNetworkPolicy"], "allow"),
    ("when it was read", [ADMIN], BETWEEN, Staged.IGNORED, [], "deny"),
    ("before it was", [ADMIN], BEFORE, Staged.IGNORED, ["AdminNetworkPolicy"], "allow"),
    ("a cluster policy too early", [CLUSTER_WIDE], BETWEEN, Staged.IGNORED, ["ClusterNetworkPolicy"], "allow"),
    ("and in time", [CLUSTER_WIDE], NEW, Staged.IGNORED, [], "deny"),
    ("a tier before tiers", [TIER], BEFORE, Staged.IGNORED, ["Tier"], "allow"),
    ("a staged policy has no effect anyway", [STAGED], BEFORE, Staged.IGNORED, [], "allow"),
    ("as if it were promoted", [STAGED], BEFORE, Staged.ENFORCED, ["StagedNetworkPolicy"], "allow"),
    ("and it is", [STAGED], BETWEEN, Staged.ENFORCED, [], "deny"),
    ("others", [PLAIN], BEFORE, Staged.IGNORED, [], "allow"),
]  # fmt: skip


def check_row(row: tuple[str, list[Manifest], Version, Staged, list[str], str]) -> None:
    _, objects, version, staged, kinds, said = row
    snapshot = snapshot_of([*CLUSTER, *objects])
    engine = Engine(snapshot, Environment(version=version, staged=staged))
    told = [item.summary for item in find_ignored_kinds(engine, snapshot)]
    assert len(told) == len(kinds)
    for kind, summary in zip(kinds, told, strict=True):
        assert f"Calico {version.minor_text} does not read {kind}:" in summary
    assert ask(engine, "shop/web", "shop/db", packet()).verdict == said


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_row(row: tuple[str, list[Manifest], Version, Staged, list[str], str]) -> None:
    check_row(row)


def test_many_are_counted_and_some_named() -> None:
    many = [{**ADMIN, "metadata": {"name": f"p{number}"}} for number in range(9)]
    snapshot = snapshot_of([*CLUSTER, *many])
    (found,) = find_ignored_kinds(Engine(snapshot), snapshot)
    assert "as if p0, p1, p2, p3, p4, p5 and 3 more were not there" in found.summary


@pytest.mark.parametrize("words", [("explain", "shop/web", "shop/db:80"), ("reach",)])
def test_commands_say_it(words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "live.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [*CLUSTER, ADMIN]}))
    assert run_command([*words, "--live", str(path)]) == 0
    assert "RF5202" in capsys.readouterr().err
    assert run_command([*words, "--live", str(path), "--calico", "3.30"]) == 0
    assert "RF5202" not in capsys.readouterr().err


def check_all() -> None:
    for row in ROWS:
        check_row(row)


def test_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ignored_kinds, "knows_kind", lambda version, kind: True)
    with pytest.raises(AssertionError):
        check_all()
