"""Each stated fact against a real API server: a contradiction is a finding, and with --facts cluster there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.checks import cluster_facts
from generator.cli import target
from generator.cli.main import run_command
from tests.testbed.access import write_kubeconfig
from tests.testbed.server import ApiServer
from tests.testbed.worlds import World

_DAY = ("--as-of", "2026-01-01")
_INTENT = """
version: 1
name: shop
platform: generic
namespace: shop
layout: single-tier
services: {web: {ports: [8080], select: {app: web}, needs: [kubernetes-api]}}
"""
# What is stated wrongly, by where it is said, with a word of what the cluster shows.
_WRONG = """
calico: "3.30"
apiGroup: crd.projectcalico.org/v1
cluster:
  pods: [10.99.0.0/16]
  services: [10.98.0.0/16]
  nodes: [192.168.10.10]
  apiServer: [10.9.9.9]
  dns: [10.96.0.53]
"""
_SHOWN = {
    "calico": "3.32.1",
    "apiGroup": "projectcalico.org/v3",
    "cluster.pods": "10.244.0.0/16",
    "cluster.services": "10.96.0.0/16",
    "cluster.nodes": "192.168.10.11",
    "cluster.apiServer": "192.168.10.10",
    "cluster.dns": "10.96.0.10",
}


@pytest.fixture
def config(clean_server: ApiServer, tmp_path: Path) -> str:
    world = World(clean_server.client())
    world.write_system()
    web = {"nodeName": "worker-1", "containers": [{"name": "c", "image": "c", "ports": [{"containerPort": 8080}]}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}}, "spec": web}
    world.write([pod], "shop")
    return str(write_kubeconfig(tmp_path / "config", clean_server.endpoint))


def contradictions(
    folder: Path, config: str, capsys: pytest.CaptureFixture[str], wrong: str, *more: str
) -> dict[str, str]:
    intent = folder / "intent.yaml"
    intent.write_text(_INTENT + wrong + "\n", encoding="utf-8")
    live = ("--live", "cluster", "--kubeconfig", config, *_DAY, "--format", "json", *more)
    assert run_command(["validate", str(intent), *live]) in (0, 1)
    problems = json.loads(capsys.readouterr().out)["problems"]
    return {item["path"]: item["summary"] for item in problems if item["code"] == "RF5617"}


def test_each_contradiction_is_found_and_the_cluster_may_win(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert contradictions(tmp_path, config, capsys, "") == {}
    found = contradictions(tmp_path, config, capsys, _WRONG)
    assert set(found) == set(_SHOWN)
    assert [path for path, shown in _SHOWN.items() if shown not in found[path]] == []
    assert contradictions(tmp_path, config, capsys, _WRONG, "--facts", "cluster") == {}


def test_what_the_cluster_shows_is_what_is_rendered(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    intent, folder = tmp_path / "intent.yaml", tmp_path / "set"
    intent.write_text(_INTENT + "cluster: {nodes: [10.9.9.9], dns: [10.96.0.53]}\n", encoding="utf-8")
    call = ["render", str(intent), "--live", "cluster", "--kubeconfig", config, *_DAY, "-o", str(folder)]
    assert run_command(call) == 0
    assert "RF5617" in capsys.readouterr().err
    stated = "".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.yaml"))
    assert "10.96.0.53" in stated
    assert run_command([*call[:-1], str(tmp_path / "other"), "--facts", "cluster"]) == 0
    assert "RF5617" not in capsys.readouterr().err
    shown = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "other").rglob("*.yaml"))
    assert "10.96.0.53" not in shown
    assert "10.96.0.10" in shown


def nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "check_cluster_facts", lambda *asked: [])


def the_cluster_never_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "with_cluster_facts", lambda intent, *asked: intent)


def no_ranges_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_facts, "_all_ranges", lambda *asked: ())


CHECKS: dict[Callable[[pytest.MonkeyPatch], None], Callable[[str, Path, pytest.CaptureFixture[str]], None]] = {
    nothing_is_compared: test_each_contradiction_is_found_and_the_cluster_may_win,
    no_ranges_are_compared: test_each_contradiction_is_found_and_the_cluster_may_win,
    the_cluster_never_wins: test_what_the_cluster_shows_is_what_is_rendered,
}


@pytest.mark.parametrize("fault", CHECKS)
def test_planted_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        CHECKS[fault](config, tmp_path, capsys)
