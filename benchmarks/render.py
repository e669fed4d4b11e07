"""How long a whole `ringfence render` takes, from process start to closed files, and how that grows with the intent.

Callers are drawn at random with a fixed seed: every service needs five others, over fifty namespaces. Each figure is
the best of three whole processes, in seconds of CPU; beside it stand a process that renders the same set without the
proof that it is what the intent means, and one that only reads the written files with PyYAML's C loader, so that
machines can be compared by the ratios.
"""

from __future__ import annotations

import math
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (250, 500, 1000, 2000)
NEEDS = 5
NAMESPACES = 50
GOAL_RATIO = 3.0  # of rendering with the proof to rendering without it, at the largest size
RESULTS = Path(__file__).parent / "results" / "render.md"
READER = (
    "import sys, yaml, pathlib\n"
    "for path in sorted(pathlib.Path(sys.argv[1]).glob('*.yaml')):\n"
    "    list(yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader))\n"
)
UNPROVEN = (  # `ringfence render` but for the proof
    "import sys\n"
    "from generator.layers import render\n"
    "render._prove = lambda *_: None\n"
    "from generator.cli.entry import run\n"
    "sys.argv[0] = 'ringfence'\n"
    "run()\n"
)


def write_intent(services: int) -> str:
    draw = random.Random(7)
    lines = ["version: 1", "name: big", "platform: generic", "services:"]
    for number in range(services):
        chosen = sorted({draw.randrange(services) for _ in range(NEEDS)} - {number})
        lines.append(f"  s{number}:")
        lines.append(f"    namespace: team-{number % NAMESPACES}")
        lines.append(f"    ports: [{8000 + draw.randrange(1000)}]")
        lines.append(f"    needs: [{', '.join(f's{other}' for other in chosen)}]")
    return "\n".join(lines) + "\n"


def best_of_three(command: list[str]) -> float:
    best = math.inf
    for _ in range(3):
        start = cpu_of_children()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        best = min(best, cpu_of_children() - start)
    return best


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(services: int, folder: Path) -> tuple[float, float, float, int]:
    intent = folder / f"intent-{services}.yaml"
    intent.write_text(write_intent(services))
    out = folder / f"out-{services}"
    call = ["render", str(intent), "-o", str(out), "--as-of", "2026-01-01"]
    rendering = best_of_three([str(Path(sys.executable).parent / "ringfence"), *call])
    unproven = best_of_three([sys.executable, "-c", UNPROVEN, *call])
    reading = best_of_three([sys.executable, "-c", READER, str(out)])
    lines = sum(path.read_text().count("\n") for path in out.glob("*.yaml"))
    return rendering, unproven, reading, lines


def main() -> int:
    rows = [
        "| services | lines written | render (s) | without the proof (s) | ratio | only reading it (s) | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    seconds = []
    ratio = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for services in SIZES:
            rendering, unproven, reading, lines = measure(services, Path(folder))
            seconds.append(rendering)
            ratio = rendering / unproven
            rows.append(
                f"| {services:,} | {lines:,} | {rendering:.2f} | {unproven:.2f} | {ratio:.2f} "
                f"| {reading:.2f} | {rendering / reading:.2f} |"
            )
    exponent = math.log(seconds[-1] / seconds[0]) / math.log(SIZES[-1] / SIZES[0])
    text = "\n".join(rows) + f"\n\nGrowth from {SIZES[0]} to {SIZES[-1]:,} services: exponent {exponent:.2f}.\n"
    text += f"Goal for {SIZES[-1]:,} services: at most {GOAL_RATIO:.0f} times rendering without the proof; "
    text += f"measured {ratio:.2f} times.\n"
    text += f"Python {sys.version.split()[0]}, two cores, CPU seconds.\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("# Rendering\n\n" + text)
    sys.stdout.write(text)
    return 0 if ratio <= GOAL_RATIO else 1


if __name__ == "__main__":
    raise SystemExit(main())
