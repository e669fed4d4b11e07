"""A forked call is as one from cold: the same bytes and codes, its own folder and settings, and a traceback is seen."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.cli.calling import ROOT, call, environment
from tests.cli.forked import Order

CALLS = (
    (("render", "examples/two-tier/intent.yaml", "--as-of", "2026-11-01"), ROOT, 0),
    (("validate", "-"), ROOT, 2),
    (("nothing",), ROOT, 2),
    (("validate", "intent.yaml"), ROOT / "examples" / "two-tier", 0),
)
FAILING = """
import tests.cli.forked as forked

def run():
    raise RuntimeError("on purpose")

forked.run = run
forked.main()
"""


@pytest.mark.parametrize(("words", "cwd", "code"), CALLS, ids=[words[0] for words, _, _ in CALLS])
def test_it_says_what_a_process_from_cold_says(words: tuple[str, ...], cwd: Path, code: int) -> None:
    forked = call(*words, cwd=cwd, stdin="services: 1\n")
    cold = call(*words, cwd=cwd, stdin="services: 1\n", env=environment(PYTHONHASHSEED="77"))
    assert (forked.returncode, forked.stdout, forked.stderr) == (cold.returncode, cold.stdout, cold.stderr)
    assert forked.returncode == code


def test_a_traceback_is_seen(tmp_path: Path) -> None:
    (tmp_path / "stdin").touch()
    order = json.dumps(asdict(Order(["ringfence"], str(ROOT), environment(), str(tmp_path))))
    program = [sys.executable, "-c", FAILING]
    done = subprocess.run(program, cwd=ROOT, input=order + "\n", capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert "RuntimeError: on purpose" in (tmp_path / "stderr").read_text()
