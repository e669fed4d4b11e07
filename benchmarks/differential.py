"""How long the exact difference of two clusters takes, against reading their files, and how it grows.

Two folders of manifests are written for each size: three pods a service over twenty nodes, policies for five callers of
each service drawn at random. The second folder lacks one hundredth of the edges and has as many new ones, and the
default deny is new in it. Each figure is CPU seconds of a whole cold process: one that reads both folders with PyYAML's
C loader, and one that reads them, compares, groups and replays. The answer is checked against the edges that were
drawn. With `--quick` only the smallest size is run.
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

SIZES = (500, 1000, 2000, 4000)
RESULTS = Path(__file__).parent / "results" / "differential.md"
READER = (
    "import sys, yaml, pathlib\n"
    "for folder in sys.argv[1:]:\n"
    "    for path in sorted(pathlib.Path(folder).glob('*.yaml')):\n"
    "        list(yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader))\n"
)
COMPARER = """
import json, sys, time, resource
from generator.packets.printing import describe_transport
from generator.reach.differential import Differential
from generator.reach.engine import Engine
from generator.reach.flow_changes import find_flow_changes
from generator.snapshot import load_snapshot
snapshots = [load_snapshot([folder], complete=True)[0] for folder in sys.argv[1:]]
start = time.process_time()
engines = [Engine(snapshot) for snapshot in snapshots]
changes = find_flow_changes(*engines, families=(4,))
taken = time.process_time() - start
edges = [
    (source, destination)
    for change in changes
    if change.kind == "newly allowed"
    for source in change.sources
    for destination in change.destinations
]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps({"seconds": taken, "groups": len(changes), "allowed": sorted(edges), "megabytes": peak}))
"""
Edge = tuple[int, int]


def draw_edges(services: int, draw: random.Random) -> tuple[set[Edge], set[Edge]]:
    def one() -> Edge:
        return draw.randrange(services), draw.randrange(services)

    before = {one() for _ in range(5 * services)}
    gone = set(draw.sample(sorted(before), len(before) // 100 + 1))
    new: set[Edge] = set()
    while len(new) < len(gone):
        edge = one()
        if edge not in before:
            new.add(edge)
    return before, (before - gone) | new


def namespace(service: int, services: int) -> str:
    return f"team-{service % max(services // 40, 1)}"


def port(service: int) -> int:
    return 8000 + service * 7 % 900


def write_cluster(folder: Path, services: int, edges: set[Edge], *, default_deny: bool) -> None:
    folder.mkdir()
    objects: list[dict[str, Any]] = []
    for name in sorted({namespace(service, services) for service in range(services)}):
        objects.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for node in range(20):
        address = [{"type": "InternalIP", "address": f"172.16.0.{node + 1}"}]
        objects.append(
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{node}"}, "status": {"addresses": address}}
        )
    callers: dict[int, list[int]] = defaultdict(list)
    needs: dict[int, list[int]] = defaultdict(list)
    for source, destination in sorted(edges):
        callers[destination].append(source)
        needs[source].append(destination)
    for service in range(services):
        objects += pods(service, services)
        objects.append(policy(service, services, callers[service], needs[service]))
    if default_deny:
        objects.append(deny())
    (folder / "cluster.yaml").write_text(yaml.dump_all(objects, Dumper=yaml.CSafeDumper, sort_keys=False))


def pods(service: int, services: int) -> list[dict[str, Any]]:
    found = []
    for replica in range(3):
        number = service * 3 + replica
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        found.append(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"s{service}-{replica}",
                    "namespace": namespace(service, services),
                    "labels": {"app": f"s{service}", "tier": f"t{service % 7}"},
                },
                "spec": {
                    "nodeName": f"n{number % 20}",
                    "serviceAccountName": "default",
                    "containers": [{"name": "main", "image": "main", "ports": [{"containerPort": port(service)}]}],
                },
                "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
            }
        )
    return found


def peer(service: int, services: int) -> dict[str, Any]:
    return {
        "namespaceSelector": f"projectcalico.org/name == '{namespace(service, services)}'",
        "selector": f"app == 's{service}'",
    }


def policy(service: int, services: int, callers: list[int], needs: list[int]) -> dict[str, Any]:
    ingress = [
        {
            "action": "Allow",
            "protocol": "TCP",
            "source": peer(caller, services),
            "destination": {"ports": [port(service)]},
        }
        for caller in callers
    ]
    egress = [
        {"action": "Allow", "protocol": "TCP", "destination": {**peer(need, services), "ports": [port(need)]}}
        for need in needs
    ]
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"s{service}", "namespace": namespace(service, services)},
        "spec": {
            "order": 200,
            "types": ["Ingress", "Egress"],
            "selector": f"app == 's{service}'",
            **({"ingress": ingress} if ingress else {}),
            **({"egress": egress} if egress else {}),
        },
    }


def deny() -> dict[str, Any]:
    return {
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "default-deny"},
        "spec": {"order": 1000, "types": ["Ingress", "Egress"], "namespaceSelector": "has(projectcalico.org/name)"},
    }


def cpu_seconds(code: str, folders: list[str]) -> tuple[float, str]:
    before = os.times()
    done = subprocess.run([sys.executable, "-c", code, *folders], check=True, capture_output=True, text=True)
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return used, done.stdout


def measure(services: int) -> tuple[float, float, float, int, int]:
    draw = random.Random(11)
    old, new = draw_edges(services, draw)
    with tempfile.TemporaryDirectory() as place:
        folders = [str(Path(place) / "before"), str(Path(place) / "after")]
        write_cluster(Path(folders[0]), services, old, default_deny=False)
        write_cluster(Path(folders[1]), services, new, default_deny=True)
        reading, _ = cpu_seconds(READER, folders)
        whole, out = cpu_seconds(COMPARER, folders)
    answer = json.loads(out)
    check(answer["allowed"], new - old, services)
    return reading, whole, answer["seconds"], answer["groups"], answer["megabytes"]


def check(allowed: list[list[str]], expected: set[Edge], services: int) -> None:
    """Hold the new flows against the edges that were drawn; every pod of a service is named."""
    named = {
        (f"{namespace(a, services)}/s{a}-{i}", f"{namespace(b, services)}/s{b}-{j}")
        for a, b in expected
        for i in range(3)
        for j in range(3)
    }
    found = {(source, destination) for source, destination in allowed}
    if found != named:
        raise SystemExit(f"wrong answer: {len(found - named)} too many, {len(named - found)} missing")


def main() -> None:
    sizes = SIZES[:1] if "--quick" in sys.argv else SIZES
    rows = [(size, *measure(size)) for size in sizes]
    lines = ["# Difference of two clusters", ""]
    lines.append("| services | pods | only reading (s) | whole process (s) | ratio | from loaded objects (s) | MB |")
    lines.append("|---|---|---|---|---|---|---|")
    for size, reading, whole, engine, _, memory in rows:
        ratio = whole / reading
        figures = f"{reading:.2f} | {whole:.2f} | {ratio:.2f} | {engine:.2f} | {memory}"
        lines.append(f"| {size:,} | {size * 3:,} | {figures} |")
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        spread = math.log(last[0] / first[0])
        lines += ["", f"Growth from {first[0]:,} to {last[0]:,} services, whole process: exponent "]
        lines[-1] += f"{math.log(last[2] / first[2]) / spread:.2f}; from loaded objects "
        lines[-1] += f"{math.log(last[3] / first[3]) / spread:.2f}."
        lines.append("CPU seconds of one run, the answer checked against the edges that were drawn.")
        lines.append(f"Python {sys.version.split()[0]}, two cores.")
    text = "\n".join(lines) + "\n"
    if len(rows) > 1:
        RESULTS.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
