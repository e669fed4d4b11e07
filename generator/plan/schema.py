"""The JSON Schema of a plan file, made from the model, so that the two cannot part."""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin

from generator.plan.model import Manifest, Plan, Step, Verb, Write, WriteStep
from generator.plan.plan_file import FORMAT, FORMAT_VERSION, STEP_TYPES, field_types

_PLAIN = {str: "string", int: "integer", bool: "boolean"}


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `write_plan` writes."""
    parts: dict[str, Any] = {}
    body = _schema(Plan, parts)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ringfence plan",
        "type": "object",
        "required": ["format", "version", "plan"],
        "additionalProperties": False,
        "properties": {"format": {"const": FORMAT}, "version": {"const": FORMAT_VERSION}, "plan": body},
        "$defs": {name: parts[name] for name in sorted(parts)},
    }


def _schema(hint: Any, parts: dict[str, Any]) -> dict[str, Any]:
    if hint == Step:
        return {"oneOf": [_schema(model, parts) for model in STEP_TYPES.values()]}
    if hint == Manifest:
        return {"type": "object"}
    if hint == Manifest | None:
        return {"type": ["object", "null"]}
    if is_dataclass(hint):
        assert isinstance(hint, type)
        return _dataclass(hint, parts)
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema(get_args(hint)[0], parts)}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [item.value for item in hint]}
    return {"type": _PLAIN[hint]}


def _dataclass(model: type, parts: dict[str, Any]) -> dict[str, Any]:
    if model.__name__ not in parts:
        parts[model.__name__] = {}
        properties: dict[str, Any] = {}
        for name, cls in STEP_TYPES.items():
            if cls is model:
                properties["step"] = {"const": name}
        if model is Write:
            properties["verb"] = {"enum": [item.value for item in Verb]}
        properties |= {name: _schema(hint, parts) for name, hint in field_types(model).items()}
        if model is WriteStep:
            properties["rollback"] = {"enum": [item.value for item in Verb]}
        parts[model.__name__] = {
            "description": (model.__doc__ or "").strip().split("\n")[0],
            "type": "object",
            "required": list(properties),
            "additionalProperties": False,
            "properties": properties,
        }
    return {"$ref": f"#/$defs/{model.__name__}"}
