"""A snapshot as one JSON file, and back: the same values, the same places, policies as written.

The file's shape follows the model's: a dataclass is an object with its fields, a tuple a list. A `source` is the file's
name with the lines and columns that somebody may ask for. Nothing secret gets here: the model holds none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from generator.calico.objects import ApiObject, as_api_object
from generator.foundation.diagnostics import Place, problem
from generator.foundation.errors import InputError
from generator.foundation.source import SourceMap
from generator.snapshot.codes import SAVED_SNAPSHOT_WRONG
from generator.snapshot.model import EnvValue, ExternalHost, KubeService, Snapshot

FORMAT: Final = "ringfence-snapshot"
FORMAT_VERSION: Final = 1
# Of a policy the lines of its rules are kept (spec.ingress[0].source), for traces that name them.
_RULE_DEPTH: Final = 4
# Of these the lines of single fields are evidence elsewhere (spec.ports[0]); of the others the way that they name.
_FIELD_DEPTH: Final = {KubeService: 3, ExternalHost: 3}
_MAP_TYPE: Final = Mapping[tuple[str, str], Mapping[str, EnvValue]]


class _Wrong(Exception):
    """The saved value does not have the shape that is due; `args` are the way and what is due."""


def is_saved(value: Any) -> bool:
    """Tell whether a document says of itself that it is a saved snapshot."""
    return isinstance(value, Mapping) and value.get("format") == FORMAT


def write_snapshot(snapshot: Snapshot) -> str:
    """Write the snapshot as JSON text of the format version 1; equal snapshots give equal bytes."""
    value = {"format": FORMAT, "version": FORMAT_VERSION, "snapshot": encode(snapshot, Snapshot)}
    return json.dumps(value, indent=1) + "\n"


def read_saved(value: Mapping[str, Any], file: str) -> Snapshot:
    """Read a saved snapshot back; raises InputError where the version or the shape is another."""
    place = Place(file)
    if value.get("version") != FORMAT_VERSION:
        summary = f"the snapshot has format version {value.get('version')!r}"
        hint = f"this version reads {FORMAT_VERSION}; save the snapshot anew"
        raise InputError([problem(SAVED_SNAPSHOT_WRONG, summary, place=place, path="version", hint=hint)])
    try:
        found = decode(value.get("snapshot"), Snapshot, "snapshot")
    except _Wrong as error:
        way, due = error.args
        hint = "save the snapshot anew"
        raise InputError(
            [problem(SAVED_SNAPSHOT_WRONG, f"'{way}' is not {due}", place=place, path=str(way), hint=hint)]
        ) from None
    assert isinstance(found, Snapshot)
    return found


@cache
def field_types(model: type) -> dict[str, Any]:
    """Return the types of a dataclass' fields, in their order."""
    hints = get_type_hints(model)
    return {item.name: hints[item.name] for item in fields(model)}


def encode(value: Any, hint: Any) -> Any:
    """Turn a value of the model into JSON data."""
    if isinstance(value, ApiObject):
        return {"manifest": value.manifest, "source": _encode_source(value.source, value.source.places(_RULE_DEPTH))}
    if is_dataclass(value) and not isinstance(value, type):
        return _encode_dataclass(value)
    if hint == _MAP_TYPE:
        return [
            {"namespace": space, "name": name, "values": {key: encode(item, EnvValue) for key, item in values.items()}}
            for (space, name), values in sorted(value.items())
        ]
    if isinstance(value, tuple):
        return [encode(item, None) for item in value]
    if isinstance(value, Mapping) and hint is not Any:
        return {key: encode(item, Any) for key, item in value.items()}
    return value


