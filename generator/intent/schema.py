"""The JSON Schema of the intent file, draft 2020-12, for editors."""

from __future__ import annotations

from typing import Any

from generator.intent.file_model import IntentFile
from generator.intent.shape import EMPTY_SECTIONS

_MAY_BE_EMPTY = EMPTY_SECTIONS | {"needs"}


def intent_schema() -> dict[str, Any]:
    """Return the schema: closed mappings, every key described, `null` only where an empty value has a meaning."""
    schema = _tidy(IntentFile.model_json_schema())
    definitions = schema.pop("$defs")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ringfence intent",
        **schema,
        "$defs": definitions,
    }


def _tidy(node: Any) -> Any:
    match node:
        case dict():
            tidy = {
                key: _tidy_properties(value) if key == "properties" else _tidy(value)
                for key, value in node.items()
                if not (key == "title" and isinstance(value, str))
                and not (key == "default" and value in (None, [], {}))
            }
            # A name that fits no pattern would else be let through.
            return {**tidy, "additionalProperties": False} if "patternProperties" in tidy else tidy
        case list():
            return [_tidy(item) for item in node]
        case _:
            return node


def _tidy_properties(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: _tidy(shape if name in _MAY_BE_EMPTY else _without_null(shape)) for name, shape in properties.items()}


def _without_null(shape: dict[str, Any]) -> dict[str, Any]:
    choices = shape.get("anyOf")
    if choices is None:
        return shape
    left = [choice for choice in choices if choice != {"type": "null"}]
    rest = {key: value for key, value in shape.items() if key != "anyOf"}
    return {**left[0], **rest} if len(left) == 1 else {**rest, "anyOf": left}
