"""Markdown that a pull request takes as a comment: of long tables and lists a part, and how much is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

# GitHub refuses a comment of more than 65,536 characters; bytes are never fewer, and an action adds a line of its own.
MOST_BYTES: Final = 65_000
_ALL: Final = "--format json lists all"
_FENCE: Final = re.compile(r"```")
Block = tuple[str, list[str]]  # what the lines are: "row", "item", "code" or "", and the lines


def fit_comment(text: str) -> str:
    """Return Markdown of at most MOST_BYTES: as it is, or with as many rows of each table and list as fit."""
    if _size(text) <= MOST_BYTES:
        return text
    blocks = list(_blocks(text))
    fits, too_many = 0, max(len(lines) for _, lines in blocks) + 1
    while too_many - fits > 1:
        most = (fits + too_many) // 2
        if _size(_shorten(blocks, most)) <= MOST_BYTES:
            fits = most
        else:
            too_many = most
    return _shorten(blocks, fits) if fits else _cut(_shorten(blocks, 1))


def _blocks(text: str) -> Iterator[Block]:
    """Part the lines into the bodies of tables, lists and code, and what stands between them."""
    inside = False
    kinds: list[tuple[str, str]] = []
    before = ""
    for line in text.rstrip("\n").split("\n"):
        fence = _FENCE.match(line) is not None
        kind = ""
        if inside and not fence:
            kind = "code"
        elif before.startswith("| ---") or (line.startswith("| ") and kinds and kinds[-1][0] == "row"):
            kind = "row"
        elif line.startswith("* "):
            kind = "item"
        inside ^= fence
        kinds.append((kind, line))
        before = line
    for kind, lines in groupby(kinds, key=lambda item: item[0]):
        yield kind, [line for _, line in lines]


def _shorten(blocks: list[Block], most: int) -> str:
    lines: list[str] = []
    for kind, found in blocks:
        left = len(found) - most
        if not kind or left <= 0:
            lines += found
            continue
        lines += found[:most]
        match kind:
            case "row":
                lines += ["", f"... and {left:,} more; {_ALL}"]
            case "item":
                lines.append(f"* ... and {left:,} more; {_ALL}")
            case _:
                lines.append(f"... and {left:,} more lines; {_ALL}")
    return "".join(f"{line}\n" for line in lines)


def _cut(text: str) -> str:
    """Cut what has single lines that are too long, at the end of a line."""
    last = f"\n... and more; {_ALL}\n"
    room = MOST_BYTES - len(last)
    kept: list[str] = []
    for line in text.split("\n"):
        room -= _size(line) + 1
        if room < 0:
            break
        kept.append(line)
    fences = sum(line.startswith("```") for line in kept)
    return "\n".join(kept) + ("\n```" if fences % 2 else "") + last


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
