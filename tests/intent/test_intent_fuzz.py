"""Whatever stands anywhere in an intent: it loads, or every problem has a place and is said in our own words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.foundation.diagnostics import Diagnostic
from generator.foundation.errors import InputError
from generator.foundation.yaml_writer import write_document
from generator.intent import LoadedIntent, load_intent

EVERYTHING = load_intent([str(Path(__file__).parent / "good" / "everything.yaml")]).effective
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "x", "Ä b", "0.0.0.0/0", "80-79/XTP", "self", "[key]", "<text>", "a/b/c", "*.x", "@every", "(("]
    ),
    st.sampled_from(
        [[], {}, [[]], [{}], {"": None}, {"[key]": 1}, {"<pods>": {}}, {"service": []}, {"by": {}}, [None]]
    ),
)


def _load(text: str) -> LoadedIntent | list[Diagnostic]:
    try:
        return load_intent(["-"], stdin=text)
    except InputError as error:
        return error.diagnostics


def _ways(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _ways(item, (*path, key))


WAYS = sorted(_ways(EVERYTHING), key=str)[1:]


def _put(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    if isinstance(value, dict):
        return {**value, path[0]: _put(value.get(path[0]), path[1:], junk)}
    if isinstance(value, list) and isinstance(path[0], int) and path[0] < len(value):
        return [*value[: path[0]], _put(value[path[0]], path[1:], junk), *value[path[0] + 1 :]]
    return value


@settings(max_examples=600)
@given(st.lists(st.tuples(st.sampled_from(WAYS), JUNK), min_size=1, max_size=4))
def test_any_junk_is_refused_in_good_words_or_loads(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    content: Any = EVERYTHING
    for path, junk in changes:
        content = _put(content, path, junk)
    loaded = _load(write_document(content))
    if isinstance(loaded, LoadedIntent):
        assert _load(write_document(loaded.effective)) == loaded
        return
    assert loaded
    for item in loaded:
        assert item.place.line >= 1
        text = f"{item.summary} {item.hint}"
        for word in ("pydantic", "Input should", "Extra inputs", "Field required", "Value error", "NoneType"):
            assert word not in text
        assert "\n" not in text


@settings(max_examples=100)
@given(st.sampled_from(WAYS), st.text("abz-_:", max_size=8).map("a {}".format))
def test_a_key_too_many_is_placed_at_the_key(path: tuple[Any, ...], key: str) -> None:
    value: Any = EVERYTHING
    for step in path:
        value = value[step]
    if not isinstance(value, dict):
        return
    text = write_document(_put(EVERYTHING, path, {**value, key: "x"}))
    found = _load(text)
    assert not isinstance(found, LoadedIntent)
    lines = text.split("\n")
    assert any(key in lines[item.place.line - 1] and key in (item.path + item.summary) for item in found)
