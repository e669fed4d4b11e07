"""One `ringfence explain` over a directory of 1,000 services, beside the reading of the same files.

Three whole processes, each the best of three: the command; one that reads the directory as every command does and ends;
one that only runs PyYAML's C loader over it. The flow is one that is allowed, and its verdict is looked at.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.drawn.cluster import Cluster, draw_cluster, write_states
from benchmarks.drawn.processes import OUR_READING, READER, Run, best_in_turn
from benchmarks.drawn.table import write_table

SERVICES: Final = 1000
GOAL: Final = 1.5


def some_flow(cluster: Cluster) -> tuple[str, str]:
    """Return a caller and a called service with its port, which a policy of each lets through."""
    for caller, called in sorted(cluster.after):
        ends = cluster.services[caller], cluster.services[called]
        if all(end.covered for end in ends):
            source, destination = (cluster.pods(end)[0] for end in ends)
            return source, f"{destination}:{ends[1].ports[0]}"
    raise SystemExit("no two services with policies call each other")


def main() -> int:
    cluster = draw_cluster(SERVICES)
    with tempfile.TemporaryDirectory() as place:
        folder = str(write_states(cluster, Path(place))[1])
        program = str(Path(sys.executable).parent / "ringfence")
        command = [program, "explain", *some_flow(cluster), "--live", folder, "--complete", "--format", "json"]
        readings = [[sys.executable, "-c", code, folder] for code in (READER, OUR_READING)]
        loader, reading, explaining = best_in_turn([*readings, command])
    check(explaining)
    ratios = [explaining.cpu / other.cpu for other in (reading, loader)]
    head = ["services", "pods", "explain (s)", "our reading (s)", "ratio", "only PyYAML's C loader (s)", "ratio"]
    row = [f"{SERVICES:,}", f"{SERVICES * cluster.replicas:,}", f"{explaining.cpu:.2f}", f"{reading.cpu:.2f}"]
    row += [f"{ratios[0]:.2f}", f"{loader.cpu:.2f}", f"{ratios[1]:.2f}"]
    notes = [
        "CPU seconds of whole processes, the best of three, run in turn.",
        f"Goal: up to {GOAL} times the reading.",
    ]
    write_table("explain", "Explaining one flow", head, [row], notes, keep="--quick" not in sys.argv)
    return 0 if max(ratios) <= GOAL else 1


def check(run: Run) -> None:
    """Hold the verdict against what was drawn; SystemExit where it is another."""
    verdict = json.loads(run.output)["verdict"]
    if verdict != "allow":
        raise SystemExit(f"wrong answer: {verdict}")


if __name__ == "__main__":
    raise SystemExit(main())
