"""What the installed programs call: a stop while they are still being loaded is answered like any other."""

from __future__ import annotations

import sys


def run() -> None:
    """Load the command line and run it; imports nothing itself, so that little can be interrupted outside of it."""
    try:
        from generator.cli.main import run as run_program

        run_program()
    except KeyboardInterrupt:
        sys.stderr.write("error RF9003: stopped\n")
        sys.exit(3)
