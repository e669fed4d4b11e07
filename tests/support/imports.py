"""What a source text imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def imports_of(text: str) -> Iterator[str]:
    """Give every module that a source text imports, also inside functions."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
