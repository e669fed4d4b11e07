"""What somebody new does wrong with files, as they see it: what is wrong, where, and what to do next."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.cli.main import run_command
from generator.intent import loader
from tests.cli.calling import ROOT, transcript
from tests.support.golden import check_golden

GOLDEN = Path(__file__).parent / "golden"
CALLS = [
    ("validate", "intnt.yaml"),
    ("validate", "live"),
    ("validate", "live/notes.yaml"),
    ("validate", "intent.yaml", "--live", "cluser"),
    ("validate", "intent.yaml", "--live", "elsewhere/live"),
    ("diff", "intent.yaml"),
    ("explain", "notes/web", "notes/database:5432"),
    ("explain", "notes/web", "ip:2001:db8::1:443", "--live", "live"),
    ("reach", "--new-pod", "note", "--live", "live"),
    ("plan", "show", "pla.json"),
    ("plan", "show", "intent.yaml"),
    ("apply", "pla.json"),
    ("rollback", "--yes"),
    ("init", "live", "-o", "proposed.yaml"),
    ("init", "joined.yaml"),
    ("init", "other"),
    ("init", "other/many.yaml"),
]


def a_folder(tmp_path: Path) -> Path:
    """Lay out an example with another folder, manifests that were joined without marks, and many odd documents."""
    for name in ("intent.yaml", "live"):
        source = ROOT / "examples/two-tier" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "plan.json").write_text("{}")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/many.yaml").write_text("--- {a: 1}\n" * 10)
    one = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    one += "spec: {template: {metadata: {labels: {app: a}}}}\n"
    (tmp_path / "joined.yaml").write_text(f"{one}---\n{one}{one}")
    return tmp_path


def test_what_they_see(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    check_golden(GOLDEN / "first-mistakes.txt", "\n".join(transcript(*call, cwd=folder) for call in CALLS))


def test_a_saved_plan_says_where_it_is(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    text = transcript("plan", "intent.yaml", "--live", "live", "-o", "a/plan.json", cwd=folder)
    assert "\nsaved: a/plan.json; a/plan.break-glass/ takes it back with plain kubectl commands\n" in text
    assert (folder / "a/plan.break-glass").is_dir()


def test_a_proposal_from_standard_input_or_from_two_folders_says_how_to_go_on(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    text = transcript("init", "-", "-o", "a.yaml", cwd=folder, stdin=(folder / "live/notes.yaml").read_text())
    assert "\n2 services proposed in a.yaml\n" in text
    assert "next:" not in text
    text = transcript("init", "live", "other", "-o", "my set.yaml", cwd=folder)
    assert "\nnext: ringfence validate 'my set.yaml' --live live --live other\n--- exit code 0\n" in text


def test_a_dump_that_is_no_intent_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    intent = tmp_path / "dump.yaml"
    intent.write_text("version: 1\n" + "# x\n" * 4_000_000)
    monkeypatch.setattr(loader, "read_documents", None)
    assert run_command(["validate", str(intent)]) == 2
    assert "error RF1001: the file has 16 MB, and this is read up to 16" in capsys.readouterr().err
