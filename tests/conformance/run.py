"""Holds an engine against files of worlds.

`python -m tests.conformance.run FILE...`, or `python tests/conformance/run.py FILE...`. The last line is
`N worlds, M verdicts, D disagreements`; exit code 1 if there is any, 2 if a file cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).parents[2])

from tests.conformance.doors import ENGINES
from tests.conformance.judge import Question, judge_lines
from tests.conformance.report import explain, last_line
from tests.conformance.worlds import read_lines

# A file that is not there, is cut off, is no gzip inside, or is no text.
UNREADABLE = (OSError, EOFError, zlib.error, UnicodeDecodeError)
WAYS = ("flow", "sets", "diff")


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a way in that the engine does not have is refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="JSON lines, plain or gzip")
    parser.add_argument("--kind", choices=("verdict", "validator"), default="verdict")
    engine = "reach" if "reach" in ENGINES else next(iter(ENGINES))
    parser.add_argument("--engine", choices=tuple(ENGINES), default=engine, help=f"default {engine}")
    parser.add_argument("--via", action="append", choices=WAYS, help="repeatable; default all that the engine has")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes; default one for each CPU")
    parser.add_argument("--show", type=int, default=10, help="how many disagreements are explained; default 10")
    found = parser.parse_args(words)
    if missing := set(found.via or ()) - ENGINES[found.engine].keys():
        parser.error(f"the engine {found.engine} cannot be asked via {', '.join(sorted(missing))}")
    return found


def main(words: Sequence[str]) -> int:
    """Judge the files, explain the first disagreements, and return the exit code."""
    asked = arguments(words)
    ways = tuple(way for way in WAYS if way in (asked.via or ENGINES[asked.engine]))
    question = Question(asked.kind, asked.engine, ways)
    worlds = verdicts = disagreements = shown = 0
    fields: Counter[str] = Counter()
    for path in asked.files:
        try:
            for outcome in judge_lines(read_lines(path), question, asked.jobs, asked.show):
                worlds += 1
                verdicts += outcome.verdicts
                disagreements += outcome.disagreements
                for disagreement in outcome.explained:
                    fields.update(row.field for row in disagreement.rows if row.differs)
                    if shown < asked.show:
                        shown += 1
                        sys.stdout.writelines(f"{line}\n" for line in explain(disagreement))
        except UNREADABLE as error:
            sys.stderr.write(f"{path}: {error}\n")
            return 2
    if fields:
        told = ", ".join(f"{field} {count}" for field, count in fields.most_common())
        sys.stdout.write(f"fields that differ (at most {asked.show} flows of each world): {told}\n")
    sys.stdout.write(f"{last_line(worlds, verdicts, disagreements)}\n")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
