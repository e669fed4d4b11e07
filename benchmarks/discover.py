"""What `init` finds in published applications, beside graphs written by hand: writes docs/discovery.md.

python -m benchmarks.discover            # prints the page
python -m benchmarks.discover --write    # writes docs/discovery.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.discover.graphs import Comparison, applications, compare
from tests.support.shared import ROOT, shared_folder

PAGE = ROOT / "docs" / "discovery.md"

INTRODUCTION = """# What `ringfence init` finds

`ringfence init` reads manifests and proposes an intent. A need is *certain* if a container is given, by its own
variable, argument or configuration file, what plainly is the address of a Service on a port that it has. It is
*uncertain*, and written as a comment, if it is a guess: a value of a ConfigMap that several services get whole, a
single word that is also the name of a Service, an address that says who may come and not who is called, or what only
a live policy allows today.

The table compares the proposal with a graph that was written by hand from each application's sources. Policies are
taken out before the first three columns of results; the last has them as further evidence. An edge is a caller and a
callee; *precision* is the share of proposed edges that are true, *recall* the share of true ones that are proposed.
"""

CLOSING = """
What stands in program code, in an image or in a Secret leaves no trace in manifests; there recall is low and must be,
and the proposal names the services that nobody names. `python -m benchmarks.discover --write` writes this page anew.
"""


def share(part: int, whole: int) -> str:
    return f"{part}/{whole}" if whole else "none"


def row(plain: Comparison, policies: Comparison) -> str:
    true = plain.graph.edges
    cells = [
        plain.name,
        str(len(true)),
        str(len(plain.graph.written)),
        share(len(plain.certain & true), len(plain.certain)),
        share(len(plain.certain & true), len(true)),
        share(len(plain.uncertain & true), len(plain.uncertain)),
        share(len(plain.found & true), len(true)),
        share(len(plain.found & plain.graph.written), len(plain.graph.written)),
        share(len(policies.found & true), len(true)),
    ]
    return "| " + " | ".join(cells) + " |"


def write_page(shared: Path) -> str:
    head = [
        "application",
        "true edges",
        "of them named in manifests",
        "certain: precision",
        "certain: recall",
        "uncertain: precision",
        "both: recall",
        "both: recall of those named",
        "with policies: recall",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for folder in applications(shared):
        lines.append(row(compare(folder, policies=False), compare(folder, policies=True)))
    return INTRODUCTION + "\n" + "\n".join(lines) + "\n" + CLOSING


if __name__ == "__main__":
    page = write_page(shared_folder())
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page, encoding="utf-8")
    else:
        print(page)
