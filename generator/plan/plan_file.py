"""A plan as one JSON file, and back: the same values, read strictly.

The shape follows the model (`foundation.json_codec`); a step says under `step` which kind it is. A write also says its
`verb`, and a write step under `rollback` what takes it back; both are worked out from the write and checked on reading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.errors import InputError
from generator.foundation.json_codec import Codec, Rule, Schema, WrongShape, demand, named_schema, only
from generator.foundation.json_writer import write_json
from generator.plan.codes import PLAN_FILE_WRONG
from generator.plan.model import CheckStep, Manifest, Plan, Step, Verb, WaitStep, Write, WriteStep

FORMAT: Final = "ringfence-plan"
FORMAT_VERSION: Final = 5
_STEP_TYPES: Final[Mapping[str, type]] = {"write": WriteStep, "wait": WaitStep, "check": CheckStep}
_AGAIN: Final = "make the plan anew"


def is_plan(value: Any) -> bool:
    """Tell whether a JSON value says of itself that it is a plan."""
    return isinstance(value, Mapping) and value.get("format") == FORMAT


def write_plan(plan: Plan) -> str:
    """Write the plan as JSON text of format version 5; equal plans give equal bytes."""
    value = {"format": FORMAT, "version": FORMAT_VERSION, "plan": CODEC.encode(plan, Plan)}
    return write_json(value) + "\n"


def read_plan(text: str, file: str) -> Plan:
    """Read a plan back; InputError with the way to the first value that is not as it should be."""
    try:
        value = json.loads(text, object_pairs_hook=_no_repeats)
    except WrongShape as error:
        raise InputError([_problem(file, error)]) from None
    except (ValueError, RecursionError) as error:
        wrong = WrongShape("", f"the plan is no JSON: {error}", "name the file that ringfence plan -o has saved")
        raise InputError([_problem(file, wrong)]) from None
    try:
        demand(is_plan(value), "format", f'the file does not say "format": "{FORMAT}"', "name a saved plan")
        found = value.get("version")
        again = f"this version reads {FORMAT_VERSION}; {_AGAIN}"
        demand(found == FORMAT_VERSION, "version", f"the plan has format version {found!r}", again)
        only(value, ("format", "version", "plan"), "")
        plan = CODEC.decode(value["plan"], Plan, "plan")
    except WrongShape as error:
        raise InputError([_problem(file, error)]) from None
    assert isinstance(plan, Plan)
    return plan


def _problem(file: str, error: WrongShape) -> Diagnostic:
    return problem(PLAN_FILE_WRONG, error.summary, place=Place(file), path=error.way, hint=error.hint or _AGAIN)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        demand(key not in result, "", f"the key '{key}' stands twice")
        result[key] = value
    return result


def _encode_step(step: Step, _: Any) -> dict[str, Any]:
    kind = next(name for name, model in _STEP_TYPES.items() if model is type(step))
    back = {"rollback": step.rollback.verb.value} if isinstance(step, WriteStep) else {}
    return {"step": kind, **CODEC.encode_fields(step), **back}


def _decode_step(value: Any, way: str) -> Step:
    demand(isinstance(value, dict), way, f"{way} is no object")
    kind = value.get("step")
    demand(kind in _STEP_TYPES, f"{way}.step", f"{way}.step is {kind!r}", f"permitted: {', '.join(_STEP_TYPES)}")
    rest = {key: item for key, item in value.items() if key != "step"}
    back = rest.pop("rollback", None) if kind == "write" else None
    step: Step = _STEP_TYPES[kind](**CODEC.decode_fields(rest, _STEP_TYPES[kind], way))
    if isinstance(step, WriteStep):
        due = step.rollback.verb.value
        demand(back == due, f"{way}.rollback", f"{way}.rollback is {back!r}, and what takes the write back is {due!r}")
    return step


def _step_schema(parts: dict[str, Schema]) -> Schema:
    def properties(kind: str, model: type) -> dict[str, Schema]:
        back = {"rollback": _VERBS} if model is WriteStep else {}
        return {"step": {"const": kind}, **CODEC.schema_fields(model, parts), **back}

    items = _STEP_TYPES.items()
    return {"oneOf": [named_schema(model, parts, partial(properties, kind, model)) for kind, model in items]}


def _encode_write(write: Write, _: Any) -> dict[str, Any]:
    return {"verb": write.verb.value, **CODEC.encode_fields(write)}


def _decode_write(value: Any, way: str) -> Write:
    demand(isinstance(value, dict), way, f"{way} is no object")
    rest = {key: item for key, item in value.items() if key != "verb"}
    empty = rest.get("before") is None and rest.get("after") is None
    demand(not empty, way, f"{way} has neither before nor after")
    found = Write(**CODEC.decode_fields(rest, Write, way))
    verb, due = value.get("verb"), found.verb.value
    demand(verb == due, f"{way}.verb", f"{way}.verb is {verb!r}, and the content says {due!r}")
    return found


def _write_schema(parts: dict[str, Schema]) -> Schema:
    return named_schema(Write, parts, lambda: {"verb": _VERBS, **CODEC.schema_fields(Write, parts)})


def _decode_manifest(value: Any, way: str) -> Manifest:
    demand(isinstance(value, dict), way, f"{way} is no object")
    found: Manifest = value
    return found


_VERBS: Final[Schema] = {"enum": [item.value for item in Verb]}
CODEC: Final = Codec()
CODEC.add(Step, Rule(_encode_step, _decode_step, _step_schema))
CODEC.add(Write, Rule(_encode_write, _decode_write, _write_schema))
CODEC.add(Manifest, Rule(lambda value, _: value, _decode_manifest, lambda parts: {"type": "object"}))
