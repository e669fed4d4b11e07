from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.foundation.yaml_reader import read_documents


def value_of(text: str) -> Any:
    documents, problems = read_documents(text, "a.yaml")
    assert problems == []
    return documents[0].value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a: {b: [1, x, true, null, 1.5]}", {"a": {"b": [1, "x", True, None, 1.5]}}),
        ("a: '1'", {"a": "1"}),
        ("a: !!str 1", {"a": "1"}),
        ("a: !!int '0x1F'", {"a": 31}),
        ("a: !!bool 'off'", {"a": False}),
        ("a: y", {"a": "y"}),
        ("1: x\non: y\n", {"1": "x", "on": "y"}),
        ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\n", {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}}),
        ("a: &x {b: 1}\nd: &y {<<: *x}\ne: {<<: [*y, *x]}\n", {"a": {"b": 1}, "d": {"b": 1}, "e": {"b": 1}}),
        ("a: !!binary aGk=", {"a": b"hi"}),
        ("a: !!set {x, y}", {"a": {"x", "y"}}),
        ("a: !!omap [x: 1]", {"a": [("x", 1)]}),
    ],
)
def test_what_is_written_and_what_is_read(written: str, value: Any) -> None:
    assert value_of(written) == value


@pytest.mark.parametrize(
    "written",
    [
        "a: !!int ''",
        "a: !!int x",
        "a: !!float x",
        "a: !!bool perhaps",
        "a: !!map [x]",
        "a: !!seq {x: 1}",
        "a: !!set [x]",
        "a: !Ref x",
        "[x]: 1",
        "a: {<<: x}",
        "a: <<",
        "a: *x",
        "a: !!str {b: c}",
    ],
)
def test_what_cannot_be_read_is_a_problem_with_a_place(written: str) -> None:
    documents, problems = read_documents(f"ok: 1\n---\n{written}\n---\nalso: ok\n", "a.yaml")
    assert [document.value for document in documents] == [{"ok": 1}, {"also": "ok"}]
    assert [(item.code, item.place.file) for item in problems] == [("RF0001", "a.yaml")]
    assert problems[0].place.line == 3


def test_a_key_that_stands_twice_is_found_at_any_depth() -> None:
    for text, line in (("a: 1\na: 2\n", 2), ("a:\n  - b: {c: 1, c: 2}\n", 2), ("x: &x\n  a: 1\n  a: 2\ny: *x\n", 3)):
        _, problems = read_documents(text, "a.yaml")
        assert [(item.code, item.place.line) for item in problems] == [("RF0002", line)]


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=5), parts, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), DATA, min_size=1, max_size=4), st.booleans())
def test_what_another_program_writes_comes_back(data: dict[str, Any], flow: bool) -> None:
    text = yaml.dump(data, Dumper=yaml.CSafeDumper, default_flow_style=flow, default_style='"')
    assert value_of(text) == data
