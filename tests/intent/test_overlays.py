from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.foundation.errors import InputError
from generator.foundation.yaml_reader import Document, read_documents
from generator.foundation.yaml_writer import write_document
from generator.intent import load_intent, write_effective
from generator.intent.model import ExposedBy, ExternalNeed, ServiceNeed
from generator.intent.overlay import MergedSource, merge_documents
from tests.faults.intent import overlay_lists_are_joined

FOLDER = Path(__file__).parent / "overlays"
BASE, PROD, WRONG = (str(FOLDER / name) for name in ("base.yaml", "prod.yaml", "wrong.yaml"))


def check_lists_are_replaced() -> None:
    intent = load_intent([BASE, PROD]).intent
    assert [need.origin.path for need in intent.services["web"].needs] == [
        "services.web.needs[catalog]",
        "services.web.needs[payments-api]",
    ]


def test_lists_are_replaced_whole() -> None:
    check_lists_are_replaced()


def test_joined_lists_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    overlay_lists_are_joined(monkeypatch)
    with pytest.raises((AssertionError, InputError)):
        check_lists_are_replaced()


def test_maps_are_merged_by_key_and_null_removes() -> None:
    intent = load_intent([BASE, PROD]).intent
    assert intent.platform == "gke"
    assert sorted(intent.services) == ["catalog", "metrics", "redis", "web"]
    web = intent.services["web"]
    assert [str(port) for port in web.ports] == ["8080/TCP"]
    assert [item.by for item in web.exposed] == [ExposedBy.LOADBALANCER]
    assert [str(port) for port in intent.externals["payments-api"].ports] == ["8443/TCP"]
    assert intent.externals["payments-api"].domains == ("api.example.com",)


def test_every_value_knows_its_file() -> None:
    intent = load_intent([BASE, PROD]).intent
    web = intent.services["web"]
    assert (web.origin.place.file, web.origin.place.line) == (BASE, 6)
    assert {type(need) for need in web.needs} == {ServiceNeed, ExternalNeed}
    assert {(need.origin.place.file, need.origin.place.line) for need in web.needs} == {(PROD, 4)}
    assert (intent.services["metrics"].origin.place.file, intent.services["metrics"].origin.place.line) == (PROD, 7)
    assert intent.services["catalog"].origin.place.file == BASE


def test_problems_stand_in_the_file_that_has_them() -> None:
    with pytest.raises(InputError) as refused:
        load_intent([BASE, WRONG])
    found = [
        (item.code, Path(item.place.file).name, item.place.line, item.place.column)
        for item in refused.value.diagnostics
    ]
    assert found == [
        ("RF1012", "wrong.yaml", 3, 19),
        ("RF1003", "wrong.yaml", 4, 13),
        ("RF1045", "wrong.yaml", 5, 3),
        ("RF1045", "wrong.yaml", 6, 9),
    ]


def test_the_effective_intent_loads_to_the_same() -> None:
    loaded = load_intent([BASE, PROD])
    again = load_intent(["-"], stdin=write_effective(loaded))
    assert again.intent.services == loaded.intent.services
    assert again.intent.digest == loaded.intent.digest


def test_a_removed_section_is_gone() -> None:
    overlay = "externals: null\nservices: {web: {needs: [cart]}}\n"
    loaded = load_intent([BASE, "-"], stdin=overlay)
    assert loaded.intent.externals == {}
    assert "externals" not in loaded.effective


def test_null_then_again_starts_from_nothing() -> None:
    loaded = load_intent([BASE, PROD, "-"], stdin="services: {cart: {ports: [7171]}}\n")
    cart = loaded.intent.services["cart"]
    assert cart.needs == ()
    assert cart.origin.place.file == "<stdin>"


def _document(value: Any, file: str) -> Document:
    documents, problems = read_documents(write_document(value), file)
    assert not problems
    return documents[0]


def _trees(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Mappings whose keys tell what they hold, so that a value never changes its kind from file to file."""
    values = st.dictionaries(st.sampled_from(["v1", "v2", "v3"]), leaf, max_size=3)
    return st.recursive(
        values,
        lambda below: st.tuples(values, st.dictionaries(st.sampled_from(["m1", "m2"]), below, max_size=2)).map(
            lambda both: {**both[0], **both[1]}
        ),
        max_leaves=8,
    )


TREES = _trees(st.one_of(st.integers(), st.lists(st.integers(), max_size=3), st.text("ab", max_size=2)))


@given(TREES, TREES, TREES)
def test_merging_is_associative_where_nothing_is_removed(one: Any, two: Any, three: Any) -> None:
    def merge(*values: Any) -> Any:
        merged, problems = merge_documents([Document(value, _document({}, "x").source) for value in values])
        assert not problems
        return merged

    assert merge(merge(one, two), three) == merge(one, merge(two, three)) == merge(one, two, three)
    assert merge(one, one) == one
    assert merge(one, {}) == one == merge({}, one)


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _leaves(item, (*path, key))
        else:
            yield (*path, key), item


@given(st.lists(_trees(st.just("?")), min_size=1, max_size=4))
def test_the_place_of_every_leaf_is_in_the_file_that_wrote_it(trees: list[Any]) -> None:
    def signed(value: Any, name: str) -> Any:
        return {key: signed(item, name) if isinstance(item, dict) else name for key, item in value.items()}

    documents = [_document(signed(tree, f"f{number}"), f"f{number}") for number, tree in enumerate(trees) if tree]
    if not documents:
        return
    merged, _ = merge_documents(documents)
    source = MergedSource(documents)
    for path, name in _leaves(merged):
        assert source.place(path).file == name
