"""The flows that differ between two states of a cluster: a whole cold process, beside one that only reads the files.

The yardstick is a process that runs PyYAML's C loader over both folders and nothing else. Ours reads both, compares,
groups, and replays a flow of each group in both states. The answer is held against what was drawn, pair by pair. Each
row is one run of both, one after the other. With `--quick` only the smallest size is run.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.drawn.cluster import draw_cluster, write_states
from benchmarks.drawn.processes import COMPARER, READER, run_python
from benchmarks.drawn.table import exponent, write_table
from benchmarks.drawn.truth import check, read_answer, true_differences

SIZES: Final = (1000, 2000, 5000, 10000)
GOAL_RATIO: Final = 2.0
GOAL_EXPONENT: Final = 1.15
GOAL_MEGABYTES: Final = 1500


@dataclass(frozen=True, slots=True)
class Measured:
    """One size."""

    services: int
    policies: int
    pods: int
    groups: int
    reading: float
    whole: float
    objects: float
    megabytes: int

    @property
    def ratio(self) -> float:
        """Return how many times the reading the whole takes."""
        return self.whole / self.reading

    def row(self) -> list[str]:
        """Return the row of the table."""
        counts = [f"{count:,}" for count in (self.services, self.policies, self.pods, self.groups)]
        seconds = [f"{self.reading:.2f}", f"{self.whole:.2f}", f"{self.ratio:.2f}", f"{self.objects:.2f}"]
        return [*counts, *seconds, f"{self.megabytes:,}"]


def measure(services: int) -> Measured:
    cluster = draw_cluster(services)
    with tempfile.TemporaryDirectory() as place:
        folders = [str(folder) for folder in write_states(cluster, Path(place))]
        policies = (Path(folders[1]) / "cluster.yaml").read_text().count("NetworkPolicy\nmetadata")
        reading = run_python(READER, *folders)
        whole = run_python(COMPARER, *folders)
    answer = json.loads(whole.output)
    check(read_answer(cluster, answer["groups"]), true_differences(cluster), "ringfence")
    return Measured(
        services=services,
        policies=policies,
        pods=services * cluster.replicas,
        groups=len(answer["groups"]),
        reading=reading.cpu,
        whole=whole.cpu,
        objects=answer["seconds"],
        megabytes=answer["megabytes"],
    )


def main() -> int:
    quick = "--quick" in sys.argv
    found = [measure(size) for size in (SIZES[:1] if quick else SIZES)]
    head = ["services", "policies", "pods", "groups", "only reading (s)", "whole process (s)", "ratio"]
    head += ["from objects (s)", "MB"]
    notes = ["CPU seconds of whole processes; each row is one run, the answer equal to what was drawn."]
    met = True
    if not quick:
        grown = exponent([item.services for item in found], [item.whole for item in found])
        engine = exponent([item.services for item in found], [item.objects for item in found])
        notes.append(f"Growth: exponent {grown:.2f} for the whole process, {engine:.2f} from objects.")
        notes.append(
            f"Goals at {SIZES[-1]:,}: ratio up to {GOAL_RATIO:.0f}, up to {GOAL_MEGABYTES:,} MB; "
            f"exponent of the whole process below {GOAL_EXPONENT}."
        )
        last = found[-1]
        met = last.ratio <= GOAL_RATIO and last.megabytes <= GOAL_MEGABYTES and grown < GOAL_EXPONENT
    write_table("differential", "Difference of two states", head, [item.row() for item in found], notes, keep=not quick)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
