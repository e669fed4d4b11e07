"""Calling the command line as a user does, in a process of its own."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cli.forked import Order

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
    """Call it in a process that is forked; in one that begins from cold where the environment speaks to Python."""
    words, env = [str(BIN / "ringfence"), *arguments], env or environment()
    if any(name.startswith(("PYTHON", "LC_", "LANG")) for name in env):
        return subprocess.run(words, cwd=cwd, input=stdin, capture_output=True, encoding="utf-8", env=env, check=False)
    with TemporaryDirectory(prefix="ringfence-call-") as name:
        folder = Path(name)
        (folder / "stdin").write_bytes(stdin.encode())
        code = _forking().ask(Order(words, str(cwd), env, name))
        out, err = ((folder / stream).read_bytes().decode() for stream in ("stdout", "stderr"))
    return subprocess.CompletedProcess(words, code, out, err)


class _Forking:
    """The process that forks; it ends when its standard input does."""

    def __init__(self) -> None:
        program = [sys.executable, "-m", "tests.cli.forked"]
        pipe = subprocess.PIPE
        self._running = subprocess.Popen(program, cwd=ROOT, env=environment(), stdin=pipe, stdout=pipe, text=True)

    def ask(self, order: Order) -> int:
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        self._running.stdin.write(json.dumps(asdict(order)) + "\n")
        self._running.stdin.flush()
        return int(self._running.stdout.readline())

    def end(self) -> None:
        self._running.communicate()


@cache
def _forking() -> _Forking:
    forking = _Forking()
    atexit.register(forking.end)
    return forking


def transcript(*arguments: str, cwd: Path = ROOT, stdin: str = "") -> str:
    """Return what a user sees: the call, standard output, standard error, the exit code."""
    done = call(*arguments, cwd=cwd, stdin=stdin)
    shown = " ".join(arguments)
    text = f"$ ringfence {shown}\n{done.stdout}"
    if done.stderr:
        text += "--- standard error\n" + done.stderr
    return text + f"--- exit code {done.returncode}\n"
