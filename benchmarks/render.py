"""How long a whole `ringfence render` takes, from process start to closed files, and how that grows with the intent.

Callers are drawn at random with a fixed seed: every service needs five others, over fifty namespaces. Each figure is
the best of three whole processes; beside it stands a process that only reads the written files with PyYAML's C loader,
so that machines can be compared by the ratio.
"""

from __future__ import annotations

import math
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (250, 500, 1000, 2000)
NEEDS = 5
NAMESPACES = 50
GOAL_SECONDS = 3.0
RESULTS = Path(__file__).parent / "results" / "render.md"
READER = (
    "import sys, yaml, pathlib\n"
    "for path in sorted(pathlib.Path(sys.argv[1]).glob('*.yaml')):\n"
    "    list(yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader))\n"
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
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    return best


def measure(services: int, folder: Path) -> tuple[float, float, int]:
    intent = folder / f"intent-{services}.yaml"
    intent.write_text(write_intent(services))
    out = folder / f"out-{services}"
    command = [
        str(Path(sys.executable).parent / "ringfence"),
        "render",
        str(intent),
        "-o",
        str(out),
        "--as-of",
        "2026-01-01",
    ]
    rendering = best_of_three(command)
    reading = best_of_three([sys.executable, "-c", READER, str(out)])
    lines = sum(path.read_text().count("\n") for path in out.glob("*.yaml"))
    return rendering, reading, lines


def main() -> int:
    rows = ["| services | lines written | render (s) | only reading the result (s) | ratio |", "|---|---|---|---|---|"]
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for services in SIZES:
            rendering, reading, lines = measure(services, Path(folder))
            seconds.append(rendering)
            rows.append(f"| {services:,} | {lines:,} | {rendering:.2f} | {reading:.2f} | {rendering / reading:.2f} |")
    exponent = math.log(seconds[-1] / seconds[0]) / math.log(SIZES[-1] / SIZES[0])
    text = "\n".join(rows) + f"\n\nGrowth from {SIZES[0]} to {SIZES[-1]:,} services: exponent {exponent:.2f}.\n"
    text += f"Goal for {SIZES[-1]:,} services: {GOAL_SECONDS:.0f} s; measured {seconds[-1]:.2f} s.\n"
    text += f"Python {sys.version.split()[0]}, two cores.\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("# Rendering\n\n" + text)
    sys.stdout.write(text)
    return 0 if seconds[-1] <= GOAL_SECONDS else 1


if __name__ == "__main__":
    raise SystemExit(main())
