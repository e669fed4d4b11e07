from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from generator.intent import intent_schema, load_intent

HERE = Path(__file__).parent
SCHEMA = intent_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
EVERYTHING = load_intent([str(HERE / "good" / "everything.yaml")]).effective


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", sorted((HERE / "good").glob("*.yaml")), ids=lambda path: path.stem)
def test_good_intents_fit(path: Path) -> None:
    assert not list(VALIDATOR.iter_errors(load_intent([str(path)]).effective))


def _mappings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        yield path
        for key, item in value.items():
            yield from _mappings(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _mappings(item, (*path, position))


def _with_key(value: Any, path: tuple[Any, ...], key: str) -> Any:
    if not path:
        return {**value, key: {}}
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with_key(value[path[0]], path[1:], key)
    return copy


@pytest.mark.parametrize("path", list(_mappings(EVERYTHING)), ids=lambda path: ".".join(map(str, path)) or "top")
def test_unknown_keys_are_refused_everywhere(path: tuple[Any, ...]) -> None:
    assert not VALIDATOR.is_valid(_with_key(EVERYTHING, path, "No key"))


def test_every_key_is_described() -> None:
    shapes = [SCHEMA, *SCHEMA["$defs"].values()]
    assert len(shapes) > 15
    for shape in shapes:
        assert shape["description"]
        for name, item in shape["properties"].items():
            assert item.get("description"), name


WRONG_FOR_THE_SCHEMA = {
    "need without a form": {"services": {"web": {"needs": [{"ports": [1]}]}}},
    "exposed by a word that is none": {"services": {"web": {"exposed": "door"}}},
    "port out of range": {"services": {"web": {"ports": [70000]}}},
    "anywhere: false": {"externals": {"x": {"anywhere": False, "ports": [1]}}},
    "external without ports": {"externals": {"x": {"domains": ["a.example.com"]}}},
    "null where it means nothing": {"isolation": None},
    "version 2": {"version": 2},
    "tier order": {"tier": {"order": 1000}},
}


@pytest.mark.parametrize("change", WRONG_FOR_THE_SCHEMA.values(), ids=list(WRONG_FOR_THE_SCHEMA))
def test_what_an_editor_should_underline(change: dict[str, Any]) -> None:
    smallest = {"version": 1, "name": "a", "platform": "generic"}
    assert VALIDATOR.is_valid(smallest)
    assert not VALIDATOR.is_valid({**smallest, **change})
