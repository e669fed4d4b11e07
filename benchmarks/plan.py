"""How long a migration takes to be planned and proven, the way back from every step too, and how that grows.

Every service needs five others, drawn at random with a fixed seed, over fifty namespaces on three nodes, three pods
each; the cluster is open before. Each row is one cold process of `ringfence plan`, reading, rendering and writing
included, beside a process that only reads the same files with PyYAML's C loader; of the size of the goal it is the best
of three, for what disturbs a process only adds to it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.drawn.processes import READER, best_of_three, run
from benchmarks.drawn.table import exponent, write_table
from benchmarks.render import NAMESPACES, write_intent

SIZES = (500, 1000, 2000, 5000)
GOAL_SIZE, GOAL_SECONDS = 1000, 10.0
PARTIAL = "partial"  # beside "whole"
LARGEST_PARTIAL = 2000
PARTIAL_GOAL = 2.0  # of a partial snapshot to a whole one
REPLICAS = 3
NODES = 3


def write_live(services: int) -> str:
    """Return the cluster as JSON documents, which every YAML reader takes: namespaces, nodes, pods."""
    objects: list[dict[str, object]] = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": f"team-{number}", "labels": {"kubernetes.io/metadata.name": f"team-{number}"}},
        }
        for number in range(NAMESPACES)
    ]
    objects += [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"n{number}"},
            "status": {"addresses": [{"type": "InternalIP", "address": f"192.168.0.{number + 1}"}]},
        }
        for number in range(NODES)
    ]
    for number in range(services * REPLICAS):
        service, replica = divmod(number, REPLICAS)
        address = f"10.{64 + number // 65536}.{number // 256 % 256}.{number % 256}"
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"s{service}-{replica}",
                    "namespace": f"team-{service % NAMESPACES}",
                    "labels": {"app": f"s{service}"},
                },
                "spec": {"nodeName": f"n{number % NODES}", "containers": [{"name": "main", "image": "example"}]},
                "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
            }
        )
    return "\n---\n".join(json.dumps(item) for item in objects) + "\n"


def write_manifests(services: int) -> str:
    """Return the services as somebody keeps them in a repository: a Deployment each, and nothing else."""
    objects: list[dict[str, object]] = []
    for service in range(services):
        labels = {"app": f"s{service}"}
        pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "example"}]}}
        objects.append(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": f"s{service}", "namespace": f"team-{service % NAMESPACES}"},
                "spec": {"replicas": REPLICAS, "selector": {"matchLabels": labels}, "template": pods},
            }
        )
    return "\n---\n".join(json.dumps(item) for item in objects) + "\n"


def measure(services: int, layout: str, folder: Path, *, partial: bool = False) -> tuple[float, float, int, str]:
    """Return CPU seconds of planning and of only reading, the steps, and how the plan was proven."""
    intent = folder / f"intent-{services}-{layout}.yaml"
    intent.write_text(f"{write_intent(services)}layout: {layout}\n")
    live = folder / f"{'manifests' if partial else 'live'}-{services}"
    live.mkdir(exist_ok=True)
    (live / "cluster.yaml").write_text(write_manifests(services) if partial else write_live(services))
    saved = folder / "plan.json"
    command = str(Path(sys.executable).parent / "ringfence")
    options = (*(() if partial else ("--complete",)), "--as-of", "2026-01-01", "-o", str(saved))
    once_or_thrice = best_of_three if services == GOAL_SIZE else run
    done = once_or_thrice([command, "plan", str(intent), "--live", str(live), *options])
    reading = run([sys.executable, "-c", READER, str(live)])
    plan = json.loads(saved.read_text())["plan"]
    return done.cpu, reading.cpu, len(plan["steps"]), plan["proof"]["method"]


def show(key: tuple[str, str, int], measured: tuple[float, float, int, str]) -> tuple[str, ...]:
    """Return a row of the table; every plan has to be proven whole."""
    layout, snapshot, services = key
    planning, reading, steps, method = measured
    assert method == "every-state", method
    times = (f"{planning:.1f}", f"{reading:.1f}", f"{planning / reading:.1f}")
    return (f"{services:,}", layout, snapshot, f"{steps:,}", *times)


def main() -> int:
    quick = "--quick" in sys.argv
    sizes = SIZES[:2] if quick else SIZES
    asked = [(layout, "whole", services) for layout in ("tiers", "single-tier") for services in sizes]
    asked += [("tiers", PARTIAL, services) for services in sizes if services <= LARGEST_PARTIAL]
    rows = []
    seconds: dict[tuple[str, str, int], float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for key in asked:
            layout, snapshot, services = key
            measured = measure(services, layout, Path(folder), partial=snapshot == PARTIAL)
            seconds[key] = measured[0]
            rows.append(show(key, measured))
            print(rows[-1], file=sys.stderr)
    growth = exponent(sizes, [seconds["tiers", "whole", services] for services in sizes])
    goal_met = all(taken <= GOAL_SECONDS for (*_, services), taken in seconds.items() if services == GOAL_SIZE)
    partial = max(taken / seconds[key[0], "whole", key[2]] for key, taken in seconds.items() if key[1] == PARTIAL)
    write_table(
        "plan",
        "Planning and proving a migration",
        ("services", "layout", "snapshot", "steps", "plan (s CPU)", "only reading (s CPU)", "ratio"),
        rows,
        [
            f"One process each; of {GOAL_SIZE:,} services the best of three.",
            f"Growth from {sizes[0]:,} to {sizes[-1]:,} services: exponent {growth:.2f}.",
            f"Goal for {GOAL_SIZE:,} services: {GOAL_SECONDS:.0f} s; {'met' if goal_met else 'missed'}.",
            f"A partial snapshot takes at most {partial:.1f} times what the whole one takes; goal: {PARTIAL_GOAL:.0f}.",
            "",
        ],
        keep=not quick,
    )
    return 0 if goal_met and partial <= PARTIAL_GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
