"""Two folders change places in one step of the file system, so that no moment shows neither."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2  # Linux, renameat2
_RENAME_SWAP: Final = 2  # macOS, renamex_np


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places atomically; False where the system or the file system has no such step.

    Raises OSError for anything that is a failure and not a missing ability.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        call = getattr(libc, "renamex_np", None)
        arguments: tuple[object, ...] = (first, second, ctypes.c_uint(_RENAME_SWAP))
    else:
        call = getattr(libc, "renameat2", None)
        arguments = (_AT_FDCWD, first, _AT_FDCWD, second, ctypes.c_uint(_RENAME_EXCHANGE))
    if call is None:
        return False
    if call(*arguments) == 0:
        return True
    code = ctypes.get_errno()
    missing = {"ENOSYS", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "EXDEV"}
    if errno.errorcode.get(code) in missing:
        return False
    raise OSError(code, os.strerror(code), str(other))
