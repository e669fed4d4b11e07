"""Exports as a user asks for them: exit codes, what is refused and why, a folder that is replaced as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.calling import ROOT, call, environment

EXAMPLE = "examples/two-tier"
DAY = ("--as-of", "2026-11-01")
LIVE = ("--live", f"{EXAMPLE}/live", "--complete")
TOOLS = ("argo", "flux", "kubectl", "kustomize")


def plan(*more: str, intent: str = f"{EXAMPLE}/intent.yaml", live: tuple[str, ...] = LIVE) -> tuple[int, str, str]:
    done = call("plan", intent, *live, *DAY, *more)
    return done.returncode, done.stdout, done.stderr


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("tool", TOOLS)
def test_equal_input_gives_equal_bytes_and_a_saved_plan_the_same_files(tool: str, tmp_path: Path) -> None:
    code, text, _ = plan("--as", tool, "-o", str(tmp_path / "one"))
    assert code == 0
    assert f"exported to {tmp_path}/one" in text
    files = files_of(tmp_path / "one")
    assert {"README.md", "plan.json", "break-glass/break-glass.sh"} <= set(files)
    saved = str(tmp_path / "one" / "plan.json")
    cold = environment(PYTHONHASHSEED="77")
    done = call("plan", "show", saved, "--as", tool, *LIVE, "-o", str(tmp_path / "two"), env=cold)
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path / "two") == files


def test_the_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert plan("--as", "argo", "-o", str(folder))[0] == 0
    (folder / "notes.txt").write_text("theirs")
    assert plan("--as", "kubectl", "-o", str(folder))[0] == 0
    found = files_of(folder)
    assert found["notes.txt"] == b"theirs"
    assert "apply.sh" in found
    assert not [name for name in found if name.startswith(("stages/", "current/", "versions/"))]
    (folder / "apply.sh").write_text("edited")
    code, _, errors = plan("--as", "kubectl", "-o", str(folder))
    assert (code, "edited since" in errors) == (3, True)


def test_a_single_sync_is_refused_with_the_wait_and_the_flow(tmp_path: Path) -> None:
    for tool in TOOLS:
        code, text, errors = plan("--as", tool, "--single", "-o", str(tmp_path / "out"))
        assert (code, text) == (3, "")
        assert "between them stands step-" in errors
        assert "must be on every node before" in errors
        assert "cut in between" in errors
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("tool", TOOLS)
def test_a_single_sync_that_is_safe_is_one_commit(tool: str, tmp_path: Path) -> None:
    """The set is live, and one service more may call: one policy changes, and only lets more through."""
    live, intent = tmp_path / "live", tmp_path / "more.yaml"
    assert call("render", f"{EXAMPLE}/intent.yaml", *DAY, "-o", str(live / "set")).returncode == 0
    (live / "cluster").symlink_to(ROOT / EXAMPLE / "live")
    intent.write_text("services:\n  database:\n    ports: [3306, 9187]\n")
    there = ("--live", str(live), "--complete")
    code, text, errors = plan("-f", str(intent), "--as", tool, "--single", "-o", str(tmp_path / "out"), live=there)
    assert code == 0, errors
    assert "to change" in text
    plain = plan("-f", str(intent), "--format", "json", live=there)[1]
    assert json.loads(plain)["plan"]["summary"]["changed"] >= 1
    if tool == "kubectl":
        script = (tmp_path / "out" / "apply.sh").read_text()
        assert script.count('if [ "$done" -lt') == json.loads(plain)["plan"]["summary"]["changed"]
    else:
        assert len(list((tmp_path / "out" / "stages").iterdir())) == 2


def test_a_refused_plan_exports_nothing(tmp_path: Path) -> None:
    live = tmp_path / "live"
    live.mkdir()
    for path in (ROOT / EXAMPLE / "live").iterdir():
        (live / path.name).write_bytes(path.read_bytes())
    foreign = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "theirs"},
        "spec": {"order": 2000, "selector": "all()", "types": ["Ingress"], "ingress": [{"action": "Deny"}]},
    }
    (live / "theirs.yaml").write_text(json.dumps(foreign))
    there = ("--live", str(live), "--complete")
    code, text, _ = plan("--as", "argo", "-o", str(tmp_path / "out"), live=there)
    assert code == 3
    assert "exported" not in text
    assert not (tmp_path / "out").exists()


def test_a_plan_of_a_part_of_the_cluster_is_not_exported(tmp_path: Path) -> None:
    code, _, errors = plan("--as", "flux", "-o", str(tmp_path / "out"), live=("--live", f"{EXAMPLE}/live"))
    assert (code, "a part of the cluster" in errors) == (3, True)
    assert not (tmp_path / "out").exists()


def test_a_saved_plan_that_is_stale_is_not_exported(tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    assert plan("-o", str(saved))[0] == 0
    more = tmp_path / "more.yaml"
    more.write_text(
        json.dumps(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": {"name": "late", "namespace": "notes"},
                "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
            }
        )
    )
    done = call("plan", "show", str(saved), "--as", "argo", *LIVE, "--live", str(more), "-o", str(tmp_path / "out"))
    assert (done.returncode, "is stale on what is live" in done.stderr) == (3, True), done.stderr
    assert not (tmp_path / "out").exists()


def test_wrong_calls(tmp_path: Path) -> None:
    for words in (("--as", "argo"), ("--as", "argo", "-o", "-"), ("--single",), ("--as", "helm", "-o", str(tmp_path))):
        code, text, errors = plan(*words)
        assert (code, text) == (2, ""), words
        assert errors
