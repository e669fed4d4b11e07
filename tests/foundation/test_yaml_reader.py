from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.foundation.diagnostics import Diagnostic, Place
from generator.foundation.yaml_reader import MAX_DEPTH, Document, decode_text, read_documents


def read(text: str) -> tuple[list[Any], list[Diagnostic]]:
    documents, problems = read_documents(text, "f.yaml")
    return [document.value for document in documents], problems


def one(text: str) -> Any:
    values, problems = read(text)
    assert problems == []
    (value,) = values
    return value


def refused(text: str) -> Diagnostic:
    values, problems = read(text)
    assert values == []
    (problem,) = problems
    return problem


# As sigs.k8s.io/yaml reads them: booleans of YAML 1.1, except y and n; a date is text.
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", True), ("No", False), ("on", True), ("OFF", False), ("true", True), ("False", False),
        ("y", "y"), ("N", "N"), ("yEs", "yEs"), ("tRUE", "tRUE"),
        ("1e3", 1000.0), ("1E3", 1000.0), ("1.5e-3", 0.0015), (".5", 0.5), ("5.", 5.0), ("1e", "1e"), ("e3", "e3"),
        ("0o777", 511), ("0777", 511), ("0x1F", 31), ("0b101", 5), ("08", 8.0), ("-7", -7), ("+7", 7), ("1_000", 1000),
        ("2026-01-01", "2026-01-01"), ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("12:30:45", "12:30:45"), ("1.2.3", "1.2.3"), ("v1", "v1"), ("~", None), ("null", None), ("", None),
        ("nULL", "nULL"), ("'yes'", "yes"), ('"1e3"', "1e3"), ("!!str 5", "5"), ("80:90", "80:90"), ("=", "="),
        ("10.0.0.0/8", "10.0.0.0/8"), ("0", 0), ("-0", 0), ("00", 0), ("0.0", 0.0),
    ],
)  # fmt: skip
def test_scalars(written: str, value: Any) -> None:
    found = one(f"a: {written}\n")["a"]
    assert found == value
    assert type(found) is type(value)


def test_infinities() -> None:
    assert one("a: .inf\nb: -.Inf\n") == {"a": float("inf"), "b": float("-inf")}
    assert str(one("a: .nan\n")["a"]) == "nan"


def test_keys_are_always_text() -> None:
    assert one("on: 1\n5: 2\nnull: 3\n2026-01-01: 4\ntrue: {no: 1}\n") == {
        "on": 1, "5": 2, "null": 3, "2026-01-01": 4, "true": {"no": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "place"),
    [
        ("a: 1\nb: 2\na: 3\n", "a", Place("f.yaml", 3, 1)),
        ("x:\n  - a: 1\n    a: 2\n", "a", Place("f.yaml", 3, 5)),
        ("{a: 1, 'a': 2}\n", "a", Place("f.yaml", 1, 8)),
        ("---\n---\non: 1\n'on': 2\n", "on", Place("f.yaml", 4, 1)),
    ],
)
def test_duplicate_keys(text: str, key: str, place: Place) -> None:
    problem = refused(text)
    assert (problem.code, problem.summary, problem.place) == ("RF0002", f"the key '{key}' stands twice", place)


def test_duplicate_keys_in_json() -> None:
    assert refused('{"a": 1, "a": 2}').code == "RF0002"


def test_merge_keys_are_no_duplicates() -> None:
    text = "base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\n"
    assert one(text)["more"] == {"x": 1, "y": 3}


def test_a_key_that_is_no_text() -> None:
    problem = refused("? [a, b]\n: 1\n")
    assert (problem.code, problem.place.line) == ("RF0001", 1)


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_billion_laughs_are_refused_at_once() -> None:
    started = time.monotonic()
    assert refused(bomb(30)).code == "RF0004"
    assert time.monotonic() - started < 2
    assert len(one(bomb(3))) == 3


def test_a_document_in_itself_is_refused() -> None:
    assert refused("a: &a\n  b: *a\n").code in ("RF0004", "RF0001")
    assert refused("&a [*a]\n").code in ("RF0004", "RF0001")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 5000 + "]" * 5000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        '{"a":' * 100 + "1" + "}" * 100,
        "- " * 5000 + "x",
        "\n".join("  " * depth + "a:" for depth in range(2000)),
        "? " * 3000 + "x",
    ],
    ids=["open", "flow", "json", "json a little", "dashes", "block", "question marks"],
)
def test_deep_nesting_is_refused(text: str) -> None:
    problem = refused(text)
    assert problem.code == "RF0003"
    assert problem.place.line >= 1


def test_nesting_of_real_manifests_is_fine() -> None:
    deep = "x"
    for _ in range(MAX_DEPTH - 4):
        deep = "{a: " + deep + "}"
    assert one(deep)
    assert one("\n".join("  " * depth + "a:" for depth in range(25)) + " 1\n")


