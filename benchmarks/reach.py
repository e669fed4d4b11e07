"""One `ringfence reach` for one workload over 14,000 Kubernetes policies in 1,400 namespaces.

Beside the command, each the best of three: a process that reads the directory as every command does and ends, and one
that only runs PyYAML's C loader over it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.drawn.many_namespaces import NAMESPACES, POLICIES, write_many_namespaces
from benchmarks.drawn.processes import OUR_READING, READER, best_in_turn
from benchmarks.drawn.table import write_table

GOAL_SECONDS: Final = 1.0  # beyond the reading


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "live"
        workload = write_many_namespaces(folder)
        program = str(Path(sys.executable).parent / "ringfence")
        loader, reading, asking = best_in_turn(
            [
                [sys.executable, "-c", READER, str(folder)],
                [sys.executable, "-c", OUR_READING, str(folder)],
                [program, "reach", workload, "--live", str(folder), "--complete", "--format", "json"],
            ]
        )
    rows = json.loads(asking.output)["reach"]
    if not any(workload in row["destinations"] for row in rows):
        raise SystemExit(f"wrong answer: nobody reaches {workload}")
    more = [asking.cpu - other.cpu for other in (reading, loader)]
    head = ["policies", "namespaces", "reach of one (s)", "our reading (s)", "more (s)"]
    head += ["only PyYAML's C loader (s)", "more (s)"]
    row = [f"{NAMESPACES * POLICIES:,}", f"{NAMESPACES:,}", f"{asking.cpu:.2f}", f"{reading.cpu:.2f}"]
    row += [f"{more[0]:.2f}", f"{loader.cpu:.2f}", f"{more[1]:.2f}"]
    notes = [
        "CPU seconds of whole processes, the best of three, run in turn.",
        f"Goal: the reading and {GOAL_SECONDS:.0f} s more.",
    ]
    write_table("reach", "Who can reach one workload", head, [row], notes, keep="--quick" not in sys.argv)
    return 0 if max(more) <= GOAL_SECONDS else 1


if __name__ == "__main__":
    raise SystemExit(main())
