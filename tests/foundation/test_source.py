from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from generator.foundation.diagnostics import Place
from generator.foundation.source import SourceMap, print_path
from generator.foundation.yaml_reader import read_documents
from generator.foundation.yaml_writer import write_document

TEXT = """# head
kind: List
items:
- metadata:
    name: a
    labels: {x: y}
-
  metadata:
    name: b
"""


def test_paths_for_people() -> None:
    assert print_path(()) == ""
    assert print_path(("spec", "ingress", 0, "source", "nets", 12)) == "spec.ingress[0].source.nets[12]"
    assert print_path((0, "a")) == "[0].a"


def test_values_and_keys() -> None:
    source = SourceMap("f", TEXT)
    assert source.place(("items", 0, "metadata", "name")) == Place("f", 5, 11)
    assert source.place(("items", 0, "metadata", "name"), key=True) == Place("f", 5, 5)
    assert source.place(("items", 0, "metadata", "labels", "x")) == Place("f", 6, 17)
    assert source.place(("items", 1, "metadata", "name")) == Place("f", 9, 11)


def test_what_is_absent_has_its_parents_place() -> None:
    source = SourceMap("f", TEXT)
    assert source.place(("items", 1, "metadata", "namespace")) == source.place(("items", 1, "metadata"))
    assert source.place(("items", 7)) == source.place(("items",))
    assert source.place(("items", 1, "metadata", "x", "y", 0), key=True) == source.place(("items", 1, "metadata"))


def test_an_item_of_a_list() -> None:
    item = SourceMap("f", TEXT).below("items", 1)
    assert item.place(("metadata", "name")) == Place("f", 9, 11)
    assert item.place() == Place("f", 8, 3)
    assert item.below("metadata").place(("name",)) == Place("f", 9, 11)


def test_later_documents_count_from_the_first_line_of_the_file() -> None:
    assert SourceMap("f", TEXT, first_line=101).place(("items", 1, "metadata", "name")) == Place("f", 109, 11)


def test_text_that_does_not_parse_has_its_first_line() -> None:
    assert SourceMap("f", "a: [", 7).place(("a",)) == Place("f", 7, 1)


def test_a_document_in_itself_has_places() -> None:
    assert SourceMap("f", "a: &a\n  b: *a\n").place(("a", "b")).line in (1, 2)


_keys = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
_tree = st.recursive(
    st.integers(0, 9), lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(_keys, inner, min_size=1)
)


def ways(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [(path, value), *(found for step, item in steps for found in ways(item, (*path, step)))]


@given(st.dictionaries(_keys, _tree, min_size=1, max_size=3))
def test_the_value_stands_at_its_place(value: dict[str, Any]) -> None:
    text = write_document(value)
    (document,), _ = read_documents(text, "f")
    lines = text.split("\n")
    for path, item in ways(value):
        place = document.source.place(path)
        at = lines[place.line - 1][place.column - 1 :]
        if isinstance(item, int):
            assert at.startswith(str(item))
        if path and isinstance(path[-1], str):
            key = document.source.place(path, key=True)
            assert lines[key.line - 1][key.column - 1 :].startswith((f"{path[-1]}:", f"'{path[-1]}':"))
