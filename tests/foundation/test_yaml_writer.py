from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.foundation.yaml_reader import read_documents
from generator.foundation.yaml_writer import write_document, write_documents, write_scalar_text

# The core schema of YAML 1.2 (chapter 10.3.2): what an unquoted scalar is there.
_CORE_1_2 = {
    "null": re.compile(r"null|Null|NULL|~|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    ),
}


def is_text_in_1_2(written: str) -> bool:
    if written[:1] in ("'", '"'):
        return True
    return not any(pattern.fullmatch(written) for pattern in _CORE_1_2.values())


TRAPS = [
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "true",
    "false",
    "null",
    "~",
    "NULL",
    "Null",
    "1e3",
    "0o777",
    "0777",
    "0x1f",
    "0b1",
    "08",
    "1_0",
    ".5",
    "5.",
    "+1",
    "-0",
    ".inf",
    "-.INF",
    ".nan",
    "2026-01-01",
    "12:30",
    "1:2",
    "1.2.3",
    "10.0.0.0/8",
    "80:90",
    "a==b",
    "---",
    "...",
    "-",
    "--",
    "?",
    ":",
    "#",
    "%",
    "@",
    "`",
    "|",
    ">",
    "<<",
    "=",
    "!x",
    "&a",
    "*a",
    "{a}",
    "[a]",
    "a:b",
    "a:",
    "'a",
    '"a',
    "a#",
]

_text = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text(st.sampled_from("aYyNn0189eExo+-_.:/'\"#&*!|>%@`{}[],? \n\t~=<"), max_size=8),
    st.sampled_from(TRAPS),
    st.sampled_from(
        ["a #b", "a: b", "a :b", " a", "a ", "a  b", "a\n", "\n", "a\nb", "", "a\u2028b", "😀", "😀\n", "\x7f"]
    ),
)
_number = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
_value = st.recursive(
    st.none() | st.booleans() | _number | _text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=20,
)


def same(one: Any, other: Any) -> bool:
    """Equal, and true is not 1; a whole float may come back as int, which JSON does not tell apart."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


@settings(max_examples=500, deadline=None)
@given(_text)
def test_every_text_is_that_text_to_every_reader(text: str) -> None:
    written = write_scalar_text(text)
    assert yaml.safe_load(f"a: {written}\n") == {"a": text}
    assert yaml.safe_load(f"- - {written}\n") == [[text]]
    assert yaml.safe_load(f"{written}: 1\n") == {text: 1}
    assert is_text_in_1_2(written)
    documents, problems = read_documents(f"a: {written}\n", "f")
    assert not problems
    assert documents[0].value == {"a": text}


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(_text, _value, min_size=1, max_size=4) | st.lists(_value, min_size=1, max_size=4))
def test_what_is_written_is_read_back(value: Any) -> None:
    written = write_document(value)
    assert same(yaml.safe_load(written), value)
    documents, problems = read_documents(written, "f")
    assert not problems
    assert same(documents[0].value, value)
    assert written.endswith("\n")
    assert "\t" not in written


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(_text, _value, min_size=1, max_size=3), min_size=1, max_size=4))
def test_several_documents(values: list[Any]) -> None:
    documents, problems = read_documents(write_documents(values), "f")
    assert not problems
    assert len(documents) == len(values)
    assert all(same(document.value, value) for document, value in zip(documents, values, strict=True))


def test_one_fixed_form() -> None:
    value = {
        "apiVersion": "projectcalico.org/v3",
        "spec": {
            "order": 900.0,
            "types": ["Ingress", "Egress"],
            "ingress": [
                {
                    "action": "Allow",
                    "destination": {"ports": [80, "8000:8010", "http"], "selector": "a == 'b' && has(c)"},
                },
                {"action": "Deny", "metadata": {}, "source": {"nets": []}},
            ],
            "labels": {"pci": "yes", "version": "1e3", "date": "2026-01-01", "n": None, "on": True},
        },
    }
    assert write_document(value) == (
        "apiVersion: projectcalico.org/v3\n"
        "spec:\n"
        "  order: 900\n"
        "  types:\n"
        "  - Ingress\n"
        "  - Egress\n"
        "  ingress:\n"
        "  - action: Allow\n"
        "    destination:\n"
        "      ports:\n"
        "      - 80\n"
        "      - '8000:8010'\n"
        "      - http\n"
        "      selector: a == 'b' && has(c)\n"
        "  - action: Deny\n"
        "    metadata: {}\n"
        "    source:\n"
        "      nets: []\n"
        "  labels:\n"
        "    pci: 'yes'\n"
        "    version: '1e3'\n"
        "    date: '2026-01-01'\n"
        "    'n': null\n"
        "    'on': true\n"
    )


@pytest.mark.parametrize("value", [float("inf"), float("nan"), float("-inf")])
def test_what_json_does_not_have(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_document({"a": value})


def test_other_types_are_mistakes() -> None:
    with pytest.raises(TypeError, match="set"):
        write_document({"a": {1, 2}})


def test_long_text_does_not_take_long() -> None:
    """A pattern that tries every way of splitting a text would never end here."""
    for text in ("a" * 100_000 + "\n", "a b " * 20_000 + "#", "a'" * 20_000 + ":"):
        assert yaml.safe_load(f"x: {write_scalar_text(text)}\n") == {"x": text}
