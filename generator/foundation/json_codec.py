"""Dataclasses as JSON data and back, by their type hints: a dataclass is an object with its fields, a tuple a list.

What hints do not say is a `Rule`: how values of one hint are written, read and described. A field of the data must be
one of the model and each must be there, so that a file of another version is refused and never half understood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from generator.foundation.spelling import did_you_mean

_PLAIN: Final[dict[type, tuple[str, str]]] = {  # what is due, and its name in a schema
    str: ("text", "string"),
    int: ("a whole number", "integer"),
    bool: ("true or false", "boolean"),
}
Schema = dict[str, Any]


class WrongShape(Exception):
    """Data of another shape: the way to it, what is wrong with it, and a hint where there is a better one than none."""

    def __init__(self, way: str, summary: str, hint: str = "") -> None:
        super().__init__(summary)
        self.way = way
        self.summary = summary
        self.hint = hint


def demand(holds: bool, way: str, summary: str, hint: str = "") -> None:
    """Raise WrongShape unless something holds."""
    if not holds:
        raise WrongShape(way, summary, hint)


@cache
def field_types(model: type) -> dict[str, Any]:
    """Return the types of a dataclass' fields, in their order."""
    hints = get_type_hints(model)
    return {item.name: hints[item.name] for item in fields(model)}


@dataclass(frozen=True, slots=True)
class Rule:
    """How values of one hint are written, read and described; `owner` is the dataclass whose field is written."""

    encode: Callable[[Any, Any], Any]  # of value and owner
    decode: Callable[[Any, str], Any]  # of data and the way to it
    schema: Callable[[dict[str, Schema]], Schema]  # of the named parts so far


class Codec:
    """Writes, reads and describes the values of a model."""

    def __init__(self) -> None:
        self._rules: dict[Any, Rule] = {}

    def add(self, hint: Any, rule: Rule) -> None:
        """Let a rule see to all values of a hint."""
        self._rules[hint] = rule

    def encode(self, value: Any, hint: Any, owner: Any = None) -> Any:
        """Turn a value into JSON data."""
        rule = self._rules.get(hint)
        if rule is not None:
            return rule.encode(value, owner)
        if value is None or hint in _PLAIN or hint is Any:
            return value
        if is_dataclass(hint):
            return self.encode_fields(value)
        if isinstance(value, StrEnum):
            return value.value
        below = get_args(hint)
        if get_origin(hint) in (Union, UnionType):
            return value if type(value) in _PLAIN else self.encode(value, _not_none(below))
        if isinstance(value, tuple):
            parts = [below[0]] * len(value) if below[-1] is Ellipsis else below
            return [self.encode(item, part) for item, part in zip(value, parts, strict=True)]
        assert isinstance(value, Mapping), hint
        return {key: self.encode(item, below[1]) for key, item in value.items()}

    def encode_fields(self, value: Any) -> dict[str, Any]:
        """Turn a dataclass into an object with its fields."""
        types = field_types(value.__class__)
        return {name: self.encode(getattr(value, name), hint, value) for name, hint in types.items()}

    def decode(self, value: Any, hint: Any, way: str) -> Any:
        """Turn JSON data back into a value; WrongShape where it has another shape."""
        rule = self._rules.get(hint)
        if rule is not None:
            return rule.decode(value, way)
        if hint is Any:
            return value
        if hint in _PLAIN:
            demand(type(value) is hint, way, f"{way} is not {_PLAIN[hint][0]}")
            return value
        if is_dataclass(hint):
            assert isinstance(hint, type)
            return hint(**self.decode_fields(value, hint, way))
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return _decode_choice(value, hint, way)
        below = get_args(hint)
        if get_origin(hint) in (Union, UnionType):
            return self._decode_union(value, below, way)
        if get_origin(hint) is tuple:
            return self._decode_tuple(value, below, way)
        demand(isinstance(value, dict), way, f"{way} is no object")
        return {key: self.decode(item, below[1], f"{way}.{key}") for key, item in value.items()}

    def decode_fields(self, value: Any, model: type, way: str) -> dict[str, Any]:
        """Return the fields of a dataclass from an object that has just these."""
        demand(isinstance(value, dict), way, f"{way} is no object")
        types = field_types(model)
        only(value, tuple(types), way)
        return {name: self.decode(value[name], hint, f"{way}.{name}") for name, hint in types.items()}

    def _decode_union(self, value: Any, choices: Sequence[Any], way: str) -> Any:
        if value is None and NoneType in choices:
            return None
        plain = [choice for choice in choices if choice in _PLAIN]
        if plain:
            due = " or ".join(_PLAIN[choice][0] for choice in plain)
            demand(type(value) in plain, way, f"{way} is not {due}")
            return value
        return self.decode(value, _not_none(choices), way)

    def _decode_tuple(self, value: Any, parts: Sequence[Any], way: str) -> tuple[Any, ...]:
        demand(isinstance(value, list), way, f"{way} is no list")
        due = [parts[0]] * len(value) if parts[-1] is Ellipsis else parts
        demand(len(value) == len(due), way, f"{way} is no list of {len(due)}")
        return tuple(
            self.decode(item, part, f"{way}[{number}]")
            for number, (item, part) in enumerate(zip(value, due, strict=True))
        )

    def schema(self, hint: Any, parts: dict[str, Schema]) -> Schema:
        """Return the JSON Schema of a hint's values; that of a dataclass is put under its name among the parts."""
        rule = self._rules.get(hint)
        if rule is not None:
            return rule.schema(parts)
        if hint is Any:
            return {}
        if hint in _PLAIN:
            return {"type": _PLAIN[hint][1]}
        if is_dataclass(hint):
            assert isinstance(hint, type)
            return named_schema(hint, parts, lambda: self.schema_fields(hint, parts))
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return {"enum": [item.value for item in hint]}
        below = get_args(hint)
        if get_origin(hint) in (Union, UnionType):
            return {"anyOf": [{"type": "null"} if part is NoneType else self.schema(part, parts) for part in below]}
        if get_origin(hint) is tuple and below[-1] is Ellipsis:
            return {"type": "array", "items": self.schema(below[0], parts)}
        if get_origin(hint) is tuple:
            items = [self.schema(part, parts) for part in below]
            return {"type": "array", "prefixItems": items, "items": False}
        return {"type": "object", "additionalProperties": self.schema(below[1], parts)}

    def schema_fields(self, model: type, parts: dict[str, Schema]) -> dict[str, Schema]:
        """Return the schemas of a dataclass' fields."""
        return {name: self.schema(hint, parts) for name, hint in field_types(model).items()}


