"""The main job on examples/online-boutique, as `make demo` runs it: render, diff, plan, each checked.

What it leaves lies in the folder that it is given: the policy set, the diff, the plan. The transcript is compared with
`examples/online-boutique/demo.txt`; UPDATE_GOLDEN=1 writes that anew.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
EXAMPLE: Final = "examples/online-boutique"
INTENT: Final = f"{EXAMPLE}/intent.yaml"
LIVE: Final = ("--live", f"{EXAMPLE}/live")
DAY: Final = ("--as-of", "2026-11-01")  # exceptions expire; the demo must not change with the calendar


def steps(folder: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return the calls and the exit code that each must give."""
    return [
        (0, ("render", INTENT, *DAY, "-o", f"{folder}/policies")),
        (1, ("diff", INTENT, *LIVE, *DAY)),
        (1, ("diff", INTENT, *LIVE, *DAY, "--format", "markdown", "-o", f"{folder}/diff.md")),
        (0, ("plan", INTENT, *LIVE, *DAY, "-o", f"{folder}/plan.json")),
        (0, ("plan", "show", f"{folder}/plan.json")),
    ]


def main(arguments: list[str]) -> int:
    """Run the steps, show them, and return 1 where a code or the transcript is not as expected."""
    folder = arguments[0] if arguments else "build/demo"
    (ROOT / folder).mkdir(parents=True, exist_ok=True)
    transcript = ""
    for expected, call in steps(folder):
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            [sys.executable, "-m", "generator.cli", *call],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
            check=False,
        )
        shown = f"$ ringfence {' '.join(call)}\n{done.stdout}{done.stderr}"
        sys.stdout.write(shown + "\n")
        if done.returncode != expected:
            sys.stdout.write(f"exit code {done.returncode}, expected {expected}\n")
            return 1
        transcript += f"{shown}# exit code {done.returncode}\n\n"
    if not _as_expected(transcript.replace(folder, "build/demo")):
        return 1
    sys.stdout.write(f"as expected; the policies, the diff and the plan lie in {folder}\n")
    return 0


def _as_expected(transcript: str) -> bool:
    golden = ROOT / EXAMPLE / "demo.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(transcript, encoding="utf-8")
    expected = golden.read_text(encoding="utf-8")
    lines = difflib.unified_diff(
        expected.splitlines(), transcript.splitlines(), f"{EXAMPLE}/demo.txt", "this run", lineterm=""
    )
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return transcript == expected


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
