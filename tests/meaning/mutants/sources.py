"""What mutants are made of: each template, and the code that feeds the templates, in groups."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final

from generator.layers import environment
from tests.meaning.mutants.code_changes import code_mutants
from tests.meaning.mutants.run_lines import Lines
from tests.meaning.mutants.texts import text_mutants

Mutant = tuple[str, Callable[[], None]]  # what was changed, and how it is put in its place for the rest of the process

TEMPLATES: Final = (
    "_policy", "guardrails", "threat-feeds", "sets", "dns", "system", "shared", "exceptions", "workloads", "isolation",
    "default-deny",
)  # fmt: skip
CODE: Final[dict[str, tuple[str, ...]]] = {
    "workloads": ("compose.workloads", "compose.controllers"),
    "externals": ("compose.externals", "networks", "needed"),
    "dns": ("compose.dns",),
    "system": ("compose.system",),
    "shared": ("compose.shared",),
    "exceptions": ("compose.exceptions",),
    "guardrails": ("compose.guardrails",),
    "peers": ("peers",),
    "feeds and sets": ("compose.threat_feeds", "own_ranges", "feeds", "inputs", "domains", "lock_file"),
    "scope": (
        "scope", "context", "views", "names", "distinct", "compose.isolation", "compose.default_deny", "compose.tier",
    ),
    "orders": ("catalog", "render"),
}  # fmt: skip


def of_template(name: str) -> tuple[list[Mutant], list[Mutant]]:
    """Return the mutants of one template, and those of it with the shared macros written into it."""
    texts = environment.bundled_templates()
    file = f"{name}.yaml.j2"

    def exchange(text: str) -> Callable[[], None]:
        changed = {**texts, file: text}
        return lambda: setattr(environment, "bundled_templates", lambda: changed)

    whole = _with_its_pieces(texts, file)
    own = [(said, exchange(text)) for said, text in text_mutants(texts[file])]
    pieces = text_mutants(whole) if whole != texts[file] else ()
    return own, [(f"with its pieces, {said}", exchange(text)) for said, text in pieces]


def _with_its_pieces(texts: dict[str, str], file: str) -> str:
    """Return a template with the shared macros written into it, so that a change of one is a change for it alone."""
    lines = texts[file].splitlines(keepends=True)
    rest = [line for line in lines if "import" not in line]
    return texts["_policy.yaml.j2"] + "".join(rest) if len(rest) < len(lines) else texts[file]


def of_code(*modules: str, lines: Lines) -> tuple[list[Mutant], list[Mutant]]:
    """Return the mutants of some modules of `generator.layers` that change something run, and exchanged names apart."""
    parts: tuple[list[Mutant], list[Mutant]] = [], []
    for name in modules:
        module = import_module(f"generator.layers.{name}")
        for part, found in zip(parts, code_mutants(module, lines.get(module.__file__ or "", ())), strict=True):
            part.extend((f"{name}.{mutant.name}", mutant.put_in_place) for mutant in found)
    return parts
