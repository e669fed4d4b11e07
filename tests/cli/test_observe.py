"""`ringfence plan --observe` as a user calls it: the plan, its file, and the calls that say nothing together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.calling import ROOT, call

EXAMPLE = ["examples/two-tier/intent.yaml", "--live", "examples/two-tier/live", "--complete", "--as-of", "2026-11-01"]


def test_it_ends_before_the_cut_over_and_saves_what_is_observed(tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    done = call("plan", *EXAMPLE, "--observe", "--observe-until", "2026-12-01", "-o", str(saved), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "enforces nothing, what the set would drop is logged" in done.stdout
    assert "Cut over" not in done.stdout
    plan = json.loads(saved.read_text(encoding="utf-8"))["plan"]
    ways = [(item["namespace"], item["direction"], item["until"]) for item in plan["observing"]["ways"]]
    assert ways == [("notes", "Egress", "2026-12-01"), ("notes", "Ingress", "2026-12-01")]
    shown = call("plan", "show", str(saved), cwd=ROOT)
    assert "journalctl -k -g 'calico-packet'" in " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--observe", "--to", "none"], "--to none"),
        (["--observe", "--accept", "NetworkPolicy/a/b"], "--accept"),
        (["--observe-until", "2026-12-01"], "without --observe"),
        (["--observe", "--observe-until", "soon"], "is no date"),
        (["--observe-as", "staged"], "goes with --observe"),
        (["--observe", "--observe-as", "staged", "--observe-until", "2026-12-01"], "--observe-until"),
    ],
)
def test_what_says_nothing_together_is_a_wrong_call(options: list[str], word: str) -> None:
    done = call("plan", *EXAMPLE, *options, cwd=ROOT)
    assert done.returncode == 2
    assert word in " ".join(done.stderr.split())


def test_staged_policies_are_the_other_form() -> None:
    done = call("plan", *EXAMPLE, "--observe", "--observe-as", "staged", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "what the set would drop is previewed" in done.stdout
    assert "StagedNetworkPolicy notes/ringfence.web" in done.stdout


def test_where_nothing_is_logged_it_is_refused_with_the_reason(tmp_path: Path) -> None:
    felix = tmp_path / "felix.yaml"
    head = "apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\n"
    felix.write_text(f"{head}spec: {{bpfEnabled: true}}\n")
    done = call("plan", *EXAMPLE, "--live", str(felix), "--observe", cwd=ROOT)
    assert done.returncode == 3
    assert "RF8040" in done.stderr
    assert "eBPF" in done.stderr
