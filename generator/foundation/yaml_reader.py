"""YAML and JSON in: many documents, each with its positions; a wrong one is reported and the others are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from generator.foundation.codes import (
    ALIAS_BOMB,
    DUPLICATE_KEY,
    FILE_UNREADABLE,
    TOO_DEEP,
    YAML_SYNTAX,
)
from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.source import SourceMap
from generator.foundation.yaml_loader import DuplicateKey, KubernetesLoader

MAX_DEPTH: Final = 64
MAX_NODES: Final = 2_000_000

_SEPARATOR = re.compile(r"^(?:---(?=[ \t\n]|$)|\.\.\.[ \t]*$)", re.MULTILINE)
_BLANK = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*)?", re.MULTILINE)
_NESTS_IN_ONE_LINE = re.compile(rf"^[ ]{{{MAX_DEPTH},}}\S|^[ ]*(?:[-?:][ ]+){{16,}}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its value as plain data, where it came from, and its number in the file from 0."""

    value: Any
    source: SourceMap
    number: int = 0


def read_documents(text: str, file: str) -> tuple[list[Document], list[Diagnostic]]:
    """Read all documents of a text; empty ones are left out, a wrong one becomes a diagnostic and the rest is read.

    `file` is the name that places carry. A JSON text, also one indented with tabs, is read as JSON.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    documents: list[Document] = []
    problems: list[Diagnostic] = []
    for number, (chunk, first_line) in enumerate(_split(text)):
        if _BLANK.fullmatch(chunk):
            continue
        source = SourceMap(file, chunk, first_line)
        value, found = _read_one(chunk, source)
        problems.extend(found)
        if not found and value is not None:
            documents.append(Document(value, source, number))
    return documents, problems


def decode_text(data: bytes, file: str) -> tuple[str, list[Diagnostic]]:
    """Decode the bytes of a file: UTF-8, or UTF-16 with its mark; anything else is a diagnostic."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return "", [problem(FILE_UNREADABLE, f"the file is not {encoding.upper()} text", place=Place(file, line, 1))]


def _split(text: str) -> Iterator[tuple[str, int]]:
    """Cut at the document marks; a mark can stand only at the start of a line, also in quoted text (YAML 1.2)."""
    start, line = 0, 1
    for mark in _SEPARATOR.finditer(text):
        chunk = text[start : mark.start()]
        if not (start == 0 and chunk.lstrip().startswith("%")):
            yield chunk, line
        line += chunk.count("\n")
        start = mark.end()
    yield text[start:], line


def _read_one(text: str, source: SourceMap) -> tuple[Any, list[Diagnostic]]:
    first = text.lstrip()[:1]
    if first in ("{", "["):
        done, value, found = _read_json(text, source)
        if done:
            return value, found
    found = _check_depth(text, source)
    if found:
        return None, found
    try:
        value = yaml.load(text, Loader=KubernetesLoader)  # noqa: S506 - a subclass of the safe loader
    except DuplicateKey as error:
        place = _place(source, error.mark)
        joined = "is the line `---` between two documents missing?"
        hint = joined if error.key in ("apiVersion", "kind") and error.mark.column == 0 else "keep one of them"
        return None, [problem(DUPLICATE_KEY, f"the key '{error.key}' stands twice", place=place, hint=hint)]
    except yaml.MarkedYAMLError as error:
        place = _place(source, error.problem_mark or error.context_mark)
        return None, [
            problem(YAML_SYNTAX, _yaml_message(error, text), place=place, hint=_yaml_hint(text, place, source))
        ]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, [problem(YAML_SYNTAX, str(error).split("\n")[0], place=Place(source.file, source.first_line, 1))]
    if "*" in text and "&" in text and not _bounded(value):
        place = Place(source.file, source.first_line, 1)
        return None, [problem(ALIAS_BOMB, f"aliases expand the document beyond {MAX_NODES:,} values", place=place)]
    return value, []


def _read_json(text: str, source: SourceMap) -> tuple[bool, Any, list[Diagnostic]]:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in items:
            if key in result:
                raise DuplicateKey(key, None)
            result[key] = value
        return result

    place = Place(source.file, source.first_line, 1)
    too_deep = problem(TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels", place=place)
    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except DuplicateKey as error:
        return True, None, [problem(DUPLICATE_KEY, f"the key '{error.key}' stands twice", place=place)]
    except RecursionError:
        return True, None, [too_deep]
    except ValueError:
        return False, None, []
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        return True, None, [too_deep]
    return True, value, []


def _is_deep(value: Any) -> bool:
    """Tell whether plain data nests deeper than is read, level by level, because recursion is what may not happen."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            part
            for item in level
            if isinstance(item, dict | list)
            for part in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True


def _check_depth(text: str, source: SourceMap) -> list[Diagnostic]:
    """Refuse deep nesting before a recursive composer meets it; cheap for what cannot be deep."""
    brackets = text.count("[") + text.count("{")
    if brackets < MAX_DEPTH and not _NESTS_IN_ONE_LINE.search(text):
        return []
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    place = _place(source, event.start_mark)
                    return [problem(TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels", place=place)]
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return []  # the loader reports it with its place
    return []


def _bounded(value: Any) -> bool:
    """Count what the value holds when every alias is written out; a cycle or too many is unbounded."""
    sizes: dict[int, int] = {}
    in_progress: set[int] = set()

    def size(item: Any) -> int:
        if not isinstance(item, dict | list):
            return 1
        known = sizes.get(id(item))
        if known is not None:
            return known
        if id(item) in in_progress:
            return MAX_NODES + 1
        in_progress.add(id(item))
        parts = item.values() if isinstance(item, dict) else item
        total = min(1 + sum(size(part) for part in parts), MAX_NODES + 1)
        in_progress.discard(id(item))
        sizes[id(item)] = total
        return total

    return size(value) <= MAX_NODES


def _place(source: SourceMap, mark: Any) -> Place:
    if mark is None:
        return Place(source.file, source.first_line, 1)
    return Place(source.file, source.first_line + mark.line, mark.column + 1)


def _yaml_message(error: yaml.MarkedYAMLError, text: str) -> str:
    message = (error.problem or error.context or "not YAML").strip()
    cannot_start = "found character that cannot start any token" in message
    if "found character '\\t'" in message or (cannot_start and "\t" in text):
        return "a tab cannot indent YAML"
    return message


def _yaml_hint(text: str, place: Place, source: SourceMap) -> str:
    lines = text.split("\n")
    index = place.line - source.first_line
    line = lines[index] if 0 <= index < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with blanks"
    if any(mark in line for mark in ("{{", "${", "%{")):
        return "this looks like a template; render it first"
    return ""
