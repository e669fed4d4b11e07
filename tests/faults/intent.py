"""Planted faults of the intent room."""

from __future__ import annotations

from typing import Any

import pytest

from generator.foundation.digest import digest_value
from generator.foundation.source import Path
from generator.intent import loader, overlay, resolve_externals, resolve_services
from generator.intent.overlay import MergedSource


def overlay_lists_are_joined(patch: pytest.MonkeyPatch) -> None:
    """Put a later list behind the earlier one instead of in its place."""

    def merge(below: Any, above: Any, document: Any, path: Path, problems: Any) -> dict[str, Any]:
        merged = dict(below)
        for key, value in above.items():
            old = merged.get(key)
            if value is None:
                merged.pop(key, None)
            elif isinstance(value, dict):
                merged[key] = merge(old if isinstance(old, dict) else {}, value, document, (*path, key), problems)
            elif isinstance(value, list) and isinstance(old, list):
                merged[key] = [*old, *value]
            else:
                merged[key] = value
        return merged

    patch.setattr(overlay, "_merge", merge)


def empty_lists_are_let_through(patch: pytest.MonkeyPatch) -> None:
    for module in (resolve_externals, resolve_services):
        patch.setattr(module, "refuse_empty", lambda *arguments: None)


def positions_after_a_gap_are_shifted(patch: pytest.MonkeyPatch) -> None:
    """Forget which entries of a list were left out because they could not be read."""
    patch.setattr(MergedSource, "original", lambda self, path: path)


def digest_counts_the_order_of_lists(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(loader, "digest_content", digest_value)
