"""The classes that a selector matches are those that it matches one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from generator.reach.label_index import LabelIndex
from generator.selectors import Node, evaluate_selector, parse_selector

KEYS = st.sampled_from("abc")
VALUES = st.sampled_from(["x", "y", "xy", ""])
LABELS = st.dictionaries(KEYS, VALUES, max_size=3)


def _joined(parts: list[str], word: str) -> str:
    return word.join(f"({part})" for part in parts)


LEAVES = st.one_of(
    st.builds("{} == '{}'".format, KEYS, VALUES),
    st.builds("{} != '{}'".format, KEYS, VALUES),
    st.builds("{} in {{'{}', '{}'}}".format, KEYS, VALUES, VALUES),
    st.builds("{} not in {{'{}'}}".format, KEYS, VALUES),
    st.builds("has({})".format, KEYS),
    st.builds("{} starts with '{}'".format, KEYS, VALUES),
    st.just("all()"),
)
SELECTORS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.builds(_joined, st.lists(parts, min_size=2, max_size=3), st.just(" && ")),
        st.builds(_joined, st.lists(parts, min_size=2, max_size=3), st.just(" || ")),
        st.builds("!({})".format, parts),
    ),
    max_leaves=6,
).map(parse_selector)


@given(st.lists(LABELS, max_size=8), st.lists(SELECTORS, min_size=1, max_size=3))
def test_select(carriers: list[dict[str, str]], selectors: list[Node]) -> None:
    index = LabelIndex(carriers)
    for selector in selectors:
        chosen = index.select(selector)
        for labels, number in zip(carriers, index.class_of, strict=True):
            assert (number in chosen) == evaluate_selector(selector, labels)
        assert chosen <= set(index.class_of)
