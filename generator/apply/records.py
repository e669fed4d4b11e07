"""What the journal of a run holds, record by record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class RunBegun:
    """A run begins or turns back: which run of which plan, by whom. `reached` is as in `ports.Progress`."""

    run: str
    plan: str  # digest of the plan file's text
    direction: str
    reached: int
    next: int
    who: str


@dataclass(frozen=True, slots=True)
class GoingOn:
    """The run goes on at the step number `next`, by whoever; what was in between may have been done elsewhere."""

    next: int
    who: str


@dataclass(frozen=True, slots=True)
class HarmAccepted:
    """Somebody has let the way back do this harm: its name, or that nothing is proven."""

    harm: str
    who: str


@dataclass(frozen=True, slots=True)
class WriteBegun:
    """The step's write may happen from here on."""

    step: str
    number: int


@dataclass(frozen=True, slots=True)
class WriteDone:
    """The object is as the step wants it."""

    step: str
    number: int
    uid: str
    resource_version: str


@dataclass(frozen=True, slots=True)
class WaitBegun:
    """The wait begins."""

    step: str
    number: int


@dataclass(frozen=True, slots=True)
class WaitDone:
    """The wait is over, as surely as `certainty` says."""

    step: str
    number: int
    certainty: str


@dataclass(frozen=True, slots=True)
class CheckDone:
    """The check held."""

    step: str
    number: int


@dataclass(frozen=True, slots=True)
class RunStopped:
    """The run stopped; `next` is how many steps were done."""

    code: str
    reason: str
    next: int


@dataclass(frozen=True, slots=True)
class RunFinished:
    """All steps of the direction are done."""

    next: int


Record = (
    RunBegun
    | GoingOn
    | HarmAccepted
    | WriteBegun
    | WriteDone
    | WaitBegun
    | WaitDone
    | CheckDone
    | RunStopped
    | RunFinished
)
_TYPES: Final[Mapping[str, type[Record]]] = {
    "begun": RunBegun,
    "going-on": GoingOn,
    "accepted": HarmAccepted,
    "writing": WriteBegun,
    "written": WriteDone,
    "waiting": WaitBegun,
    "waited": WaitDone,
    "checked": CheckDone,
    "stopped": RunStopped,
    "finished": RunFinished,
}
_NAMES: Final = {type: name for name, type in _TYPES.items()}


def encode_record(record: Record) -> dict[str, Any]:
    """Return a record as JSON data."""
    return {"record": _NAMES[type(record)], **asdict(record)}


def decode_record(value: Any) -> Record:
    """Return the record of JSON data; ValueError where it is none."""
    if not isinstance(value, Mapping) or value.get("record") not in _TYPES:
        raise ValueError("no record of a journal")
    kind = _TYPES[value["record"]]
    types = {field.name: {"str": str, "int": int}[str(field.type)] for field in fields(kind)}
    given = {key: item for key, item in value.items() if key != "record"}
    if given.keys() != types.keys() or any(type(given[name]) is not types[name] for name in types):
        raise ValueError("a record with other fields")
    return kind(**given)
