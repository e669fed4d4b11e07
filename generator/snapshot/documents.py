"""From documents to single objects: lists taken apart, namespaces filled in, the same object kept once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator.foundation.codes import NOT_A_MAPPING
from generator.foundation.diagnostics import Diagnostic, problem
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import Document
from generator.snapshot.codes import NO_NAME, SAME_OBJECT_TWICE
from generator.snapshot.fields import Fields


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a document: its group and kind as written, and its fields."""

    group: str
    kind: str
    fields: Fields

    @property
    def api_version(self) -> str:
        """Return the apiVersion as written."""
        return str(self.fields.value.get("apiVersion") or "")


@dataclass(frozen=True, slots=True)
class Named:
    """An object with the namespace that counts ("" for a cluster-wide kind) and its name."""

    item: Item
    namespace: str
    name: str


def split_items(documents: Iterable[Document], problems: list[Diagnostic]) -> Iterator[Item]:
    """Go through all objects; of `List` and `…List` the items, which may leave out what the list says already."""
    for document in documents:
        yield from _items(document.value, document.source, problems, "", "")


def _items(value: Any, source: SourceMap, problems: list[Diagnostic], group: str, kind: str) -> Iterator[Item]:
    if isinstance(value, Mapping) and kind and not (value.get("kind") and value.get("apiVersion")):
        value = {"apiVersion": group, "kind": kind, **{key: part for key, part in value.items() if part is not None}}
    api_version = value.get("apiVersion") if isinstance(value, Mapping) else None
    written = value.get("kind") if isinstance(value, Mapping) else None
    if not (isinstance(api_version, str) and isinstance(written, str) and api_version and written):
        summary = "a document that is no Kubernetes object is passed over"
        problems.append(problem(NOT_A_MAPPING, summary, place=source.place()))
        return
    if written.endswith("List") and isinstance(value.get("items"), list):
        below = written.removesuffix("List")
        for position, part in enumerate(value["items"]):
            if part is not None:
                yield from _items(part, source.below("items", position), problems, api_version, below)
        return
    head, slash, _ = api_version.partition("/")
    yield Item(head if slash else "", written, Fields(value, source, problems))


def name_items(item: Item, namespaced: bool, namespace: str) -> Named | None:
    """Return the object with its namespace and name; one without any name is reported and passed over."""
    metadata = item.fields.mapping("metadata")
    name = metadata.text("name") or metadata.text("generateName").rstrip("-")
    if not name:
        place = item.fields.source.place(("metadata",))
        item.fields.problems.append(
            problem(
                NO_NAME, f"the {item.kind} has no name", place=place, path="metadata.name", hint="set metadata.name"
            )
        )
        return None
    return Named(item, (metadata.text("namespace") or namespace) if namespaced else "", name)


class OnceOnly:
    """Keeps each object once. Of two with the same identity the later counts, as with `kubectl apply` in this order."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Named] = {}

    def add(self, key: str, found: Named) -> None:
        """Keep an object; `key` stands for its kind. Another content than before is reported with both places."""
        identity = (key, found.namespace, found.name)
        before = self._kept.get(identity)
        if before is not None and before.item.fields.value == found.item.fields.value:
            # Equal ones: the first file by name stands for both, in whatever order they were read.
            self._kept[identity] = min(before, found, key=_stands)
            return
        self._kept[identity] = found
        if before is None:
            return
        report_twice(found.item.kind, found.namespace, found.name, before.item.fields, found.item.fields)

    def by_key(self) -> dict[str, list[Named]]:
        """Return all objects by key, each list by namespace and name."""
        result: dict[str, list[Named]] = {}
        for (key, _, _), found in sorted(self._kept.items(), key=lambda pair: pair[0]):
            result.setdefault(key, []).append(found)
        return result


def _stands(found: Named) -> tuple[str, int]:
    source = found.item.fields.source
    return source.file, source.first_line


def report_twice(kind: str, namespace: str, name: str, before: Fields, after: Fields) -> None:
    """Report that two documents with different content describe one object."""
    full = f"{namespace}/{name}" if namespace else name
    earlier = before.source.place()
    summary = f"{kind} '{full}' stands also in {earlier.file}:{earlier.line} with other content"
    hint = "the later one counts, as with kubectl apply; remove one of them"
    after.problems.append(
        problem(SAME_OBJECT_TWICE, summary, place=after.source.place(), path="metadata.name", hint=hint)
    )
