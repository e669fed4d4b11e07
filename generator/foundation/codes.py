"""The register of diagnostic codes: each room registers its own in its `codes.py`, no code is given twice.

Areas: RF0 reading files, RF1 intent, RF2 platform profiles, RF3 layers and templates, RF4 Calico objects
(RF4001 to RF4048 are V1 to V48 of the validator), RF5 snapshot and cluster, RF6 discovery, RF7 diff and expectations,
RF8 plan, RF9 command line.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.foundation.diagnostics import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of problem: its id, a title of a few words, default severity, and what it means for the reader."""

    id: str
    title: str
    severity: Severity
    meaning: str


_REGISTER: dict[str, Code] = {}


def register(id: str, title: str, severity: Severity, meaning: str) -> Code:
    """Add a code to the register and return it; an id that is taken is a mistake in the program."""
    if id in _REGISTER:
        raise ValueError(f"diagnostic code {id} is registered twice")
    code = Code(id, title, severity, meaning)
    _REGISTER[id] = code
    return code


def registered_codes() -> list[Code]:
    """Return the codes of all rooms imported so far, by id."""
    return [_REGISTER[id] for id in sorted(_REGISTER)]


YAML_SYNTAX = register(
    "RF0001",
    "not YAML",
    Severity.ERROR,
    "The document cannot be parsed. Other documents of the file are still read.",
)
DUPLICATE_KEY = register(
    "RF0002",
    "duplicate key",
    Severity.ERROR,
    "A key stands twice in one mapping; readers disagree on which one counts.",
)
TOO_DEEP = register(
    "RF0003",
    "nested too deep",
    Severity.ERROR,
    "The document nests deeper than any real manifest; it is not read.",
)
ALIAS_BOMB = register(
    "RF0004",
    "aliases expand too far",
    Severity.ERROR,
    "YAML aliases repeat themselves or blow the document up.",
)
FILE_UNREADABLE = register(
    "RF0005", "cannot read", Severity.ERROR, "The file is absent, not readable, or not UTF-8 text."
)
NOT_A_MAPPING = register(
    "RF0006",
    "not an object",
    Severity.NOTE,
    "A document that is no mapping with apiVersion and kind is passed over.",
)
AMBIGUOUS_SCALAR = register(
    "RF0007",
    "YAML reads this as another type",
    Severity.ERROR,
    "An unquoted yes, no, on, off, number or date is no text to a YAML reader; where text is due, quote it.",
)
