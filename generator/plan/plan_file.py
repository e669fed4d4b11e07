"""A plan as one JSON file, and back: the same values, read strictly.

The shape follows the model: a dataclass is an object with its fields, a step says under `step` which kind it is. A
write step also holds `rollback`, which says what takes it back; it is worked out from the write and checked on reading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final, get_args, get_origin, get_type_hints

from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.errors import InputError
from generator.foundation.spelling import did_you_mean
from generator.plan.codes import PLAN_FILE_WRONG
from generator.plan.model import CheckStep, Manifest, Plan, Step, WaitStep, Write, WriteStep

FORMAT: Final = "ringfence-plan"
FORMAT_VERSION: Final = 2
STEP_TYPES: Final[Mapping[str, type]] = {"write": WriteStep, "wait": WaitStep, "check": CheckStep}
_PLAIN: Final = {str: "text", int: "a whole number", bool: "true or false"}


class _Wrong(Exception):
    """A value of another shape; `args` are the way to it, what is wrong, and what to do."""


def is_plan(value: Any) -> bool:
    """Tell whether a JSON value says of itself that it is a plan."""
    return isinstance(value, Mapping) and value.get("format") == FORMAT


def write_plan(plan: Plan) -> str:
    """Write the plan as JSON text of format version 2; equal plans give equal bytes."""
    value = {"format": FORMAT, "version": FORMAT_VERSION, "plan": encode(plan)}
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def read_plan(text: str, file: str) -> Plan:
    """Read a plan back; InputError with the way to the first value that is not as it should be."""
    try:
        value = json.loads(text, object_pairs_hook=_no_repeats)
    except _Wrong as error:
        raise InputError([_problem(file, *error.args)]) from None
    except (ValueError, RecursionError) as error:
        raise InputError([_problem(file, "", f"the plan is no JSON: {error}", "")]) from None
    try:
        _demand(is_plan(value), "format", f'the file does not say "format": "{FORMAT}"', "name a saved plan")
        found = value.get("version")
        again = f"this version reads {FORMAT_VERSION}; make the plan anew"
        _demand(found == FORMAT_VERSION, "version", f"the plan has format version {found!r}", again)
        _only(value, ("format", "version", "plan"), "")
        plan = decode(value.get("plan"), Plan, "plan")
    except _Wrong as error:
        raise InputError([_problem(file, *error.args)]) from None
    assert isinstance(plan, Plan)
    return plan


def _problem(file: str, way: str, summary: str, hint: str) -> Diagnostic:
    return problem(PLAN_FILE_WRONG, summary, place=Place(file), path=way, hint=hint)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        _demand(key not in result, "", f"the key '{key}' stands twice", "")
        result[key] = value
    return result


@cache
def field_types(model: type) -> dict[str, Any]:
    """Return the types of a dataclass' fields, in their order."""
    hints = get_type_hints(model)
    return {item.name: hints[item.name] for item in fields(model)}


def encode(value: Any) -> Any:
    """Turn a value of the model into JSON data."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    result: dict[str, Any] = {}
    kind = next((name for name, cls in STEP_TYPES.items() if cls is type(value)), "")
    if kind:
        result["step"] = kind
    result |= {name: encode(getattr(value, name)) for name in field_types(type(value))}
    if isinstance(value, Write):
        result = {"verb": value.verb.value, **result}
    if isinstance(value, WriteStep):
        result["rollback"] = value.rollback.verb.value
    return result


def decode(value: Any, hint: Any, way: str) -> Any:
    """Turn JSON data back into a value of the model; raises where the shape is another."""
    if hint == Step:
        return _decode_step(value, way)
    if hint == Manifest or hint == Manifest | None:
        _demand(
            value is None if hint != Manifest and value is None else isinstance(value, dict), way, f"{way} is no object"
        )
        return value
    if is_dataclass(hint):
        assert isinstance(hint, type)
        return _decode_dataclass(value, hint, way)
    if get_origin(hint) is tuple:
        _demand(isinstance(value, list), way, f"{way} is no list")
        part = get_args(hint)[0]
        return tuple(decode(item, part, f"{way}[{number}]") for number, item in enumerate(value))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        known = [item.value for item in hint]
        nearest = did_you_mean(value, known) if isinstance(value, str) else ""
        _demand(value in known, way, f"{way} is {value!r}", f"{nearest} permitted: {', '.join(known)}".strip())
        return hint(value)
    _demand(type(value) is hint, way, f"{way} is not {_PLAIN[hint]}")
    return value


def _decode_step(value: Any, way: str) -> Step:
    _demand(isinstance(value, dict), way, f"{way} is no object")
    kind = value.get("step")
    _demand(kind in STEP_TYPES, f"{way}.step", f"{way}.step is {kind!r}", f"permitted: {', '.join(STEP_TYPES)}")
    rest = {key: item for key, item in value.items() if key != "step"}
    back = rest.pop("rollback", None) if kind == "write" else None
    step: Step = _decode_dataclass(rest, STEP_TYPES[kind], way)
    if isinstance(step, WriteStep):
        due = step.rollback.verb.value
        _demand(back == due, f"{way}.rollback", f"{way}.rollback is {back!r}, and what takes the write back is {due!r}")
    return step


def _decode_dataclass(value: Any, model: type, way: str) -> Any:
    _demand(isinstance(value, dict), way, f"{way} is no object")
    verb = value.get("verb") if model is Write else None
    if model is Write:
        value = {key: item for key, item in value.items() if key != "verb"}
        empty = value.get("before") is None and value.get("after") is None
        _demand(not empty, way, f"{way} has neither before nor after")
    types = field_types(model)
    _only(value, tuple(types), way)
    found = model(**{name: decode(value[name], hint, f"{way}.{name}") for name, hint in types.items()})
    if isinstance(found, Write):
        _demand(
            verb == found.verb.value,
            f"{way}.verb",
            f"{way}.verb is {verb!r}, and the content says {found.verb.value!r}",
        )
    return found


def _only(value: Mapping[str, Any], known: tuple[str, ...], way: str) -> None:
    prefix = f"{way}." if way else ""
    for key in value:
        _demand(key in known, f"{prefix}{key}", f"there is no field '{prefix}{key}'", did_you_mean(key, known))
    for key in known:
        _demand(key in value, f"{prefix}{key}", f"the field '{prefix}{key}' is missing")


def _demand(holds: bool, way: str, summary: str, hint: str = "make the plan anew") -> None:
    if not holds:
        raise _Wrong(way, summary, hint)
