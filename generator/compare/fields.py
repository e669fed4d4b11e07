"""The fields in which two objects in comparison form differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.calico.normalize import SET_FIELDS
from generator.compare.model import FieldChange
from generator.foundation.source import Path, print_path


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Return each difference with its path (`spec.ingress[0].action`), by path; old and new are in comparison form.

    Lists are compared by position; of a list that the API treats as a set the whole list is given.
    """
    # deepdiff takes a fifth of a second to import; most runs end without a change.
    from deepdiff import DeepDiff

    found: dict[Path, FieldChange] = {}
    tree = DeepDiff(
        old, new, view="tree", zip_ordered_iterables=True, ignore_type_in_groups=[], threshold_to_diff_deeper=0
    )
    for levels in tree.values():
        for level in levels:
            path = _to_whole_set(tuple(level.path(output_format="list")))
            found[path] = FieldChange(print_path(path), _value_at(old, path), _value_at(new, path))
    return tuple(found[path] for path in sorted(found, key=_sort_key))


def _to_whole_set(path: Path) -> Path:
    for length, step in enumerate(path, 1):
        if step in SET_FIELDS and length < len(path) and isinstance(path[length], int):
            return path[:length]
    return path


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _sort_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, step, "") if isinstance(step, int) else (1, 0, step) for step in path)