def _encode_dataclass(value: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    model: type = type(value)
    for name, hint in field_types(model).items():
        item = getattr(value, name)
        if hint is SourceMap:
            result[name] = _encode_source(item, _kept_places(value, item))
        else:
            result[name] = encode(item, hint)
    return result


def _kept_places(value: Any, source: SourceMap) -> dict[tuple[str | int, ...], tuple[int, int]]:
    depth = _FIELD_DEPTH.get(type(value))
    if depth is not None:
        return source.places(depth)
    ways = {(), *getattr(value, "paths", ()), getattr(value, "path", ())}
    places = {way: source.place(way) for way in sorted(ways, key=repr)}
    return {way: (at.line, at.column) for way, at in places.items()}


def _encode_source(source: SourceMap, places: Mapping[tuple[str | int, ...], tuple[int, int]]) -> dict[str, Any]:
    return {"file": source.file, "places": [[list(way), *at] for way, at in places.items()]}


def decode(value: Any, hint: Any, way: str) -> Any:
    """Turn JSON data back into a value of the model; raises where the shape is another."""
    if hint is ApiObject:
        return _decode_policy(value, way)
    if hint is SourceMap:
        return _decode_source(value, way)
    if hint == _MAP_TYPE:
        return _decode_maps(value, way)
    if is_dataclass(hint):
        return _decode_dataclass(value, hint, way)
    origin = get_origin(hint)
    if origin is tuple:
        return _decode_tuple(value, get_args(hint), way)
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        _due(isinstance(value, dict), way, "an object")
        below = get_args(hint)[1]
        return {key: decode(item, below, f"{way}.{key}") for key, item in value.items()}
    if origin in (Union, UnionType):
        return _decode_union(value, get_args(hint), way)
    if hint is Any:
        return value
    _due(type(value) is hint, way, {str: "text", int: "a number", bool: "true or false"}.get(hint, "what is due"))
    return value


def _due(holds: bool, way: str, what: str) -> None:
    if not holds:
        raise _Wrong(way, what)


def _decode_union(value: Any, choices: tuple[Any, ...], way: str) -> Any:
    if value is None and NoneType in choices:
        return None
    plain = [choice for choice in choices if choice in (str, int)]
    if plain:
        _due(type(value) in plain, way, "text or a number")
        return value
    return decode(value, next(choice for choice in choices if choice is not NoneType), way)


def _decode_tuple(value: Any, parts: tuple[Any, ...], way: str) -> tuple[Any, ...]:
    _due(isinstance(value, list), way, "a list")
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(decode(item, parts[0], f"{way}[{position}]") for position, item in enumerate(value))
    _due(len(value) == len(parts), way, f"a list of {len(parts)}")
    return tuple(decode(item, parts[position], f"{way}[{position}]") for position, item in enumerate(value))


def _decode_dataclass(value: Any, model: Any, way: str) -> Any:
    _due(isinstance(value, dict), way, "an object")
    types = field_types(model)
    unknown = sorted(set(value) - set(types))
    _due(not unknown, f"{way}.{unknown[0]}" if unknown else way, "a known field")
    missing = sorted(set(types) - set(value))
    _due(not missing, f"{way}.{missing[0]}" if missing else way, "there")
    return model(**{name: decode(value[name], hint, f"{way}.{name}") for name, hint in types.items()})


def _decode_policy(value: Any, way: str) -> ApiObject:
    _due(isinstance(value, dict) and set(value) == {"manifest", "source"}, way, "a policy object")
    found = as_api_object(value["manifest"], _decode_source(value["source"], f"{way}.source"))
    if found is None:
        raise _Wrong(f"{way}.manifest", "an object of a known policy kind")
    return found


def _decode_source(value: Any, way: str) -> SourceMap:
    _due(isinstance(value, dict) and isinstance(value.get("file"), str), way, "a source")
    places: dict[tuple[str | int, ...], tuple[int, int]] = {}
    rows = value.get("places")
    _due(isinstance(rows, list), f"{way}.places", "a list")
    for position, row in enumerate(rows):
        at = f"{way}.places[{position}]"
        _due(isinstance(row, list) and len(row) == 3 and isinstance(row[0], list), at, "a way, a line and a column")
        _due(all(type(step) in (str, int) for step in row[0]), at, "a way")
        _due(type(row[1]) is int and type(row[2]) is int, at, "a line and a column")
        places[tuple(row[0])] = (row[1], row[2])
    return SourceMap.recorded(value["file"], places)


def _decode_maps(value: Any, way: str) -> dict[tuple[str, str], dict[str, EnvValue]]:
    _due(isinstance(value, list), way, "a list")
    maps: dict[tuple[str, str], dict[str, EnvValue]] = {}
    for position, item in enumerate(value):
        at = f"{way}[{position}]"
        _due(isinstance(item, dict) and set(item) == {"namespace", "name", "values"}, at, "a ConfigMap")
        _due(isinstance(item["namespace"], str) and isinstance(item["name"], str), at, "a ConfigMap with its name")
        _due(isinstance(item["values"], dict), f"{at}.values", "an object")
        maps[item["namespace"], item["name"]] = {
            key: decode(part, EnvValue, f"{at}.values.{key}") for key, part in item["values"].items()
        }
    return maps
