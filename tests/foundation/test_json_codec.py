"""Dataclasses as JSON data and back: the same values, and each wrong shape with the way to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from generator.foundation.json_codec import Codec, Rule, WrongShape, file_schema


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True)
class Leaf:
    name: str
    colour: Colour
    count: int | None


@dataclass(frozen=True)
class Tree:
    right: bool
    pair: tuple[str, int]
    leaves: tuple[Leaf, ...]
    by_name: Mapping[str, Leaf]
    anything: Any
    key: str | int


leaves = st.builds(Leaf, st.text(), st.sampled_from(Colour), st.none() | st.integers())
trees = st.builds(
    Tree,
    st.booleans(),
    st.tuples(st.text(), st.integers()),
    st.lists(leaves).map(tuple),
    st.dictionaries(st.text(), leaves),
    st.none() | st.lists(st.integers()),
    st.text() | st.integers(),
)


@given(trees)
def test_there_and_back(tree: Tree) -> None:
    codec = Codec()
    data = json.loads(json.dumps(codec.encode(tree, Tree)))
    assert codec.decode(data, Tree, "tree") == tree
    parts: dict[str, dict[str, Any]] = {}
    schema = file_schema("tree", {"tree": codec.schema(Tree, parts)}, parts)
    Draft202012Validator(schema).validate({"tree": data})


GOOD = {
    "right": True,
    "pair": ["a", 1],
    "leaves": [{"name": "x", "colour": "red", "count": None}],
    "by_name": {},
    "anything": None,
    "key": 3,
}
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"right": 1}, "tree.right", "tree.right is not true or false"),
    ({"pair": ["a"]}, "tree.pair", "tree.pair is no list of 2"),
    ({"pair": ["a", True]}, "tree.pair[1]", "tree.pair[1] is not a whole number"),
    ({"leaves": {}}, "tree.leaves", "tree.leaves is no list"),
    ({"leaves": [1]}, "tree.leaves[0]", "tree.leaves[0] is no object"),
    ({"leaves": [{"name": "x", "colour": "blue", "count": 1}]}, "tree.leaves[0].colour", "'blue'"),
    ({"leaves": [{"name": "x", "colour": "red"}]}, "tree.leaves[0].count", "is missing"),
    ({"by_name": {"a": None}}, "tree.by_name.a", "tree.by_name.a is no object"),
    ({"key": 1.5}, "tree.key", "tree.key is not text or a whole number"),
    ({"rihgt": True}, "tree.rihgt", "there is no field 'tree.rihgt'"),
]


@pytest.mark.parametrize(("change", "way", "summary"), WRONG)
def test_another_shape_is_named_with_the_way_to_it(change: dict[str, Any], way: str, summary: str) -> None:
    with pytest.raises(WrongShape) as caught:
        Codec().decode({**GOOD, **change}, Tree, "tree")
    assert caught.value.way == way
    assert summary in caught.value.summary


def test_a_rule_sees_to_its_hint_and_is_told_the_owner() -> None:
    codec = Codec()
    codec.add(Leaf, Rule(lambda leaf, owner: [leaf.name, owner.right], lambda data, way: data[0], lambda parts: {}))
    tree = Tree(True, ("a", 1), (), {}, None, "k")
    assert codec.encode(tree, Tree)["leaves"] == []
    assert codec.encode(Leaf("x", Colour.RED, 1), Leaf, tree) == ["x", True]
