"""Indented JSON is, byte for byte, what the standard library writes."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.foundation.json_writer import write_json

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_KEYS = st.text() | st.integers() | st.booleans() | st.none()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner) | st.tuples(inner), max_leaves=40
)


@given(_VALUES)
def test_as_the_library_writes_it(value: Any) -> None:
    assert write_json(value) == json.dumps(value, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("value", [OrderedDict(a=[1]), {"a": {}, "b": []}, [[], {}], '\u2028\x00"\\\ud800é', 10**40])
def test_corners(value: Any) -> None:
    assert write_json(value) == json.dumps(value, indent=1, ensure_ascii=False)


def test_what_the_library_refuses_is_refused() -> None:
    with pytest.raises(TypeError):
        write_json({"a": object()})
    nested: list[Any] = []
    nested.append(nested)
    with pytest.raises(ValueError, match="Circular"):
        write_json(nested)
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    assert write_json(deep) == json.dumps(deep, indent=1)
