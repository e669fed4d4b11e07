"""The JSON Schema of a saved snapshot, made from the model, so that the two cannot part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from generator.calico.objects import ApiObject
from generator.foundation.source import SourceMap
from generator.snapshot.model import EnvValue, Snapshot
from generator.snapshot.store import FORMAT, FORMAT_VERSION, field_types

_PLAIN = {str: "string", int: "integer", bool: "boolean"}


def snapshot_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `write_snapshot` writes."""
    parts: dict[str, Any] = {}
    body = _schema(Snapshot, parts)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ringfence snapshot",
        "type": "object",
        "required": ["format", "version", "snapshot"],
        "additionalProperties": False,
        "properties": {"format": {"const": FORMAT}, "version": {"const": FORMAT_VERSION}, "snapshot": body},
        "$defs": {name: parts[name] for name in sorted(parts)},
    }


def _object(properties: dict[str, Any], title: str = "") -> dict[str, Any]:
    head = {"description": title} if title else {}
    return {
        **head,
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _schema(hint: Any, parts: dict[str, Any]) -> dict[str, Any]:
    if hint is SourceMap:
        return _named("SourceMap", parts, _source)
    if hint is ApiObject:
        return _named(
            "ApiObject", parts, lambda: _object({"manifest": {"type": "object"}, "source": _schema(SourceMap, parts)})
        )
    if is_dataclass(hint):
        assert isinstance(hint, type)
        title = (hint.__doc__ or "").strip().split("\n")[0]
        return _named(
            hint.__name__,
            parts,
            lambda: _object({name: _schema(part, parts) for name, part in field_types(hint).items()}, title),
        )
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    return _composite(hint, parts)


def _composite(hint: Any, parts: dict[str, Any]) -> dict[str, Any]:
    origin, below = get_origin(hint), get_args(hint)
    if origin is tuple and below[-1] is Ellipsis:
        return {"type": "array", "items": _schema(below[0], parts)}
    if origin is tuple:
        return {"type": "array", "prefixItems": [_schema(part, parts) for part in below], "items": False}
    if origin in (Union, UnionType):
        choices = [{"type": "null"} if part is NoneType else _schema(part, parts) for part in below]
        return {"anyOf": choices}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if get_origin(below[0]) is tuple:
            values = {"type": "object", "additionalProperties": _schema(EnvValue, parts)}
            return {
                "type": "array",
                "items": _object({"namespace": {"type": "string"}, "name": {"type": "string"}, "values": values}),
            }
        return {"type": "object", "additionalProperties": _schema(below[1], parts)}
    return {}


def _named(name: str, parts: dict[str, Any], make: Any) -> dict[str, Any]:
    if name not in parts:
        parts[name] = {}
        parts[name] = make()
    return {"$ref": f"#/$defs/{name}"}


def _source() -> dict[str, Any]:
    step = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    row = {
        "type": "array",
        "prefixItems": [{"type": "array", "items": step}, {"type": "integer"}, {"type": "integer"}],
        "items": False,
    }
    return _object({"file": {"type": "string"}, "places": {"type": "array", "items": row}}, "File, and places in it.")
