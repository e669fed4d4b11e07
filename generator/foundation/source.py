"""From a way inside a document (`spec.ingress[0].action`) to its line and column, worked out only when asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from generator.foundation.diagnostics import Place

Step = str | int
Path = tuple[Step, ...]


def print_path(path: Path) -> str:
    """Write a path for people: `spec.ingress[0].source`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


class SourceMap:
    """Knows the text that a document was read from; composes it again on the first question about a place.

    Loading thousands of documents pays nothing for positions; the one with a problem pays once.
    `prefix` is the way to this document when it is an item of a `List`.
    """

    __slots__ = ("_marks", "_text", "file", "first_line", "prefix")

    def __init__(self, file: str, text: str, first_line: int = 1, prefix: Path = ()) -> None:
        self.file = file
        self.first_line = first_line
        self.prefix = prefix
        self._text = text
        # Shared by all parts of one document, so that whoever asks first composes for the others.
        self._marks: list[dict[Path, tuple[int, int, int, int]]] = []

    @classmethod
    def recorded(cls, file: str, places: Mapping[Path, tuple[int, int]]) -> SourceMap:
        """Return a map of a document that is not at hand any more: the (line, column) of the ways that were kept.

        What was not kept has the place of the nearest part above it.
        """
        source = cls(file, "", 0)
        source._marks.append({path: (line, column - 1, line, column - 1) for path, (line, column) in places.items()})
        return source

    def below(self, *steps: Step) -> SourceMap:
        """Return the map of a part of this document; both share what is worked out, whenever that happens."""
        part = SourceMap(self.file, self._text, self.first_line, (*self.prefix, *steps))
        part._marks = self._marks
        return part

    def place(self, path: Path = (), *, key: bool = False) -> Place:
        """Return where the value of `path` stands, or its key with `key=True`; of what is absent, its parent."""
        marks = self._index()
        full = (*self.prefix, *path)
        while full and full not in marks:
            full = full[:-1]
            key = False
        found = marks.get(full)
        if found is None:
            return Place(self.file, self.first_line, 1)
        line, column = found[2:] if key else found[:2]
        return Place(self.file, self.first_line + line, column + 1)

    def places(self, depth: int) -> dict[Path, tuple[int, int]]:
        """Return the (line, column) of this document and of everything in it up to so many steps down."""
        cut = len(self.prefix)
        found = {
            path[cut:]: (self.first_line + mark[0], mark[1] + 1)
            for path, mark in self._index().items()
            if path[:cut] == self.prefix and len(path) - cut <= depth
        }
        return found or {(): (self.first_line, 1)}

    def _index(self) -> dict[Path, tuple[int, int, int, int]]:
        if not self._marks:
            marks: dict[Path, tuple[int, int, int, int]] = {}
            self._marks.append(marks)
            try:
                # A tab is no indentation in YAML but is legal in JSON; one blank keeps every column.
                node = yaml.compose(self._text.replace("\t", " "), Loader=yaml.CSafeLoader)
            except yaml.YAMLError:
                node = None
            if node is not None:
                _collect(node, (), None, marks, set())
        return self._marks[0]


def _collect(
    node: Any, path: Path, key: Any, marks: dict[Path, tuple[int, int, int, int]], open_nodes: set[int]
) -> None:
    if id(node) in open_nodes or len(path) > 100:
        return
    value = node.start_mark
    at_key = key.start_mark if key is not None else value
    marks[path] = (value.line, value.column, at_key.line, at_key.column)
    open_nodes.add(id(node))
    if isinstance(node, yaml.MappingNode):
        _collect_mapping(node, path, marks, open_nodes)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _collect(item, (*path, position), None, marks, open_nodes)
    open_nodes.discard(id(node))


def _collect_mapping(node: Any, path: Path, marks: dict[Path, tuple[int, int, int, int]], open_nodes: set[int]) -> None:
    """Collect a mapping's own keys, then what its merge keys (`<<: *base`) add: that stands where the anchor is."""
    merged: list[Any] = []
    own: set[Step] = set()
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            continue
        own.add(key_node.value)
        if key_node.tag == "tag:yaml.org,2002:merge":
            merged.extend(value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node])
        _collect(value_node, (*path, key_node.value), key_node, marks, open_nodes)
    for base in merged:
        if not isinstance(base, yaml.MappingNode) or id(base) in open_nodes:
            continue
        below: dict[Path, tuple[int, int, int, int]] = {}
        _collect(base, path, None, below, open_nodes)
        added = {place: mark for place, mark in below.items() if len(place) > len(path) and place[len(path)] not in own}
        marks.update(added)
        own.update(place[len(path)] for place in added)
