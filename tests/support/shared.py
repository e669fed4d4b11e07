"""The data of others, which is never copied here: `$RINGFENCE_SHARED`, by default `../shared`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shared_folder() -> Path:
    """Return the shared data folder; where it is absent the test is skipped in one line, and fails with CI=true."""
    folder = Path(os.environ.get("RINGFENCE_SHARED") or ROOT.parent / "shared")
    if not (folder / "corpora").is_dir():
        message = f"no shared data in {folder} (set RINGFENCE_SHARED)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder
