"""Tables of results: printed, and kept with the machine and the versions they were measured on."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent.parent / "results"


def write_table(
    name: str, title: str, head: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str], *, keep: bool
) -> None:
    """Print a table with its notes, and keep it as `results/NAME.md`."""
    lines = [f"# {title}", "", _row(head), _row(["---"] * len(head)), *map(_row, rows), "", *notes, machine()]
    text = "\n".join(lines) + "\n"
    print(text)
    if keep:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.md").write_text(text)


def machine() -> str:
    """Return one line on what was measured: processor, cores, system, Python, PyYAML."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {sys.version.split()[0]}, PyYAML {version('PyYAML')}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processor")


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Return the exponent of growth, fitted by least squares over all sizes."""
    x = [math.log(size) for size in sizes]
    y = [math.log(second) for second in seconds]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / sum((a - middle_x) ** 2 for a in x)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
