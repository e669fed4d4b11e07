"""`make demo` does what its golden transcript says; the target itself only sets up and calls this."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cli.calling import ROOT


def test_the_demo_passes_and_leaves_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = subprocess.run(
        [sys.executable, "scripts/demo.py", str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert str(folder) in done.stdout
    assert any(folder.iterdir())