def named_schema(model: type, parts: dict[str, Schema], properties: Callable[[], dict[str, Schema]]) -> Schema:
    """Return a reference to the schema of a model's objects, which is made once."""
    name = model.__name__
    if name not in parts:
        parts[name] = {}  # a model may hold itself
        parts[name] = object_schema(properties(), (model.__doc__ or "").strip().split("\n")[0])
    return {"$ref": f"#/$defs/{name}"}


def object_schema(properties: dict[str, Schema], description: str = "") -> Schema:
    """Return the schema of an object that has just these properties."""
    head = {"description": description} if description else {}
    return {
        **head,
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def file_schema(title: str, properties: dict[str, Schema], parts: Mapping[str, Schema]) -> Schema:
    """Return the JSON Schema (2020-12) of a file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **object_schema(properties),
        "$defs": {name: parts[name] for name in sorted(parts)},
    }


def only(value: Mapping[str, Any], known: tuple[str, ...], way: str) -> None:
    """Raise WrongShape unless an object has just these keys."""
    prefix = f"{way}." if way else ""
    for key in value:
        demand(key in known, f"{prefix}{key}", f"there is no field '{prefix}{key}'", did_you_mean(key, known))
    for key in known:
        demand(key in value, f"{prefix}{key}", f"the field '{prefix}{key}' is missing")


def _decode_choice(value: Any, choices: type[StrEnum], way: str) -> StrEnum:
    known = [item.value for item in choices]
    nearest = did_you_mean(value, known) if isinstance(value, str) else ""
    demand(value in known, way, f"{way} is {value!r}", f"{nearest} permitted: {', '.join(known)}".strip())
    return choices(value)


def _not_none(choices: Sequence[Any]) -> Any:
    return next(choice for choice in choices if choice is not NoneType)
