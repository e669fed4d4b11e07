"""Chooses the worlds of `sample/` from all vectors: `python -m tests.conformance.sampling VECTORS`.

Of each file and each tag the first few worlds are taken, the rarest tags first. Tags are what a world says of itself
(`features`, `decisive`) and what its decisions are (end, verdict, reason, stage), so that every kind of decision is
there. The hand-made and divergent worlds and the validator's cases are few and taken whole.
"""

from __future__ import annotations

import gzip
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.conformance.worlds import FILES, SAMPLE, Line, World, parse_world, read_lines

OF_EACH_TAG = 20
WHOLE = ("handmade", "divergent")


def tags_of(world: World) -> set[str]:
    """Return what a world is about and what was decided in it."""
    tags = {f"feature {name}" for name in world.features} | {f"decisive {name}" for name in world.decisive}
    for entry in world.expected:
        tags.add(f"note {entry.get('note')}")
        ends = [("egress", entry.get("egress")), ("ingress", entry.get("ingress"))]
        for end, decision in [*ends, *(("host", stage) for stage in entry.get("host") or ())]:
            if decision:
                shown = (end, decision["verdict"], decision["reason"], decision.get("stage"), "rule" in decision)
                tags.add(f"decision {shown}")
    return tags


def choose(lines: Sequence[Line]) -> list[Line]:
    """Return the worlds of a sample in the order of the file."""
    holders: dict[str, list[int]] = defaultdict(list)
    tags = [tags_of(parse_world(line.text)) for line in lines]
    for number, found in enumerate(tags):
        for tag in found:
            holders[tag].append(number)
    chosen: set[int] = set()
    covered: Counter[str] = Counter()
    for tag in sorted(holders, key=lambda tag: (len(holders[tag]), tag)):
        for number in holders[tag]:
            if covered[tag] >= OF_EACH_TAG:
                break
            if number not in chosen:
                chosen.add(number)
                covered.update(tags[number])
    return [lines[number] for number in sorted(chosen)]


def samples(vectors: Path) -> Iterator[tuple[str, list[Line]]]:
    """Give each file's name with the lines that are to be kept."""
    for name in FILES:
        lines = list(read_lines(vectors / f"{name}.jsonl.gz"))
        yield name, lines if name in WHOLE else choose(lines)
    yield "validator", list(read_lines(vectors / "validator.jsonl.gz"))


def write_samples(vectors: Path, folder: Path) -> None:
    """Write the sample; equal vectors give equal bytes."""
    folder.mkdir(exist_ok=True)
    for name, lines in samples(vectors):
        text = "".join(f"{line.text.rstrip()}\n" for line in lines)
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]), SAMPLE)
