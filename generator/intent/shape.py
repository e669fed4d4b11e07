"""The shape of an intent: plain data into the file model, and what is wrong with it in our own words.

All problems are found at once: what is wrong is taken out and the rest is read again, so that the checks of meaning
see everything that can be read. What was taken out is remembered, so that they do not complain about the gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import Path, print_path
from generator.intent.codes import NO_VALUE
from generator.intent.file_model import IntentFile
from generator.intent.overlay import MergedSource
from generator.intent.shape_words import KEY_STEP, describe_error, is_at_key, real_path

# Only here an empty value has a plain meaning: nothing, or a service of which nothing needs saying.
EMPTY_SECTIONS = frozenset({"services", "externals", "shared", "threatFeeds", "exceptions", "replaces"})
_MAX_ROUNDS = 20
_STANDINS = {"version": 1, "name": "unknown", "platform": "unknown"}


@dataclass(frozen=True, slots=True)
class Gaps:
    """Ways in the files of what could not be read."""

    paths: frozenset[Path] = frozenset()
    prefixes: frozenset[Path] = frozenset()

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Gaps:
        """Return the gaps at these ways."""
        found = frozenset(paths)
        return cls(found, frozenset(path[:depth] for path in found for depth in range(len(path) + 1)))

    def within(self, path: Path) -> bool:
        """Tell whether something at or below this way was left out."""
        return path in self.prefixes


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What could be read of a file: `file` is None if nothing could."""

    file: IntentFile | None
    source: MergedSource
    gaps: Gaps
    problems: tuple[Diagnostic, ...]


def read_shape(data: Mapping[str, Any], source: MergedSource) -> ReadFile:
    """Read the effective content as far as it can be read; every problem has its place."""
    problems: list[Diagnostic] = []
    dead: set[Path] = set()
    for path in _empty_values(data, ()):
        dead.add(path)
        hint = "leave the key out, or give it a value" if isinstance(path[-1], str) else "take the entry out"
        what = f"'{path[-1]}' has no value" if isinstance(path[-1], str) else "the entry has no value"
        problems.append(problem(NO_VALUE, what, place=source.place(path, key=True), path=print_path(path), hint=hint))
    content: Any = data
    places = source
    for turn in range(_MAX_ROUNDS):
        if dead:
            kept: dict[Path, list[int]] = {}
            content = _without(data, dead, (), (), kept)
            places = source.without(kept)
        try:
            file = IntentFile.model_validate(content)
        except ValidationError as error:
            for found in error.errors(include_url=False):
                path = places.original(real_path(found["loc"], content))
                if turn == 0:
                    problems.append(_translate(found, path, content, source))
                dead.add(_to_leave_out(path, found["type"] == "missing"))
                if is_at_key(found):
                    dead.add((*path, KEY_STEP))
        else:
            return ReadFile(file, places, Gaps.of(dead), tuple(problems))
    return ReadFile(None, places, Gaps.of(dead), tuple(problems))


def _translate(found: Any, path: Path, content: Any, source: MergedSource) -> Diagnostic:
    code, summary, hint = describe_error(found, content)
    place = source.place(path, key=is_at_key(found))
    return problem(code, summary, place=place, path=print_path(path), hint=hint)


def _to_leave_out(path: Path, missing: bool) -> Path:
    """Return what goes: the value itself, or what holds a gap; of the file's own keys a stand-in takes the place."""
    if missing and len(path) > 1:
        return path[:-1]
    return path


def _empty_values(value: Any, path: Path) -> list[Path]:
    found: list[Path] = []
    match value:
        case None:
            if not _may_be_empty(path):
                found.append(path)
        case dict():
            for key, item in value.items():
                if item is None or isinstance(item, dict | list):
                    found.extend(_empty_values(item, (*path, key)))
        case list():
            for position, item in enumerate(value):
                if item is None or isinstance(item, dict | list):
                    found.extend(_empty_values(item, (*path, position)))
        case _:
            pass
    return found


def _may_be_empty(path: Path) -> bool:
    match path:
        case (section,):
            return section in EMPTY_SECTIONS
        case ("services", _):
            return True
        case ("services", _, "needs"):
            return True
        case _:
            return False


def _without(value: Any, dead: set[Path], path: Path, now: Path, kept: dict[Path, list[int]]) -> Any:
    """Copy the content without what is dead; `path` is the way in the files, `now` the way in the copy."""
    match value:
        case dict():
            copy: dict[str, Any] = {}
            for key, item in value.items():
                below = (*path, key)
                if below not in dead:
                    copy[key] = _without(item, dead, below, (*now, key), kept)
                elif len(below) == 2 and below[0] == "services" and (*below, KEY_STEP) not in dead:
                    copy[key] = {}  # a service that cannot be read is still a name that others may need
            if not path:
                copy.update({key: item for key, item in _STANDINS.items() if key not in copy})
            return copy
        case list():
            positions = [position for position in range(len(value)) if (*path, position) not in dead]
            if len(positions) != len(value):
                kept[now] = positions
            return [_without(value[old], dead, (*path, old), (*now, new), kept) for new, old in enumerate(positions)]
        case _:
            return value
