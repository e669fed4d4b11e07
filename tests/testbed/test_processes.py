"""Servers do not outlive who started them, and where they cannot be built that is said in one line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.testbed.build import ROOT

STARTS = """
import sys, time
from pathlib import Path
from tests.testbed.processes import Process
print(Process(["sleep", "60"], Path(sys.argv[1])).pid, flush=True)
time.sleep(60)
"""


def test_a_server_dies_with_a_killed_test_run(tmp_path: Path) -> None:
    call = [sys.executable, "-c", STARTS, str(tmp_path / "log")]
    with subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        server = int(run.stdout.readline())
        os.kill(server, 0)
        run.kill()
    until = time.monotonic() + 5
    while _runs(server) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(server)


def _runs(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_without_go_it_is_an_error_in_ci_alone(ci: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.testbed.build"],
        cwd=ROOT,
        env={**os.environ, "PATH": "/nowhere", "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert done.stderr == (
        "the API server of the tests needs Go 1.26 or newer to be built; there is no `go`;"
        " tests against a real API server are skipped\n"
    )


def test_without_go_the_judges_are_left_out_and_the_run_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "tests/judge"],
        cwd=ROOT,
        env={**os.environ, "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5, done.stdout + done.stderr  # pytest's code for a run without tests
    said = "tests/judge, which need Calico's own validator, were left out: Calico's validator of the tests needs Go"
    assert said in done.stdout
