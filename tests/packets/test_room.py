"""The room imports nothing but the standard library and itself."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOM = Path(__file__).parents[2] / "generator" / "packets"


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(item.name for item in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


def test_only_the_standard_library() -> None:
    imported = {name for path in ROOM.glob("*.py") for name in imports_of(path)}
    own = {name for name in imported if name.startswith("generator.packets")}
    assert own
    assert {name.partition(".")[0] for name in imported - own} <= sys.stdlib_module_names
