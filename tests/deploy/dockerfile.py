"""A Dockerfile taken apart, as far as ours goes: stages, and instructions with their words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from string import Template


@dataclass(frozen=True)
class Instruction:
    """One instruction: `RUN`, and what comes after it on its lines."""

    word: str
    rest: str

    def words(self, arguments: dict[str, str]) -> list[str]:
        """Return the words, or the entries of the JSON form, with arguments filled in."""
        if self.rest.startswith("["):
            return [str(item) for item in json.loads(self.rest)]
        return Template(self.rest).safe_substitute(arguments).split()


@dataclass(frozen=True)
class Dockerfile:
    """Defaults of the arguments, and the stages from first to last."""

    arguments: dict[str, str]
    stages: list[list[Instruction]] = field(default_factory=list)

    @property
    def last(self) -> list[Instruction]:
        """The stage that becomes the image."""
        return self.stages[-1]


def read_dockerfile(path: Path) -> Dockerfile:
    """Read a Dockerfile."""
    found = Dockerfile({})
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.stages.append([])
        elif word == "ARG" and "=" in rest and not found.stages:
            name, _, default = rest.partition("=")
            found.arguments[name] = default
            continue
        if found.stages:
            found.stages[-1].append(Instruction(word, rest.strip()))
    return found
