"""Holds validator, selectors and engine against Calico's own code on as many drawn cases as one likes.

`python -m tests.judge.run --cases 100000 --seed 7`; exit code 1 if the two disagree anywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence

from tests.judge.asking import ask_felix, ask_selectors
from tests.judge.comparing import Difference, compare_objects, compare_selectors, judge_objects
from tests.judge.comparing_felix import compare_felix
from tests.judge.drawn_objects import ObjectDrawing
from tests.judge.drawn_selectors import LABEL_SETS, SelectorDrawing

_AT_ONCE = 5_000


def objects(seed: str, count: int) -> Iterator[Difference]:
    """Yield the differences about drawn objects."""
    drawing = ObjectDrawing(seed)
    yield from compare_objects(judge_objects([drawing.manifest() for _ in range(count)]))


def selectors(seed: str, count: int) -> Iterator[Difference]:
    """Yield the differences about drawn selectors."""
    drawing = SelectorDrawing(seed)
    texts = [drawing.selector() for _ in range(count)]
    yield from compare_selectors(texts, ask_selectors(texts, LABEL_SETS), LABEL_SETS)


def policies(seed: str, count: int) -> Iterator[Difference]:
    """Yield the differences about drawn policies on their way to Felix."""
    drawing = ObjectDrawing(seed)
    drawn, labels = [drawing.stored_policy() for _ in range(count)], drawing.label_sets()
    yield from compare_felix(drawn, ask_felix(drawn, labels), labels)


def kubernetes(seed: str, count: int) -> Iterator[Difference]:
    """Yield the differences about drawn policies of Kubernetes."""
    drawing = ObjectDrawing(seed)
    drawn, labels = [drawing.kubernetes_policy() for _ in range(count)], drawing.label_sets()
    yield from compare_felix(drawn, ask_felix(drawn, labels), labels)


WAYS = {"objects": objects, "selectors": selectors, "policies": policies, "kubernetes": kubernetes}


def main(words: Sequence[str]) -> int:
    """Draw, compare, show the first differences, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.judge.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cases", type=int, default=50_000, help="of each kind; default 50000")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--only", choices=tuple(WAYS), action="append")
    parser.add_argument("--show", type=int, default=10)
    asked = parser.parse_args(words)
    differences = 0
    for way in asked.only or WAYS:
        for start in range(0, asked.cases, _AT_ONCE):
            for found in WAYS[way](f"{asked.seed}/{start}", min(_AT_ONCE, asked.cases - start)):
                differences += 1
                if differences <= asked.show:
                    text = json.dumps(found.asked, ensure_ascii=False)
                    sys.stdout.write(f"{found.judge}: ours {found.ours}, theirs {found.theirs}\n  {text[:1500]}\n")
    sys.stdout.write(f"{asked.cases} of each of {', '.join(asked.only or WAYS)}, {differences} disagreements\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
