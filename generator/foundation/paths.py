"""Asking for what a path names, whatever the path is: too long, with a NUL in it, below a file."""

from __future__ import annotations

import errno
import stat
from enum import Enum
from pathlib import Path


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


def read_file(path: str | Path) -> bytes:
    """Return the content of a file; OSError with a `strerror` where there is none, also for a path with a NUL in it."""
    try:
        return Path(path).read_bytes()
    except ValueError:
        raise OSError(errno.EINVAL, "the name holds a NUL", str(path)) from None
