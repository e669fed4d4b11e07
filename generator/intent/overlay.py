"""Overlays: later files win, maps are merged by key, lists are replaced whole, `null` removes.

What was merged is plain data again; `MergedSource` knows for each way in it which file and line it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.source import Path, Step, print_path
from generator.foundation.yaml_reader import Document
from generator.intent.codes import REMOVES_NOTHING


class MergedSource:
    """Places of an effective intent that was put together from several documents.

    `kept` says for a list from which some entries were taken out which positions the others had (see `intent.shape`).
    """

    __slots__ = ("_documents", "_kept")

    def __init__(self, documents: Sequence[Document], kept: Mapping[Path, Sequence[int]] | None = None) -> None:
        self._documents = tuple(documents)
        self._kept = dict(kept or {})

    def without(self, kept: Mapping[Path, Sequence[int]]) -> MergedSource:
        """Return the places of the same intent after entries of lists were taken out."""
        return MergedSource(self._documents, kept)

    def original(self, path: Path) -> Path:
        """Return the way in the files of a way in the intent after entries of lists were taken out."""
        if not self._kept:
            return path
        found: list[Step] = []
        for depth, step in enumerate(path):
            positions = self._kept.get(path[:depth])
            if positions is not None and isinstance(step, int) and step < len(positions):
                step = positions[step]
            found.append(step)
        return tuple(found)

    def place(self, path: Path = (), *, key: bool = False) -> Place:
        """Return where a value stands, or its key; a mapping of several files stands where it stands first."""
        path = self.original(path)
        if len(self._documents) == 1:
            return self._documents[0].source.place(path, key=key)
        owners = list(self._documents)
        values = [document.value for document in owners]
        depth = 0
        for depth, step in enumerate(path):
            below = _step(owners, values, step)
            if below is None:
                return owners[0].source.place(path[:depth])
            owners, values = below
        return owners[0].source.place(path, key=key)


def step_into(value: Any, step: Step) -> tuple[bool, Any]:
    """Return whether a value has something at this key or position, and what."""
    match value, step:
        case dict(), _ if step in value:
            return True, value[step]
        case list(), int() if 0 <= step < len(value):
            return True, value[step]
        case _:
            return False, None


def _step(owners: list[Document], values: list[Any], step: Step) -> tuple[list[Document], list[Any]] | None:
    """Go one step down in all documents that take part; a later value that is no mapping hides the earlier ones."""
    found_owners: list[Document] = []
    found_values: list[Any] = []
    for owner, value in zip(owners, values, strict=True):
        there, below = step_into(value, step)
        if not there:
            continue
        if not (isinstance(below, dict) and found_values and isinstance(found_values[-1], dict)):
            found_owners.clear()
            found_values.clear()
        if below is not None or owner is owners[0]:
            found_owners.append(owner)
            found_values.append(below)
    return (found_owners, found_values) if found_owners else None


def merge_documents(documents: Sequence[Document]) -> tuple[dict[str, Any], list[Diagnostic]]:
    """Merge documents that are mappings, the first one below; a `null` that removes nothing is a warning.

    In the first file `null` is no removal: an empty service body is written that way.
    """
    problems: list[Diagnostic] = []
    merged: dict[str, Any] = documents[0].value
    for document in documents[1:]:
        merged = _merge(merged, document.value, document, (), problems)
    return merged, problems


def _merge(
    below: Mapping[str, Any], above: Mapping[str, Any], document: Document, path: Path, problems: list[Diagnostic]
) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        here = (*path, key)
        if value is None:
            if key not in merged:
                problems.append(_removes_nothing(document, here))
            merged.pop(key, None)
        elif isinstance(value, dict):
            old = merged.get(key)
            merged[key] = _merge(old if isinstance(old, dict) else {}, value, document, here, problems)
        else:
            merged[key] = value
    return merged


def _removes_nothing(document: Document, path: Path) -> Diagnostic:
    is_service = len(path) == 2 and path[0] == "services"
    return problem(
        REMOVES_NOTHING,
        f"'{path[-1]}' is removed here, but no file before has it",
        place=document.source.place(path, key=True),
        path=print_path(path),
        hint=f"a service without anything is written `{path[-1]}: {{}}`" if is_service else "take the line out",
    )
