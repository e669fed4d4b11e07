"""Fields of a manifest, asked for by type: what is absent or null is empty, what has another type is reported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import Path, SourceMap, Step, print_path
from generator.intent.model import Labels
from generator.snapshot.codes import WRONG_TYPE

_NAMES = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}


def type_name(value: Any) -> str:
    """Return what people call the type of a plain value."""
    return _NAMES.get(type(value), "nothing" if value is None else type(value).__name__)


class Fields:
    """A mapping inside a manifest with the way to it; every question about a field goes through here.

    The place of a field is worked out only when something is wrong with it.
    """

    __slots__ = ("path", "problems", "source", "value")

    def __init__(
        self, value: Mapping[str, Any], source: SourceMap, problems: list[Diagnostic], path: Path = ()
    ) -> None:
        self.value = value
        self.source = source
        self.problems = problems
        self.path = path

    def at(self, *steps: Step) -> Path:
        """Return the way to something below."""
        return (*self.path, *steps)

    def wrong(self, key: Step, value: Any, due: str) -> None:
        """Report that the field holds something else than what is due."""
        path = self.at(key)
        summary = f"'{key}' is {type_name(value)}, not {due}"
        self.problems.append(problem(WRONG_TYPE, summary, place=self.source.place(path), path=print_path(path)))

    def mapping(self, key: str) -> Fields:
        """Return a mapping below; empty where it is absent."""
        found = self.value.get(key)
        if not isinstance(found, dict):
            if found is not None:
                self.wrong(key, found, "a mapping")
            found = {}
        return Fields(found, self.source, self.problems, self.at(key))

    def way(self, *keys: str) -> Fields:
        """Return a mapping several steps below."""
        found = self
        for key in keys:
            found = found.mapping(key)
        return found

    def text(self, key: str, default: str = "") -> str:
        """Return a text; a number or boolean is taken as written in JSON and reported."""
        found = self.value.get(key)
        if isinstance(found, str):
            return found
        if found is None:
            return default
        self.wrong(key, found, "text")
        return default if isinstance(found, dict | list) else json.dumps(found)

    def word(self, key: str, default: str = "") -> str:
        """Return a number or a text as text, for fields that take both."""
        found = self.value.get(key)
        match found:
            case None:
                return default
            case bool() | dict() | list() | float():
                self.wrong(key, found, "a number or text")
                return default
            case _:
                return str(found)

    def number(self, key: str, default: int = 0) -> int:
        """Return a whole number; a text of digits is taken for it."""
        found = self.value.get(key)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
        if isinstance(found, float) and found.is_integer():
            return int(found)
        if found is None:
            return default
        if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 10:
            return int(found)
        self.wrong(key, found, "a number")
        return default

    def flag(self, key: str) -> bool:
        """Return a boolean; absent is false."""
        found = self.value.get(key)
        if isinstance(found, bool):
            return found
        if found is not None:
            self.wrong(key, found, "true or false")
        return False

    def items(self, key: str) -> Iterator[Fields]:
        """Go through a list of mappings; what is none is reported."""
        for position, item in enumerate(self._list(key)):
            if isinstance(item, dict):
                yield Fields(item, self.source, self.problems, self.at(key, position))
            elif item is not None:
                Fields({}, self.source, self.problems, self.at(key)).wrong(position, item, "a mapping")

    def texts(self, key: str) -> list[tuple[int, str]]:
        """Return the texts of a list, each with its position; a number counts as text."""
        result: list[tuple[int, str]] = []
        for position, item in enumerate(self._list(key)):
            match item:
                case None:
                    continue
                case str():
                    result.append((position, item))
                case int() | float():
                    result.append((position, json.dumps(item)))
                case _:
                    Fields({}, self.source, self.problems, self.at(key)).wrong(position, item, "text")
        return result

    def labels(self, key: str) -> Labels:
        """Return a mapping of texts, sorted by key; a value that is no text is reported and taken as written."""
        found = self.mapping(key)
        if not found.value:
            return ()
        return tuple(sorted((str(name), found.text(name)) for name in found.value))

    def _list(self, key: str) -> list[Any]:
        found = self.value.get(key)
        if isinstance(found, list):
            return found
        if found is not None:
            self.wrong(key, found, "a list")
        return []
