"""A snapshot as one JSON file, and back: the same values, the same places, policies as written.

The file's shape follows the model's (`foundation.json_codec`). A `source` is the file's name with the lines and columns
that somebody may ask for. Nothing secret gets here: the model holds none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, get_args

from generator.calico.objects import ApiObject, as_api_object
from generator.foundation.diagnostics import Place, problem
from generator.foundation.errors import InputError
from generator.foundation.json_codec import (
    Codec,
    Rule,
    Schema,
    WrongShape,
    demand,
    field_types,
    named_schema,
    object_schema,
    only,
)
from generator.foundation.source import SourceMap
from generator.snapshot.codes import SAVED_SNAPSHOT_WRONG
from generator.snapshot.model import EnvValue, ExternalHost, KubeService, Snapshot

FORMAT: Final = "ringfence-snapshot"
FORMAT_VERSION: Final = 1
# Of a policy the lines of its rules are kept (spec.ingress[0].source), for traces that name them.
_RULE_DEPTH: Final = 4
# Of these the lines of single fields are evidence elsewhere (spec.ports[0]); of the others the way that they name.
_FIELD_DEPTH: Final = {KubeService: 3, ExternalHost: 3}
_Maps = Mapping[tuple[str, str], Mapping[str, EnvValue]]


def is_saved(value: Any) -> bool:
    """Tell whether a document says of itself that it is a saved snapshot."""
    return isinstance(value, Mapping) and value.get("format") == FORMAT


def write_snapshot(snapshot: Snapshot) -> str:
    """Write the snapshot as JSON text of the format version 1; equal snapshots give equal bytes.

    Each object stands on a line of its own, so that two files can be compared; and only one of them at a time is turned
    into plain data, which of a large cluster takes many times the memory of the text.
    """
    return "".join(_lines(snapshot))


def _lines(snapshot: Snapshot) -> Iterator[str]:
    yield f'{{"format": {json.dumps(FORMAT)}, "version": {FORMAT_VERSION}, "snapshot": {{\n'
    between = ""
    for name, hint in field_types(Snapshot).items():
        value = getattr(snapshot, name)
        yield f"{between}{json.dumps(name)}: "
        between = ",\n"
        if isinstance(value, tuple) and value:
            [part, _] = get_args(hint)
            yield "[\n"
            yield from _parted(json.dumps(CODEC.encode(item, part)) for item in value)
            yield "\n]"
        elif isinstance(value, Mapping) and value and hint != _Maps and get_args(hint):
            part = get_args(hint)[1]
            yield "{\n"
            yield from _parted(
                f"{json.dumps(key)}: {json.dumps(CODEC.encode(item, part))}" for key, item in value.items()
            )
            yield "\n}"
        else:
            yield json.dumps(CODEC.encode(value, hint))
    yield "\n}}\n"


def _parted(texts: Iterable[str]) -> Iterator[str]:
    between = ""
    for text in texts:
        yield between
        yield text
        between = ",\n"


def read_saved(value: Mapping[str, Any], file: str) -> Snapshot:
    """Read a saved snapshot back; raises InputError where the version or the shape is another."""
    place = Place(file)
    if value.get("version") != FORMAT_VERSION:
        summary = f"the snapshot has format version {value.get('version')!r}"
        hint = f"this version reads {FORMAT_VERSION}; save the snapshot anew"
        raise InputError([problem(SAVED_SNAPSHOT_WRONG, summary, place=place, path="version", hint=hint)])
    try:
        only(value, ("format", "version", "snapshot"), "")
        found = CODEC.decode(value["snapshot"], Snapshot, "snapshot")
    except WrongShape as error:
        hint = error.hint or "save the snapshot anew"
        raise InputError(
            [problem(SAVED_SNAPSHOT_WRONG, error.summary, place=place, path=error.way, hint=hint)]
        ) from None
    assert isinstance(found, Snapshot)
    return found


def _encode_policy(policy: ApiObject, _: Any) -> dict[str, Any]:
    source = _source_data(policy.source, policy.source.places(_RULE_DEPTH))
    return {"manifest": policy.manifest, "source": source}


def _decode_policy(value: Any, way: str) -> ApiObject:
    demand(isinstance(value, dict) and set(value) == {"manifest", "source"}, way, f"{way} is no policy object")
    found = as_api_object(value["manifest"], _decode_source(value["source"], f"{way}.source"))
    if found is None:
        raise WrongShape(f"{way}.manifest", f"{way}.manifest is no object of a known policy kind")
    return found


def _policy_schema(parts: dict[str, Schema]) -> Schema:
    return named_schema(
        ApiObject, parts, lambda: {"manifest": {"type": "object"}, "source": CODEC.schema(SourceMap, parts)}
    )


def _encode_source(source: SourceMap, owner: Any) -> dict[str, Any]:
    depth = _FIELD_DEPTH.get(type(owner))
    if depth is not None:
        return _source_data(source, source.places(depth))
    ways = {(), *getattr(owner, "paths", ()), getattr(owner, "path", ())}
    places = {way: source.place(way) for way in sorted(ways, key=repr)}
    return _source_data(source, {way: (at.line, at.column) for way, at in places.items()})


def _source_data(source: SourceMap, places: Mapping[tuple[str | int, ...], tuple[int, int]]) -> dict[str, Any]:
    return {"file": source.file, "places": [[list(way), *at] for way, at in places.items()]}


def _decode_source(value: Any, way: str) -> SourceMap:
    demand(isinstance(value, dict) and isinstance(value.get("file"), str), way, f"{way} is no source")
    places: dict[tuple[str | int, ...], tuple[int, int]] = {}
    rows = value.get("places")
    demand(isinstance(rows, list), f"{way}.places", f"{way}.places is no list")
    for position, row in enumerate(rows):
        at = f"{way}.places[{position}]"
        fits = isinstance(row, list) and len(row) == 3 and isinstance(row[0], list)
        demand(
            fits and all(type(step) in (str, int) for step in row[0]) and {type(row[1]), type(row[2])} == {int},
            at,
            f"{at} is no way with a line and a column",
        )
        places[tuple(row[0])] = (row[1], row[2])
    return SourceMap.recorded(value["file"], places)


def _source_schema(parts: dict[str, Schema]) -> Schema:
    step = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    row = {
        "type": "array",
        "prefixItems": [{"type": "array", "items": step}, {"type": "integer"}, {"type": "integer"}],
        "items": False,
    }
    return named_schema(
        SourceMap, parts, lambda: {"file": {"type": "string"}, "places": {"type": "array", "items": row}}
    )


def _encode_maps(maps: _Maps, _: Any) -> list[dict[str, Any]]:
    return [
        {"namespace": space, "name": name, "values": CODEC.encode(values, Mapping[str, EnvValue])}
        for (space, name), values in sorted(maps.items())
    ]


def _decode_maps(value: Any, way: str) -> dict[tuple[str, str], dict[str, EnvValue]]:
    demand(isinstance(value, list), way, f"{way} is no list")
    maps: dict[tuple[str, str], dict[str, EnvValue]] = {}
    for position, item in enumerate(value):
        at = f"{way}[{position}]"
        demand(isinstance(item, dict), at, f"{at} is no object")
        only(item, ("namespace", "name", "values"), at)
        key = CODEC.decode([item["namespace"], item["name"]], tuple[str, str], at)
        maps[key] = CODEC.decode(item["values"], Mapping[str, EnvValue], f"{at}.values")
    return maps


def _maps_schema(parts: dict[str, Schema]) -> Schema:
    text = {"type": "string"}
    values = CODEC.schema(Mapping[str, EnvValue], parts)
    return {"type": "array", "items": object_schema({"namespace": text, "name": text, "values": values})}


CODEC: Final = Codec()
CODEC.add(ApiObject, Rule(_encode_policy, _decode_policy, _policy_schema))
CODEC.add(SourceMap, Rule(_encode_source, _decode_source, _source_schema))
CODEC.add(_Maps, Rule(_encode_maps, _decode_maps, _maps_schema))
