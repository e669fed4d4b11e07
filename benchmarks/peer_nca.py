"""The exact difference of two states of a cluster, beside network-config-analyzer 2.1.0 on the same files.

Two comparisons for each size. *From objects*: CPU from both states loaded to the finished difference, grouped and, for
ours, with a flow of each group replayed in both states; the peer's own functions are timed inside its own process,
after its policies have worked out their connections. *Whole processes*: from start to end, files read. Both answers
are held against what was drawn, pair by pair; nodes are left out for the peer, which knows none.

The peer lives in an environment of its own, made on first use under build/. With `--quick` only 50 services are run.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import venv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.drawn.cluster import Cluster, draw_cluster, write_states
from benchmarks.drawn.processes import COMPARER, run, run_python
from benchmarks.drawn.table import write_table
from benchmarks.drawn.truth import Difference, check, packets_to, read_answer, true_differences

PEER: Final = "network-config-analyzer==2.1.0"
SIZES: Final = (50, 100, 200)
RUNS: Final = 3  # of ours, the best counts: a tenth of a second is soon disturbed
GOAL_OBJECTS: Final = 1000
GOAL_PROCESSES: Final = 50
ROOT: Final = Path(__file__).parent.parent
DRIVER: Final = Path(__file__).parent / "drawn" / "nca_driver.py"
_PORT: Final = re.compile(r"\{'protocols': 'TCP', 'dst_ports': '([0-9,-]+)'\}")


def peer_python() -> str:
    """Return the Python of the peer's environment, which is made where it is not there."""
    folder = ROOT / "build" / "peer-nca"
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        venv.create(folder, with_pip=True, clear=True)
        run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER])
        ready.touch()
    return str(python)


def read_peer(cluster: Cluster, groups: Iterable[Mapping[str, Any]]) -> set[Difference]:
    """Return the peer's answer by service; SystemExit where replicas do not fare alike."""
    service_of = {pod: service.number for service in cluster.services for pod in cluster.pods(service)}
    pods: dict[Difference, set[tuple[str, str]]] = {}
    for group in groups:
        packets = _packets(group["packets"])
        for source in group["sources"]:
            for destination in group["destinations"]:
                ends = service_of.get(source, "outside"), service_of.get(destination, "outside")
                pods.setdefault((group["kind"], *ends, packets), set()).add((source, destination))
    for (_, source, destination, _), pairs in pods.items():
        # A pod's traffic to itself is left out by the peer.
        due = 1 if "outside" in (source, destination) else cluster.replicas
        whole = due * cluster.replicas - (cluster.replicas if source == destination else 0)
        if len({pair for pair in pairs if pair[0] != pair[1]}) != whole:
            raise SystemExit(f"peer: {len(pairs)} of {whole} pairs of pods from {source} to {destination}")
    return set(pods)


def _packets(text: str) -> str:
    found = _PORT.fullmatch(text)
    if found is None:
        return "all" if text == "All connections" else text
    ranges = [part.partition("-") for part in found[1].split(",")]
    return packets_to(port for low, _, high in ranges for port in range(int(low), int(high or low) + 1))


def measure(services: int) -> list[str]:
    cluster = draw_cluster(services)
    truth = true_differences(cluster)
    with tempfile.TemporaryDirectory() as place:
        folders = [str(folder) for folder in write_states(cluster, Path(place))]
        ours = min((run_python(COMPARER, *folders) for _ in range(RUNS)), key=lambda one: one.cpu)
        theirs = run([peer_python(), str(DRIVER), *folders])
    own = json.loads(ours.output)
    peer = json.loads(theirs.output.rpartition("RESULT ")[2])
    check(read_answer(cluster, own["groups"]), truth, "ringfence")
    check(
        read_peer(cluster, peer["groups"]),
        {item for item in truth if not {"nodes", "own node"} & set(item[1:3])},
        "peer",
    )
    return [
        f"{services:,}",
        f"{services * cluster.replicas:,}",
        f"{len(own['groups'])}",
        f"{own['seconds']:.3f}",
        f"{peer['seconds']:.1f}",
        f"{peer['seconds'] / own['seconds']:,.0f}",
        f"{ours.cpu:.2f}",
        f"{theirs.cpu:.1f}",
        f"{theirs.cpu / ours.cpu:,.0f}",
    ]


def main() -> int:
    quick = "--quick" in sys.argv
    rows = [measure(size) for size in (SIZES[:1] if quick else SIZES)]
    head = ["services", "pods", "groups", "ours, objects (s)", "peer, objects (s)", "ratio"]
    head += ["ours, process (s)", "peer, process (s)", "ratio"]
    objects, processes = (float(rows[-1][column].replace(",", "")) for column in (5, 8))
    notes = [
        "CPU seconds; each row is one run of the peer and the best of three of ours, on the same files.",
        "Both answers are equal to what was drawn.",
        f"Goals at {SIZES[-1]} services: {GOAL_OBJECTS:,} times from objects, {GOAL_PROCESSES} times as processes.",
        f"Peer: {PEER} from PyPI.",
    ]
    write_table("peer_nca", "Beside network-config-analyzer", head, rows, notes, keep=not quick)
    return 0 if quick or (objects >= GOAL_OBJECTS and processes >= GOAL_PROCESSES) else 1


if __name__ == "__main__":
    raise SystemExit(main())
