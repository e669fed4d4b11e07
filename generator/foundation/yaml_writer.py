"""YAML out in one fixed form: block style, keys in the order given, text quoted whenever any reader could mistake it.

Written here because PyYAML's emitter needs ten times as long for the 200,000 lines of a large policy set, and leaves
`1e3` and `0o777` unquoted, which YAML 1.2 readers take for numbers. A test holds it against PyYAML's reader.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

# Text of these characters that is neither number-like nor a word of YAML needs no quotes. There is no `:` and no `#` in
# it; brackets and braces mean nothing in block style after the first character.
_PLAIN = re.compile(r"[A-Za-z_/.](?:[A-Za-z0-9_/.@+=()!<>,'\"{}\[\]&|\- ]*[A-Za-z0-9_/.@+=()!<>,'\"{}\[\]&|\-])?")
_WORDS = frozenset(["y", "n", "yes", "no", "true", "false", "on", "off", "null", "~", ".inf", ".nan", "..."])
_NOT_PLAIN_ASCII = re.compile(r"[^ !#-\[\]-~]")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9].*|\.(?:inf|nan)", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=65536)
def write_scalar_text(text: str) -> str:
    """Write a text as a YAML scalar that every YAML 1.1 and 1.2 reader reads back as that text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not _NUMBER_LIKE.fullmatch(text):
        return text
    if text.isprintable() and "\n" not in text:
        return "'" + text.replace("'", "''") + "'"
    return '"' + _NOT_PLAIN_ASCII.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    # Not JSON's escapes: JSON writes a character beyond U+FFFF as two, which a YAML reader takes for two characters.
    char = found[0]
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"


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
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(value)
    # YAML 1.1 takes 1e+16 for text; it wants the point.
    return text if "." in text else text.replace("e", ".0e")


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
