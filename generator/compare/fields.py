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

    tree = DeepDiff(
        _with_whole_sets(old),
        _with_whole_sets(new),
        view="tree",
        zip_ordered_iterables=True,
        threshold_to_diff_deeper=0,
    )
    paths = {tuple(level.path(output_format="list")) for levels in tree.values() for level in levels}
    return tuple(
        FieldChange(print_path(path), _value_at(old, path), _value_at(new, path))
        for path in sorted(paths, key=_sort_key)
    )


def _with_whole_sets(value: Any, field: str = "") -> Any:
    """Put one text in the place of each list that is a set; a feed of 100,000 networks is compared in one step."""
    match value:
        case Mapping():
            return {key: _with_whole_sets(item, str(key)) for key, item in value.items()}
        case list() if field in SET_FIELDS:
            return repr(value)
        case list():
            return [_with_whole_sets(item) for item in value]
        case _:
            return value


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _sort_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, step, "") if isinstance(step, int) else (1, 0, step) for step in path)
