"""Policies that decide nothing are told wherever somebody could take what they close for closed."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from generator.calico.versions import NEWEST
from generator.checks.out_of_force import check_kinds_of_policies, find_refused
from generator.cli.main import run_command
from generator.snapshot import load_snapshot
from generator.snapshot.model import Snapshot

LIVE = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop, labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
"""
POLICY = """
    apiVersion: VERSION
    kind: KIND
    metadata: {name: closed, namespace: shop}
    spec: {selector: "SELECTOR"}
"""
INTENT = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
    services:
      web: {ports: [8080]}
"""


def written(folder: Path, kind: str, version: str = "projectcalico.org/v3", selector: str = "all()") -> Path:
    policy = POLICY.replace("VERSION", version).replace("KIND", kind).replace("SELECTOR", selector)
    path = folder / "live.yaml"
    path.write_text(dedent(LIVE) + "---" + dedent(policy), encoding="utf-8")
    return path


def snapshot_of(path: Path) -> Snapshot:
    return load_snapshot([str(path)])[0]


@pytest.mark.parametrize(
    ("kind", "version", "code"),
    [
        ("NetworkPolcy", "projectcalico.org/v3", "RF5621"),
        ("GlobalNetworkPolicies", "crd.projectcalico.org/v1", "RF5621"),
        ("NetworkPolicey", "networking.k8s.io/v1", "RF5621"),
        ("CiliumClusterwideNetworkPolicy", "cilium.io/v2", "RF5622"),
        ("NetworkPolicy", "projectclaico.org/v3", "RF5622"),
    ],
)
def test_a_kind_that_nobody_enforces_is_told(kind: str, version: str, code: str, tmp_path: Path) -> None:
    found = check_kinds_of_policies(snapshot_of(written(tmp_path, kind, version)))
    assert [item.code for item in found] == [code]


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("NetworkPolicy", "projectcalico.org/v3"),
        ("NetworkPolicy", "networking.k8s.io/v1"),
        *((kind, "projectcalico.org/v3") for kind in ("BGPFilter", "IPPool", "WorkloadEndpoint", "GlobalReport")),
        ("AuthorizationPolicy", "security.istio.io/v1"),
    ],
)
def test_what_is_no_lost_policy_is_not(kind: str, version: str, tmp_path: Path) -> None:
    assert check_kinds_of_policies(snapshot_of(written(tmp_path, kind, version))) == []


def test_a_policy_that_felix_refuses_is_told_with_its_place_and_mended_is_not(tmp_path: Path) -> None:
    (found,) = find_refused(snapshot_of(written(tmp_path, "NetworkPolicy", selector="app = 1")).policies, NEWEST)
    assert found.code == "RF5623"
    assert "shop/closed" in found.summary
    assert found.place.line == 7
    assert find_refused(snapshot_of(written(tmp_path, "NetworkPolicy", selector="app == '1'")).policies, NEWEST) == []


@pytest.mark.parametrize("command", ["validate", "diff", "plan", "reach"])
def test_each_command_that_judges_tells_it(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = written(tmp_path, "NetworkPolicy", selector="app = 1")
    intent = tmp_path / "intent.yaml"
    intent.write_text(dedent(INTENT), encoding="utf-8")
    run_command([command, *([] if command == "reach" else [str(intent)]), "--live", str(live)])
    captured = capsys.readouterr()
    assert "warning RF5623: NetworkPolicy shop/closed" in captured.out + captured.err
    live = written(tmp_path, "NetworkPolcy")
    run_command([command, *([] if command == "reach" else [str(intent)]), "--live", str(live)])
    captured = capsys.readouterr()
    assert "RF5621: projectcalico.org/v3 has no kind 'NetworkPolcy'" in captured.out + captured.err


def test_a_workload_s_reach_tells_of_policies_of_its_namespace_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live = written(tmp_path, "NetworkPolicy", selector="app = 1")
    live.write_text(live.read_text().replace("name: closed, namespace: shop", "name: closed, namespace: other"))
    assert run_command(["reach", "shop/web", "--live", str(live)]) == 0
    assert "RF5623" not in capsys.readouterr().err
    assert run_command(["reach", "--live", str(live)]) == 0
    assert "RF5623" in capsys.readouterr().err


def test_an_answer_about_nobody_does_not_read_as_closed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert run_command(["reach", "--live", str(tmp_path / "empty")]) == 0
    captured = capsys.readouterr()
    assert captured.out == "there are no pods to ask about\n"
    assert "warning RF9006" in captured.err
    assert run_command(["reach", "--live", str(tmp_path / "empty"), "--format", "markdown"]) == 0
    assert capsys.readouterr().out == "### ringfence reach: there are no pods to ask about\n"
    assert run_command(["reach", "--live", str(tmp_path / "empty"), "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["reach"] == []
    assert "warning RF9006" in captured.err


def test_a_new_pod_in_a_misspelt_namespace_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["reach", "--new-pod", "shopp", "--live", str(written(tmp_path, "Tier"))]) == 0
    assert "note RF9007: namespace 'shopp'" in (said := capsys.readouterr().err)
    assert "did you mean 'shop'?" in said


@pytest.mark.parametrize("command", ["diff", "plan"])
def test_no_difference_where_nothing_of_the_intent_is_seen_does_not_read_as_safe(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live, intent = written(tmp_path, "NetworkPolicy"), tmp_path / "intent.yaml"
    intent.write_text(dedent(INTENT).replace("namespace: shop", "namespace: shoop"), encoding="utf-8")
    run_command([command, str(intent), "--live", str(live)])
    captured = capsys.readouterr()
    assert "warning RF9008: what is live holds no pods of 'shoop'" in captured.out + captured.err
    more = dedent(INTENT) + "  api: {namespace: shoop, ports: [80]}\n"
    intent.write_text(more, encoding="utf-8")
    run_command([command, str(intent), "--live", str(live)])
    captured = capsys.readouterr()
    assert "note RF9008: what is live holds no pods of 'shoop'" in captured.out + captured.err
    intent.write_text(dedent(INTENT), encoding="utf-8")
    run_command([command, str(intent), "--live", str(live)])
    captured = capsys.readouterr()
    assert "RF9008" not in captured.out + captured.err
