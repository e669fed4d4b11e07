"""Whether Calico's own code can judge here: the two programs that are built from it."""

from __future__ import annotations

from functools import cache

from tests.testbed.build import CannotBuild, judges


@cache
def why_not() -> str:
    """Return in one line why nothing can be judged here, or "" where it can; the judges are built where need be."""
    try:
        judges()
    except CannotBuild as failed:
        return str(failed)
    return ""
