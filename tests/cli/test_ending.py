"""A process that holds a large cluster ends at once, and still does all that is to be done at the end."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys, threading
from generator.cli.ending import end_process, hold
class Large:
    def __del__(self):
        print("taken apart")
atexit.register(print, "closed")
{before}
sys.stdout.write("answer\\n")
end_process(3)
"""


def run(before: str) -> tuple[int, list[str]]:
    call = [sys.executable, "-c", PROGRAM.format(before=before)]
    done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_what_is_held_is_not_taken_apart() -> None:
    assert run("hold(Large())") == (3, ["answer", "closed"])


def test_without_it_the_process_ends_as_any_other() -> None:
    assert run("found = Large()") == (3, ["answer", "closed", "taken apart"])


def test_the_next_command_takes_the_place_of_the_one_before() -> None:
    assert run("hold(Large()); hold(1)") == (3, ["taken apart", "answer", "closed"])


@pytest.mark.parametrize("held", ["hold(1)", "pass"])
def test_other_threads_are_waited_for(held: str) -> None:
    thread = "threading.Thread(target=lambda: (threading.Event().wait(0.2), print('written'))).start()"
    code, lines = run(f"{held}; {thread}")
    assert code == 3
    assert set(lines) == {"answer", "written", "closed"}
