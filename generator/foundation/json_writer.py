"""JSON text for people and for files, indented; as the standard library writes it, in a quarter of the time.

The library's own writer is fast only without an indent.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any

_DEEP = 200  # levels; what is nested deeper is left to the library and its own limit


class _Unusual(Exception):
    """A value that the library turns into something else, or refuses: a key that is no text, a tuple."""


def write_json(value: Any) -> str:
    """Return the text that `json.dumps(value, indent=1, ensure_ascii=False)` gives."""
    parts: list[str] = []
    try:
        _write(value, "\n", parts)
    except _Unusual:
        return json.dumps(value, indent=1, ensure_ascii=False)
    return "".join(parts)


def _write(value: Any, margin: str, parts: list[str]) -> None:
    """Add the text of a value; `margin` is the line break with the indent of what it stands in."""
    kind = type(value)
    if kind is str:
        parts.append(encode_basestring(value))
    elif kind is dict:
        _write_object(value, margin, parts)
    elif kind is list:
        _write_list(value, margin, parts)
    elif value is None:
        parts.append("null")
    elif kind is bool:
        parts.append("true" if value else "false")
    elif kind is int:
        parts.append(repr(value))
    elif kind is float:
        parts.append(json.dumps(value))
    else:
        raise _Unusual


def _write_object(value: dict[Any, Any], margin: str, parts: list[str]) -> None:
    if not value:
        parts.append("{}")
        return
    inner = _deeper(margin)
    before = "{" + inner
    for key, item in value.items():
        if type(key) is not str:
            raise _Unusual
        parts.append(f"{before}{encode_basestring(key)}: ")
        _write(item, inner, parts)
        before = "," + inner
    parts.append(margin + "}")


def _write_list(value: list[Any], margin: str, parts: list[str]) -> None:
    if not value:
        parts.append("[]")
        return
    inner = _deeper(margin)
    before = "[" + inner
    for item in value:
        parts.append(before)
        _write(item, inner, parts)
        before = "," + inner
    parts.append(margin + "]")


def _deeper(margin: str) -> str:
    if len(margin) > _DEEP:
        raise _Unusual
    return margin + " "
