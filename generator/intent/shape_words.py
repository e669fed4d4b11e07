"""What is wrong with the shape of an intent, in our own words and with the way inside the file."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from generator.foundation.codes import Code
from generator.foundation.source import Path, Step
from generator.foundation.spelling import did_you_mean
from generator.intent.codes import (
    MISSING_KEY,
    NOT_TEXT,
    UNKNOWN_KEY,
    UNKNOWN_WORD,
    VERSION,
    WRONG_SHAPE,
    WRONG_TYPE,
)
from generator.intent.file_model import CHOICES, UNKNOWN_CHOICE, IntentFile
from generator.intent.names import QUOTE_IT
from generator.intent.overlay import step_into
from generator.intent.problems import ValueProblem, describe_value, show

KEY_STEP: Final = "[key]"
_WORD = re.compile(r"'([^']*)'|(True|False|[0-9]+)")
_FORMS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "needs": (
        ("service", "external", "capability", "namespace", "select"),
        "write a name, {service: …}, {external: …}, {capability: …}, or {namespace: …, select: {…}, ports: […]}",
    ),
    "to": (("cidrs", "namespace", "select"), "write a service's name, {namespace: …, select: {…}}, or {cidrs: […]}"),
    **dict.fromkeys(
        ("from", "exceptFrom", "exceptTo"),
        (
            ("cidrs", "namespace", "select", "selector"),
            "write a name, {namespace: …, select: {…}}, {selector: …}, or {cidrs: […]}",
        ),
    ),
}


def real_path(location: Iterable[Step], content: Any) -> Path:
    """Return the way in the content: without the names of chosen forms and the mark of a key."""
    path: list[Step] = []
    value = content
    for step in location:
        there, below = step_into(value, step)
        if there:
            value = below
        elif step in CHOICES or step == KEY_STEP:
            continue
        else:
            value = None
        path.append(step)
    return tuple(path)


def is_at_key(error: Mapping[str, Any]) -> bool:
    """Tell whether the key is what is wrong, not its value."""
    return bool(error["type"] == "extra_forbidden" or error["loc"][-1] == KEY_STEP)


def describe_error(error: Mapping[str, Any], content: Any) -> tuple[Code, str, str]:
    """Return code, summary and hint of one error of the file model."""
    location: tuple[Step, ...] = tuple(error["loc"])
    value = error["input"]
    field = str(next((step for step in reversed(location) if isinstance(step, str) and step not in CHOICES), ""))
    match error["type"]:
        case "value_error":
            found = error["ctx"]["error"]
            if isinstance(found, ValueProblem):
                return found.code, found.summary, found.hint
        case "missing":
            return _missing(field)
        case "extra_forbidden":
            return UNKNOWN_KEY, f"unknown key {show(field)}", _words(field, _keys_at(location[:-1]))
        case "literal_error":
            return _not_permitted(error, location, field, value)
        case "bool_type":
            return (
                WRONG_TYPE,
                f"{describe_value(value)} stands where true or false is due",
                "permitted: true, false, without quotes",
            )
        case "list_type":
            scalar = isinstance(value, str | int | float) and not isinstance(value, bool)
            hint = f"write [{value}]" if scalar else "write [a, b], or a line with '- ' for each entry"
            return WRONG_TYPE, f"{describe_value(value)} stands where a list is due", hint
        case "dict_type" | "model_type" | "model_attributes_type":
            hint = _words("", _keys_at(location)) or "write {key: value}, or a line `key: value` for each"
            return WRONG_TYPE, f"{describe_value(value)} stands where a mapping is due", hint
        case kind if kind == UNKNOWN_CHOICE:
            return _no_form(field, value)
        case _:
            pass
    return WRONG_TYPE, f"{describe_value(value)} is not permitted here", ""


def _missing(field: str) -> tuple[Code, str, str]:
    if field == "version":
        return VERSION, "the key 'version' is missing", "write `version: 1`"
    hints = {
        "platform": "name a platform profile, such as generic, gke or eks",
        "name": "name the intent; every object carries its name",
        "ports": "say which ports; there is no way to mean all of them by leaving them out",
        "namespace": "name the namespace of the pods",
        "from": "name who calls",
        "to": "name what is called",
        "owner": "an exception says who answers for it, until which day, and why",
        "until": "an exception says until which day it holds, such as 2027-03-31",
        "reason": "an exception says why it is needed",
    }
    return MISSING_KEY, f"the key '{field}' is missing", hints.get(field, "")


def _not_permitted(
    error: Mapping[str, Any], location: tuple[Step, ...], field: str, value: object
) -> tuple[Code, str, str]:
    permitted = [quoted or plain for quoted, plain in _WORD.findall(str(error["ctx"]["expected"]))]
    if location == ("version",):
        return VERSION, f"{describe_value(value)} is no version of this format", "write `version: 1`"
    if location[-1] == KEY_STEP:
        return UNKNOWN_KEY, f"unknown key {show(value)}", _words(str(value), permitted)
    if "<off>" in location:
        hint = "write off, or a mapping with order and enabled"
        return UNKNOWN_WORD, f"{describe_value(value)} is not permitted here", hint
    if field == "anywhere":
        return UNKNOWN_WORD, f"{describe_value(value)} is not permitted here", "permitted: true; else leave the key out"
    if not isinstance(value, str):
        hint = QUOTE_IT if isinstance(value, bool | int | float) else ""
        code = NOT_TEXT if hint else WRONG_TYPE
        return (
            code,
            f"{describe_value(value)} stands where a word is due",
            f"{_words('', permitted)}; {hint}".strip("; "),
        )
    also = {"owns": ", or a list of namespaces", "to": ", or a list of services"}.get(field, "")
    if location[-1] == "<text>" and field == "exposed":
        also = ", or a mapping with `by`"
    return UNKNOWN_WORD, f"{show(value)} is not permitted here", _words(value, permitted) + also


def _no_form(field: str, value: object) -> tuple[Code, str, str]:
    first_keys, forms = _FORMS.get(field, ((), ""))
    keys = sorted(value) if isinstance(value, dict) else []
    hints = [did_you_mean(key, first_keys) for key in keys]
    hint = " ".join([*dict.fromkeys(hint for hint in hints if hint), forms])
    named = f"a mapping with {', '.join(show(key) for key in keys)}" if keys else "an empty mapping"
    return WRONG_SHAPE, f"{named} is no form of '{field}'", hint


def _words(word: str, permitted: Iterable[str]) -> str:
    known = sorted(permitted)
    if not known:
        return ""
    return f"{did_you_mean(word, known)} permitted: {', '.join(known)}".strip()


def _keys_at(location: Iterable[Step]) -> list[str]:
    """Return the keys that the file model has at a location of an error."""
    shape: Any = IntentFile
    for step in location:
        shape = _below(shape, step)
    shape = _plain(shape)
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return [info.alias or name for name, info in shape.model_fields.items()]
    return []


def _below(shape: Any, step: Step) -> Any:
    if isinstance(step, str) and step in CHOICES:
        return _choice(shape, step)
    shape = _plain(shape)
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        fields = {info.alias or name: info for name, info in shape.model_fields.items()}
        found = fields.get(str(step))
        return found.annotation if found is not None else None
    arguments = get_args(shape)
    return arguments[-1] if get_origin(shape) in (dict, list) and arguments else None


def _plain(shape: Any) -> Any:
    """Take off annotations, and what says that a value may be absent."""
    while True:
        if get_origin(shape) is Annotated:
            shape = get_args(shape)[0]
        elif get_origin(shape) in (Union, types.UnionType):
            parts = [part for part in get_args(shape) if part is not type(None)]
            if len(parts) != 1:
                return shape
            shape = parts[0]
        else:
            return shape


def _choice(shape: Any, step: str) -> Any:
    """Return the form of a union that carries this tag."""
    for part in get_args(_plain(shape)):
        if get_origin(part) is Annotated and any(
            isinstance(item, Tag) and item.tag == step for item in part.__metadata__
        ):
            return part
    return Literal[None]
