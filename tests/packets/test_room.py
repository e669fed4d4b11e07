"""The room imports nothing but the standard library and itself."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.imports import imports_of

ROOM = Path(__file__).parents[2] / "generator" / "packets"


def test_only_the_standard_library() -> None:
    imported = {name for path in ROOM.glob("*.py") for name in imports_of(path.read_text(encoding="utf-8"))}
    assert not [name for name in imported if name.startswith(".")]
    own = {name for name in imported if name.startswith("generator.packets")}
    assert own
    assert {name.partition(".")[0] for name in imported - own} <= sys.stdlib_module_names
