"""YAML out in one fixed form: block style, keys in the order given, text quoted whenever any reader could mistake it.

Written here because PyYAML's emitter needs ten times as long for the 200,000 lines of a large policy set, and leaves
`1e3` and `0o777` unquoted, which YAML 1.2 readers take for numbers. A test holds it against PyYAML's reader.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

# Text of these characters that is neither number-like nor a word of YAML needs no quotes.
_PLAIN = re.compile(r"[A-Za-z_/.][A-Za-z0-9_/.@+-]*(?: ?[A-Za-z0-9_/.@+=()!<>,'\"{}&|-]+)*")
_WORDS = frozenset(["y", "n", "yes", "no", "true", "false", "on", "off", "null", "~", ".inf", ".nan"])
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9].*|\.(?:inf|nan)", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=65536)
def write_scalar_text(text: str) -> str:
    """Write a text as a YAML scalar that every YAML 1.1 and 1.2 reader reads back as that text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not _NUMBER_LIKE.fullmatch(text) and " #" not in text:
        return text
    if text.isprintable() and "\n" not in text:
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text, ensure_ascii=True)


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case True:
            return "true"
        case False:
            return "false"
        case str():
            return write_scalar_text(value)
        case int():
            return str(value)
        case float():
            return _float(value)
        case _:
            raise TypeError(f"no YAML form for {type(value).__name__}")


def _float(value: float) -> str:
    if math.isinf(value) or math.isnan(value):
        raise ValueError("JSON has no infinity and no NaN")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def write_document(value: Any) -> str:
    """Write one value as a YAML document without marks, ending in a newline."""
    lines: list[str] = []
    _write(value, "", "", lines)
    lines.append("")
    return "\n".join(lines)


def write_documents(values: Iterable[Any]) -> str:
    """Write several values as one stream, a `---` line before each but the first."""
    return "---\n".join(write_document(value) for value in values)


def _write(value: Any, indent: str, lead: str, lines: list[str]) -> None:
    """Write a value whose first line begins with `lead`; all others begin with `indent`."""
    if isinstance(value, dict) and value:
        below = indent + "  "
        for key, item in value.items():
            head = f"{lead}{write_scalar_text(str(key))}:"
            lead = indent
            if isinstance(item, dict) and item:
                lines.append(head)
                _write(item, below, below, lines)
            elif isinstance(item, list | tuple) and item:
                lines.append(head)
                _write(item, indent, indent, lines)
            else:
                lines.append(f"{head} {_leaf(item)}")
    elif isinstance(value, list | tuple) and value:
        below = indent + "  "
        for item in value:
            _write(item, below, f"{lead}- ", lines)
            lead = indent
    else:
        lines.append(f"{lead}{_leaf(value)}")


def _leaf(value: Any) -> str:
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return _scalar(value)