def test_line_ends_and_marks() -> None:
    assert read("\ufeffa: 1\r\n---\r\nb: 2\r\n") == ([{"a": 1}, {"b": 2}], [])
    assert read("a: 1\rb: 2\r") == ([{"a": 1, "b": 2}], [])
    documents, _ = read_documents("\ufeffa:\r\n  b: 1\r\n", "f.yaml")
    assert documents[0].source.place(("a", "b")) == Place("f.yaml", 2, 6)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    text, problems = decode_text("a: väg\n".encode(encoding), "f")
    assert problems == []
    assert one(text) == {"a": "väg"}


def test_bytes_that_are_no_text() -> None:
    text, (problem,) = decode_text(b"a: 1\nb: \xff\xfe\n", "f")
    assert text == ""
    assert (problem.code, problem.place) == ("RF0005", Place("f", 2, 1))


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "---\n---\n# x\n---\n", "...\n", "--- \n", "null\n"]
)
def test_empty_documents_are_left_out(text: str) -> None:
    assert read(text) == ([], [])


def test_document_marks() -> None:
    assert read("--- {a: 1}\n--- # note\nb: 2\n...\n---\nc: 3\n") == ([{"a": 1}, {"b": 2}, {"c": 3}], [])
    assert one("a: |\n  ---\n  x\n") == {"a": "---\nx\n"}
    assert read("%YAML 1.1\n---\na: 1\n") == ([{"a": 1}], [])
    assert one("a: b---c\n") == {"a": "b---c"}


def test_a_wrong_document_among_good_ones() -> None:
    text = "a: 1\n---\nb: [\n---\nc: 3\n---\nd: {{ .Values.x }}\n---\n\te: 5\n---\nf: 6\n"
    values, problems = read(text)
    assert values == [{"a": 1}, {"c": 3}, {"f": 6}]
    assert [(item.code, item.place.line) for item in problems] == [("RF0001", 4), ("RF0001", 7), ("RF0001", 9)]
    assert problems[1].hint == "this looks like a template; render it first"
    assert problems[2].summary == "a tab cannot indent YAML"


def test_documents_know_their_number_and_lines() -> None:
    documents, _ = read_documents("# c\n---\na: 1\n---\n---\nb:\n- c: 2\n", "f.yaml")
    assert [document.source.place(("a",)).line for document in documents[:1]] == [3]
    assert documents[1].source.place(("b", 0, "c")) == Place("f.yaml", 7, 6)
    assert [document.number for document in documents] == [1, 3]


def test_json_indented_with_tabs() -> None:
    text = '{\n\t"a": {\n\t\t"b": [1,\n\t\t\t2]\n\t}\n}\n'
    documents, problems = read_documents(text, "f.json")
    assert problems == []
    assert documents[0].value == {"a": {"b": [1, 2]}}
    assert documents[0].source.place(("a", "b", 1)) == Place("f.json", 4, 4)


def test_json_with_trailing_commas() -> None:
    assert one('{"a": [1, 2,], "b": {"c": 3,},}') == {"a": [1, 2], "b": {"c": 3}}


def test_json_lines_are_no_manifest() -> None:
    assert refused('{"a": 1}\n{"b": 2}\n').code == "RF0001"


def test_tabs_in_yaml() -> None:
    problem = refused("a:\n\tb: 1\n")
    assert (problem.summary, problem.hint) == ("a tab cannot indent YAML", "indent with blanks")
    assert problem.place.line == 2
    assert one("a: 'x\ty'\nb: z\t# note\n") == {"a": "x\ty", "b": "z"}


def test_a_number_of_many_digits_is_no_traceback() -> None:
    for text in ("a: " + "9" * 6000, '{"a": ' + "9" * 6000 + "}"):
        values, problems = read(text)
        assert len(values) + len(problems) == 1


def test_five_thousand_documents_in_one_file() -> None:
    document = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: b\n"
    text = "---\n".join(document for _ in range(5000)).replace("name: c", "name: d", 1)
    started = time.monotonic()
    documents, problems = read_documents(text, "f.yaml")
    assert time.monotonic() - started < 10
    assert len(documents) == 5000
    assert problems == []
    assert documents[4999].source.place(("data", "a")) == Place("f.yaml", 4999 * 6 + 5, 6)


def test_unknown_tags_are_reported() -> None:
    for text in ("a: !!python/object/apply:os.system [ls]\n", "a: !custom x\n"):
        assert refused(text).code == "RF0001"


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab:-[]{}'\"\n #&*!|>%?,\t0"), max_size=40))
def test_no_text_raises(text: str) -> None:
    documents, problems = read_documents(text, "f")
    assert all(isinstance(document, Document) for document in documents)
    assert all(problem.place.line >= 1 for problem in problems)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.text(max_size=5), _json, min_size=1), st.sampled_from([None, 2, "\t"]))
def test_json_is_read_as_json(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent)
    values, problems = read(text)
    assert problems == []
    assert values == [value]
