"""For which version and dataplane expectations are judged, and that a report says so where no vector covers it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.cli import validated
from generator.cli.main import run_command
from generator.snapshot.model import SEEN
from generator.snapshot.store import write_snapshot
from tests.reach.small_world import CLUSTER, Manifest, calico, kubernetes, snapshot_of

REMARK = "Calico 3.31: by reference, not by vectors"
# Landmine L1: which of the two is asked first changed at 3.32.
TIE = (
    calico("GlobalNetworkPolicy", "default-deny", order=1000, types=["Ingress"], ingress=[{"action": "Deny"}]),
    kubernetes("allow-web", "shop", policyTypes=["Ingress"], ingress=[{}]),
)
EXPECT = (
    "expect: {must: [{from: {namespace: shop, select: {app: web}}, "
    "to: {namespace: shop, select: {app: db}}, ports: [80]}]}\n"
)


def live(folder: Path, *objects: Manifest, version: str = "") -> list[str]:
    """Write a saved snapshot, as of a cluster of a version where one is named, and expectations; return the options."""
    snapshot = snapshot_of([*CLUSTER, *TIE, *objects])
    if version:
        snapshot = replace(snapshot, extra={**snapshot.extra, SEEN: {"calico": version}})
    (folder / "live.json").write_text(write_snapshot(snapshot), encoding="utf-8")
    (folder / "expect.yaml").write_text(EXPECT, encoding="utf-8")
    return ["--live", str(folder / "live.json"), "--expect", str(folder / "expect.yaml")]


def run(capsys: pytest.CaptureFixture[str], *call: str) -> str:
    run_command(["validate", *call])
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], *call: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(capsys, *call, "--format", "json"))
    return found


@pytest.mark.parametrize(("version", "outcome"), [("", "holds"), ("v3.32.1", "holds"), ("v3.31.3", "violated")])
def test_the_version_of_the_cluster_decides(
    version: str, outcome: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check_version(tmp_path, capsys, version, outcome)


def check_version(tmp_path: Path, capsys: pytest.CaptureFixture[str], version: str, outcome: str) -> None:
    found = data(capsys, *live(tmp_path, version=version))
    assert found["expectations"][0]["now"]["outcome"] == outcome
    assert found["judgedFor"]["byVectors"] is (version != "v3.31.3")


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_a_report_says_that_no_vector_covers_it(
    format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert REMARK not in run(capsys, *live(tmp_path), "--format", format)
    assert REMARK in run(capsys, *live(tmp_path, version="v3.31.3"), "--format", format)


def test_the_dataplane_of_the_cluster_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = live(tmp_path, calico("FelixConfiguration", "default", bpfEnabled=True))
    assert "Calico 3.32 with eBPF: by reference" in run(capsys, *here)
    assert data(capsys, *here)["judgedFor"]["dataplane"] == "eBPF"


def test_nothing_judged_is_for_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "intent.yaml").write_text(
        "{version: 1, name: shop, platform: generic, namespace: shop, services: {web: {ports: [8080]}}}\n"
    )
    assert data(capsys, str(tmp_path / "intent.yaml"))["judgedFor"] is None


def test_a_version_that_is_not_read_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validated, "parse_version", lambda _: validated.NEWEST)
    with pytest.raises(AssertionError):
        check_version(tmp_path, capsys, "v3.31.3", "violated")
