"""Calling the command line as a user does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def environment(**more: str) -> dict[str, str]:
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RINGFENCE_DEBUG", "NO_COLOR", "TERM", "PYTHON", "LC_", "LANG", "COLUMNS"))
    }
    return {**plain, "PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "80", **more}


def call(
    *arguments: str, cwd: Path = ROOT, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "ringfence"), *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env=env or environment(),
        check=False,
    )


def transcript(*arguments: str, cwd: Path = ROOT, stdin: str = "") -> str:
    """Return what a user sees: the call, standard output, standard error, the exit code."""
    done = call(*arguments, cwd=cwd, stdin=stdin)
    shown = " ".join(arguments)
    text = f"$ ringfence {shown}\n{done.stdout}"
    if done.stderr:
        text += "--- standard error\n" + done.stderr
    return text + f"--- exit code {done.returncode}\n"
