"""The house rules as tests: layout, lint, types, who may import whom, fresh docs, files that fit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
CODE = ("generator", "scripts", "tests", "benchmarks")


@pytest.mark.parametrize(
    "call",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--check", "--no-cache", "."),
        ("mypy",),
        ("lint-imports", "--no-cache"),
    ],
    ids=" ".join,
)
def test_tool(call: tuple[str, ...]) -> None:
    done = subprocess.run([str(BIN / call[0]), *call[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_generated_docs_are_fresh() -> None:
    # In a process of its own: other tests register codes of theirs.
    call = [sys.executable, "-m", "scripts.write_docs", "--check"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), "make docs writes them"


def _tracked(*patterns: str) -> list[Path]:
    """Return the files that belong to the repository, as git sees it or, in an export, as they lie there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def test_a_file_holds_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _tracked("generator/*.py", "scripts/*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_nothing_is_silenced_or_left_for_later() -> None:
    everywhere = ("TO" + "DO", "FIX" + "ME", "pytest.mark." + "skip", "pytest.mark." + "xfail")
    typed = ("type: " + "ignore",)  # tests hand over wrong types on purpose
    found = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in _tracked("*.py")
        for mark in (*everywhere, *(() if path.is_relative_to(ROOT / "tests") else typed))
        if mark in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_rooms_have_no_grab_bags() -> None:
    names = {"utils", "helpers", "manager", "common", "misc"}
    assert [str(path) for path in _tracked("*.py") if path.stem in names] == []


def test_the_lock_has_hashes_and_no_addresses() -> None:
    text = (ROOT / "constraints-dev.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert len(pins) > 30
    assert all(line.endswith("\\") for line in pins)


def test_the_lock_holds_all_that_is_declared() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = (ROOT / "constraints-dev.in").read_text(encoding="utf-8").splitlines()
    declared = [*project["project"]["dependencies"], *(line for line in lines if line and not line.startswith("#"))]
    text = (ROOT / "constraints-dev.txt").read_text(encoding="utf-8").lower()
    names = [line.split(";")[0].split(">")[0].split("#")[0].strip().lower() for line in declared]
    assert [name for name in names if f"\n{name}==" not in f"\n{text}"] == []


CI_TESTS = """
import pytest

def test_good():
    pass

@pytest.mark.{mark}
def test_marked():
    {body}
"""


@pytest.mark.parametrize(
    ("mark", "body", "more", "said"),
    [
        ("skip" + "(reason='x')", "pass", [], "1 skipped"),
        ("xfail" + "(reason='x')", "assert False", [], "1 xfailed"),
        ("usefixtures()", "pass", ["-k", "good"], "1 deselected"),
        ("usefixtures()", "pass", ["-k", "good", "-n", "1"], "1 deselected"),
        ("usefixtures()", "pass", [], ""),
    ],
)
def test_with_ci_nothing_may_be_left_out(tmp_path: Path, mark: str, body: str, more: list[str], said: str) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(CI_TESTS.format(mark=mark, body=body))
    for ci in ("true", ""):
        done = subprocess.run(
            [str(BIN / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", *more],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "CI": ci},
            check=False,
        )
        fails = bool(ci and said)
        assert done.returncode == (1 if fails else 0), done.stdout + done.stderr
        assert (f"CI=true: {said}; this fails the run" in done.stdout) is fails
