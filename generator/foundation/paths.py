"""Asking for what a path names, whatever the path is: too long, with a NUL in it, below a file."""

from __future__ import annotations

import errno
import stat
from enum import Enum
from pathlib import Path
from typing import Final

from generator.foundation.spelling import nearest

_MOST_NAMES: Final = 5000  # of a folder that is looked through for a misspelt name


class PathKind(Enum):
    """What a path names; a device or a pipe is a file."""

    FILE = "file"
    FOLDER = "folder"
    NOTHING = "nothing"


def path_kind(path: str | Path) -> PathKind:
    """Return what a path names; a path that no file can have names nothing."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return PathKind.NOTHING
    return PathKind.FOLDER if stat.S_ISDIR(mode) else PathKind.FILE


def near_path(path: str | Path, *words: str) -> str:
    """Return a hint to what a path that names nothing may have meant: a name beside it, or one of the `words`."""
    wanted = Path(path)
    try:
        names = sorted(item.name for item in wanted.parent.iterdir())
    except (OSError, ValueError):
        return f"there is no folder '{wanted.parent}'" if path_kind(wanted.parent) is PathKind.NOTHING else ""
    found = nearest(wanted.name, [*names[:_MOST_NAMES], *words])
    if found is None:
        return ""
    return f"did you mean '{found if found in words else wanted.with_name(found)}'?"


def read_file(path: str | Path) -> bytes:
    """Return the content of a file; OSError with a `strerror` where there is none, also for a path with a NUL in it."""
    try:
        return Path(path).read_bytes()
    except ValueError:
        raise OSError(errno.EINVAL, "the name holds a NUL", str(path)) from None
