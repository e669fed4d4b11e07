"""Files of worlds: small clusters, flows, and the verdicts that Calico's own code gave; JSON lines, plain or gzip."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.shared import ROOT

SAMPLE = Path(__file__).parent / "sample"
FILES = ("handmade", "random-1", "random-2", "divergent")
GZIP = b"\x1f\x8b"

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """A cluster as manifests, flows, and for each flow the expected entry.

    `defaulted`: types and policyTypes that are not written are filled in before use. `validated`: every object passed
    Calico's Go validator and the CRD schema. `absent`: objects that Felix refused; nothing to decide by.
    """

    id: str
    claim: str
    features: tuple[str, ...]
    decisive: tuple[str, ...]
    defaulted: bool
    validated: bool
    absent: tuple[str, ...]
    objects: tuple[Entry, ...]
    flows: tuple[Entry, ...]
    expected: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: `place` is `FILE:LINE`."""

    place: str
    text: str


def parse_world(text: str) -> World:
    """Read one line; ValueError or KeyError where it is no world."""
    found = json.loads(text)
    return World(
        id=found["id"],
        claim=found.get("claim", ""),
        features=tuple(found.get("features", ())),
        decisive=tuple(found.get("decisive", ())),
        defaulted=found.get("defaults") != "none",
        validated=found.get("validate") != "none",
        absent=tuple(found.get("treatedAsAbsent", ())),
        objects=tuple(found["objects"]),
        flows=tuple(found["flows"]),
        expected=tuple(found["expected"]),
    )


def read_lines(path: Path) -> Iterator[Line]:
    """Give the lines of a file that are not blank; OSError where it cannot be read."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield Line(f"{path.name}:{number}", line)


def vectors_folder() -> Path:
    """Return the folder of all vectors, or that of the sample where the shared data is absent."""
    shared = Path(os.environ.get("RINGFENCE_SHARED") or ROOT.parent / "shared") / "vectors"
    return shared if shared.is_dir() else SAMPLE


if __name__ == "__main__":
    print(*(vectors_folder() / f"{name}.jsonl.gz" for name in FILES))  # noqa: T201 - for the Makefile
